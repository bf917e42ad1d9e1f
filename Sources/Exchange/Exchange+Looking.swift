package import CallCenter
package import SIP

/// What of the core is to be seen from outside, and what rest and its end mean.
extension Exchange {
    package mutating func snapshot(now: Milliseconds) -> CenterSnapshot { center.snapshot(now: now) }

    package var signalling: TransactionCounters { agent.counters }
    package var transactionsAlive: Int { agent.transactionsAlive }
    package var dialogsAlive: Int { agent.legsAlive }

    /// No call, dialog or transaction is alive.
    package var isAtRest: Bool {
        calls.isEmpty && bridges.isEmpty && agent.legsAlive == 0 && agent.transactionsAlive == 0
    }

    /// Gives back the memory of tables that a rush has made large. For a moment of rest.
    package mutating func giveBackMemory(now: Milliseconds) {
        calls.giveBackIfEmpty()
        bridges.giveBackIfEmpty()
        agent.giveBackMemory(now: now)
        overload.giveBackMemory(now: now)
    }

    /// New calls are refused.
    package var isEnding: Bool { isShuttingDown }
    package var timersRunning: Int { agent.wheel.count }
}
