import NIOCore
import Synchronization

/// The connections of a way in, of which there are only so many. When all places are taken, the connection that
/// has had nothing to do for the longest time gives way to the newcomer: whoever opens many and asks nothing cannot
/// lock out those who have something to ask.
final class Connections: Sendable {
    private struct Entry {
        var channel: any Channel
        /// When it last had a response to wait for; smaller is longer ago.
        var turn: UInt64
        var isIdle = true
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var turn: UInt64 = 0

        mutating func nextTurn() -> UInt64 {
            turn += 1
            return turn
        }
    }

    let limit: Int
    private let refusals: RefusalLog
    private let turnedAway: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameter turnedAway: called for each connection that is refused, or closed for a newcomer.
    init(limit: Int, refusals: RefusalLog, turnedAway: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.refusals = refusals
        self.turnedAway = turnedAway
    }

    /// Says in the log, and counts, whom there is no room for.
    ///
    /// - Returns: false if there is none for this one: all connections wait for their responses.
    func admit(_ channel: any Channel) -> Bool {
        let (isAdmitted, victim): (Bool, (any Channel)?) = state.withLock { state in
            var victim: (any Channel)?
            if state.entries.count >= limit {
                let idle = state.entries.filter(\.value.isIdle).min { $0.value.turn < $1.value.turn }
                guard let idle else { return (false, nil) }
                state.entries[idle.key] = nil
                victim = idle.value.channel
            }
            state.entries[ObjectIdentifier(channel)] = Entry(channel: channel, turn: state.nextTurn())
            return (true, victim)
        }
        if let victim {
            victim.close(promise: nil)
            refusals.note(closedAt: limit)
        } else if !isAdmitted {
            refusals.note(refusedAt: limit)
        }
        if victim != nil || !isAdmitted { turnedAway() }
        return isAdmitted
    }

    func remove(_ channel: any Channel) {
        state.withLock { $0.entries[ObjectIdentifier(channel)] = nil }
    }

    /// It has a response to wait for, or none any more.
    func note(_ channel: any Channel, isIdle: Bool) {
        state.withLock { state in
            let turn = state.nextTurn()
            state.entries[ObjectIdentifier(channel)]?.isIdle = isIdle
            state.entries[ObjectIdentifier(channel)]?.turn = turn
        }
    }
}
