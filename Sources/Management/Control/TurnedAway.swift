import Synchronization

/// How many connections found no room since the start, by the way in: refused because all others were busy, or closed, having
/// nothing to do, for one that came later.
package final class TurnedAway: Sendable {
    private let overHTTP = Atomic<UInt64>(0)
    private let overSocket = Atomic<UInt64>(0)

    package init() {}

    package var http: UInt64 { overHTTP.load(ordering: .relaxed) }
    /// Of the management socket.
    package var socket: UInt64 { overSocket.load(ordering: .relaxed) }

    func noteHTTP() { overHTTP.add(1, ordering: .relaxed) }
    func noteSocket() { overSocket.add(1, ordering: .relaxed) }
}
