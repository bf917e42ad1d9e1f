/// One entry of `routes`: which calls it takes, and to which flow. The text of the pattern is not interpreted here.
package struct RouteRule: Sendable, Equatable {
    /// What the pattern is held against.
    package enum Subject: Sendable, Equatable {
        case requestURI
        case to
        case from
        /// The header of this name.
        case header(String)
    }

    package var subject: Subject
    /// `*` is any run of characters, `{flow}` captures the flow ID.
    package var pattern: String
    /// nil: the flow that the pattern captures.
    package var flow: String?
    /// `agent_login`: the call enters no flow, it logs the calling agent in or off.
    package var agentLogin: AgentLogin?

    package enum AgentLogin: String, Sendable, CaseIterable {
        case on, off, toggle
    }

    package init(subject: Subject = .requestURI, pattern: String, flow: String?, agentLogin: AgentLogin? = nil) {
        self.subject = subject
        self.pattern = pattern
        self.flow = flow
        self.agentLogin = agentLogin
    }
}
