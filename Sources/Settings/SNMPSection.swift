extension Configuration {
    /// The section `snmp`.
    package struct SNMPSection: Sendable, Equatable {
        /// Whether we are a subagent of the machine's SNMP agent.
        package var isEnabled = true
        /// Where that agent takes subagents: `unix:/path` or `tcp:ADDRESS:PORT`.
        package var agentXSocket = "unix:/run/agentx/master"
        package var notify = Notify()

        package init() {}
    }

    /// `snmp.notify`: when managers are notified.
    package struct Notify: Sendable, Equatable {
        /// Age of the oldest unanswered call of a flow; nil: no bound.
        package var longestWait: Milliseconds? = 120_000
        /// Calls in the queue of a flow; nil: no bound.
        package var queueLength: Int? = 20
        /// By flow ID, what is otherwise there.
        package var flows: [String: FlowBounds] = [:]
        /// Records that wait to be written to their database; nil: no bound.
        package var backlog: Int? = 1_000
        /// How far below its bound a level must fall before that is told, in percent.
        package var hysteresis = 20
        /// How long a condition must hold before it is told.
        package var hold: Milliseconds = 2_000
        package var perMinute = 60
        /// Whether changes of agents' states are told.
        package var tellsAgentStates = false

        package init() {}
    }

    /// Bounds of one flow; nil: those of all flows.
    package struct FlowBounds: Sendable, Equatable {
        package var longestWait: Milliseconds?
        package var queueLength: Int?

        package init(longestWait: Milliseconds? = nil, queueLength: Int? = nil) {
            self.longestWait = longestWait
            self.queueLength = queueLength
        }
    }
}
