package import CallCenter

/// When a notification is due: the section `snmp.notify` of the configuration.
package struct NotificationRules: Sendable, Equatable {
    /// Bounds whose crossing is told; nil: no bound.
    package struct Bounds: Sendable, Equatable {
        /// Age of the oldest unanswered call of a flow.
        package var longestWait: Milliseconds?
        /// Calls in the queue of a flow.
        package var queueLength: Int?

        package init(longestWait: Milliseconds? = nil, queueLength: Int? = nil) {
            self.longestWait = longestWait
            self.queueLength = queueLength
        }
    }

    package var bounds = Bounds(longestWait: 120_000, queueLength: 20)
    /// Of single flows, by ID; what is nil here is as in `bounds`.
    package var boundsOfFlows: [String: Bounds] = [:]
    /// Records that wait to be written to their database; nil: no bound.
    package var backlog: Int? = 1_000
    /// How far below its bound a level must fall before that is told, in percent of the bound.
    package var hysteresis = 20
    /// How long a condition must hold before it is told.
    package var hold: Milliseconds = 2_000
    /// Notifications a minute, and at once after a quiet minute; what is beyond waits.
    package var perMinute = 60
    /// Whether changes of agents' states are told.
    package var agentStates = false

    package init() {}

    func longestWait(of flow: String) -> Milliseconds? { boundsOfFlows[flow]?.longestWait ?? bounds.longestWait }

    func queueLength(of flow: String) -> Int? { boundsOfFlows[flow]?.queueLength ?? bounds.queueLength }
}
