/// What the configuration file says about distribution; replaced as a whole by a reload.
package struct Policy: Sendable, Equatable {
    /// Rest of an agent after a call, unless his row says otherwise.
    package var wrapupTime: Milliseconds
    /// Refuse a call when no agent of its flow is logged in.
    package var rejectOnNoAgents: Bool
    /// How long a call is not offered again to an agent who has not taken it.
    package var reofferDelay: Milliseconds
    /// Unanswered offers in a row after which an agent is logged off; 0: never.
    package var maxNoAnswer: Int
    /// An answer within this time counts as in time, unless the flow says otherwise.
    package var serviceLevelThreshold: Milliseconds
    /// Calls are offered by the rules of CALLS.md section 3; off: by commands from outside only.
    package var internalDispatching: Bool
    /// Calls alive at most; more are refused at admission.
    package var maxCalls: Int

    package init(
        wrapupTime: Milliseconds = 30_000,
        rejectOnNoAgents: Bool = true,
        reofferDelay: Milliseconds = 5_000,
        maxNoAnswer: Int = 3,
        serviceLevelThreshold: Milliseconds = 20_000,
        internalDispatching: Bool = true,
        maxCalls: Int = 20_000
    ) {
        self.wrapupTime = wrapupTime
        self.rejectOnNoAgents = rejectOnNoAgents
        self.reofferDelay = reofferDelay
        self.maxNoAnswer = maxNoAnswer
        self.serviceLevelThreshold = serviceLevelThreshold
        self.internalDispatching = internalDispatching
        self.maxCalls = maxCalls
    }
}
