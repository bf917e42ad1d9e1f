/// An agent as he is provisioned: one row of `cc_agents`, names and meaning as in the reference manual, 1.2.3.
/// What is asked for each call comes first (see `AgentEntry`).
package struct AgentDefinition: Sendable, Equatable {
    /// Unique name, case-sensitive.
    package var id: String
    /// nil: the global `wrapup_time`.
    package var wrapupTime: Milliseconds?
    /// SIP URI where calls reach him.
    package var location: String
    /// `logstate`: logged in when first seen. At run time the log-in command decides.
    package var isLoggedIn: Bool
    /// In the order of the row, without duplicates.
    package var skills: [String]

    package init(
        id: String,
        location: String,
        isLoggedIn: Bool = false,
        skills: [String],
        wrapupTime: Milliseconds? = nil
    ) {
        self.id = id
        self.location = location
        self.isLoggedIn = isLoggedIn
        self.skills = skills
        self.wrapupTime = wrapupTime
    }
}
