package import CallCenter
package import Telemetry

/// The daemon, as the management side sees it: a handful of questions and commands, each a closure.
///
/// A closure posts to the call loop (or to a thread of its own) and returns when the answer is there. It need not watch
/// the time: `BoundedControl` does.
package struct Control: Sendable {
    /// All numbers at one moment that lies after the question. The daemon pauses between two snapshots, so that many who ask at
    /// once share one.
    package var snapshot: @Sendable () async -> Snapshot
    /// Reads flows and agents again; the report says what changed, row by row.
    package var reload: @Sendable (Requester) async -> Result<ProvisioningReport, ControlError>
    /// Does what it is told, and says `OK`, or `OK: …` with what whoever gave the order may not expect.
    package var perform: @Sendable (Order, Requester) async -> Result<String, ControlError>
    /// Asks the call loop itself; an answer proves that it runs.
    package var health: @Sendable () async -> Health
    /// Whether new calls are welcome, beyond being alive: provisioned, not ending.
    package var readiness: @Sendable () async -> Health

    package init(
        snapshot: @escaping @Sendable () async -> Snapshot,
        reload: @escaping @Sendable (Requester) async -> Result<ProvisioningReport, ControlError>,
        perform: @escaping @Sendable (Order, Requester) async -> Result<String, ControlError>,
        health: @escaping @Sendable () async -> Health,
        readiness: @escaping @Sendable () async -> Health
    ) {
        self.snapshot = snapshot
        self.reload = reload
        self.perform = perform
        self.health = health
        self.readiness = readiness
    }
}

/// Everything that the daemon can be told to do and that the call loop does at once. A new command is a case here, its
/// registration in `Commands/`, and its branch in the daemon, which the compiler asks for.
package enum Order: Sendable, Equatable {
    /// Logs an agent in (true) or off; asking for what is already so is no error.
    case setLogin(agentID: String, isLoggedIn: Bool)
    /// Moves the base of the counters shown to now.
    case resetStatistics
    /// Whether calls go to agents by the rules (true), or by `dispatch` only.
    case setDispatching(Bool)
    /// Offers a waiting call to a free agent.
    case dispatch(call: Int32, agentID: String)
    /// Makes an agent free, whatever holds him.
    case freeAgent(agentID: String)
    case endCall(call: Int32)
    /// Puts a waiting call at another place among those of its flow, 0 being the first.
    case moveCall(call: Int32, position: Int)
    case endWrapup(agentID: String)
}

/// Whether calls are served.
package enum Health: Sendable, Equatable {
    case good
    /// It works, but somebody should look into it. The reason is one line for people.
    case fair(reason: String)
    /// The reason is one line for people.
    case bad(reason: String)
}

/// A command that was understood and refused. The codes are those of the reference and of SIP: 403 not now, 404 no such
/// thing, 488 cannot be, 500 our fault, 503 not at the moment.
package struct ControlError: Error, Sendable, Equatable {
    package var code: Int
    /// One line: what was wrong and, where it helps, what to do.
    package var message: String

    package init(code: Int, message: String) {
        self.code = code
        self.message = message
    }

    package static func unknownAgent(_ id: String) -> ControlError {
        ControlError(code: 404, message: "no agent \(JSONValue.string(id).text)")
    }

    package static func failed(_ message: String) -> ControlError { ControlError(code: 500, message: message) }

    package static func unavailable(_ message: String) -> ControlError { ControlError(code: 503, message: message) }
}
