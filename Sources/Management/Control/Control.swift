package import CallCenter
package import Telemetry

/// The daemon, as the management side sees it: a handful of questions and commands, each a closure.
///
/// A closure posts to the call loop (or to a thread of its own) and returns when the answer is there. It need not watch
/// the time: `BoundedControl` does.
package struct Control: Sendable {
    /// All numbers at one moment that lies after the question. The daemon takes at most ten snapshots a second, so
    /// that many who ask at once share one.
    package var snapshot: @Sendable () async -> Snapshot
    /// Reads flows and agents again; the report says what changed, row by row.
    package var reload: @Sendable (Requester) async -> Result<ProvisioningReport, ControlError>
    /// Logs an agent in (true) or off; asking for what is already so is no error.
    package var setLogin:
        @Sendable (_ agentID: String, _ isLoggedIn: Bool, Requester) async -> Result<Void, ControlError>
    /// Moves the base of the counters shown to now.
    package var resetStatistics: @Sendable (Requester) async -> Result<Void, ControlError>
    /// Asks the call loop itself; an answer proves that it runs.
    package var health: @Sendable () async -> Health

    package init(
        snapshot: @escaping @Sendable () async -> Snapshot,
        reload: @escaping @Sendable (Requester) async -> Result<ProvisioningReport, ControlError>,
        setLogin:
            @escaping @Sendable (_ agentID: String, _ isLoggedIn: Bool, Requester) async -> Result<
                Void, ControlError
            >,
        resetStatistics: @escaping @Sendable (Requester) async -> Result<Void, ControlError>,
        health: @escaping @Sendable () async -> Health
    ) {
        self.snapshot = snapshot
        self.reload = reload
        self.setLogin = setLogin
        self.resetStatistics = resetStatistics
        self.health = health
    }
}

/// Whether calls are served.
package enum Health: Sendable, Equatable {
    case good
    /// The reason is one line for people.
    case bad(reason: String)
}

/// Who asks for something, for the log and for later rules on who may.
package enum Requester: Sendable, Equatable, CustomStringConvertible {
    /// A process on this machine, by what the kernel says of the peer of a Unix socket (SO_PEERCRED, unix(7)).
    case process(user: UInt32, process: Int32)
    /// A peer of which the kernel says nothing.
    case unknown

    package var description: String {
        switch self {
        case .process(let user, let process): "uid \(user), pid \(process)"
        case .unknown: "unknown"
        }
    }
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
