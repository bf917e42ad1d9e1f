/// Who asks for something: what he may, and what the log says of him.
package enum Requester: Sendable, Equatable, CustomStringConvertible {
    /// A process on this machine, by what the kernel says of the peer of a Unix socket (SO_PEERCRED, unix(7)).
    case process(user: UInt32, process: Int32)
    /// Whoever holds this token, by its name in the token file.
    case token(name: String, Scope)
    /// A process on this machine that may write to the FIFO; the user is the owner of the FIFO that takes the reply.
    case fifo(user: UInt32?)
    /// A peer of which the kernel says nothing.
    case unknown

    /// Sockets and FIFO files are guarded by their modes: who may open one, may do everything.
    package var scope: Scope {
        if case .token(_, let scope) = self { scope } else { .control }
    }

    package var description: String {
        switch self {
        case .process(let user, let process): "\(UserName.of(user)), pid \(process)"
        case .token(let name, _): "token \(name)"
        case .fifo(let user): user.map { "fifo, \(UserName.of($0))" } ?? "fifo"
        case .unknown: "unknown"
        }
    }
}

/// What somebody may.
package enum Scope: String, Sendable, CaseIterable, Comparable {
    /// Look at everything.
    case read
    /// Change things, too.
    case control

    package static func < (one: Scope, other: Scope) -> Bool { one == .read && other == .control }
}
