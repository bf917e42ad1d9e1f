import ServiceLifecycle
import Synchronization
package import Telemetry

/// Where events meet those who watch. The call loop puts events in; each watcher has a bounded backlog of his own and
/// takes them out at his leisure. One who is too slow is cut off, and told how much he missed: neither the loop nor the
/// memory waits for anybody.
package final class EventHub: Service {
    package struct Limits: Sendable {
        package var subscriptions = 32
        /// Events that may wait for one watcher.
        package var backlog = 2_000

        package init() {}
    }

    /// A connection that never came to follow its subscription just drops it.
    private struct Watcher {
        weak var subscription: EventSubscription?
    }

    private struct State {
        var watchers: [Watcher] = []
        /// Events so far; each gets the next number.
        var lastNumber: UInt64 = 0
        var isClosed = false
    }

    private let limits: Limits
    private let state = Mutex(State())
    /// Whether there is anybody, so that events nobody watches cost next to nothing.
    private let watched = Atomic(false)

    package init(limits: Limits = Limits()) { self.limits = limits }

    package var isWatched: Bool { watched.load(ordering: .relaxed) }

    package func publish(_ event: CenterEvent) {
        guard isWatched else { return }
        state.withLock { state in
            state.lastNumber += 1
            let numbered = NumberedEvent(number: state.lastNumber, event: event)
            state.watchers.removeAll { $0.subscription?.take(numbered) != true }
            if state.watchers.isEmpty { watched.store(false, ordering: .relaxed) }
        }
    }

    /// From now on, whatever the filter lets through; nil if too many watch already, or all is over.
    package func subscribe(_ filter: EventFilter = EventFilter()) -> EventSubscription? {
        state.withLock { state in
            state.watchers.removeAll { $0.subscription?.isOver != false }
            guard !state.isClosed, state.watchers.count < limits.subscriptions else { return nil }
            let subscription = EventSubscription(filter: filter, limit: limits.backlog)
            state.watchers.append(Watcher(subscription: subscription))
            watched.store(true, ordering: .relaxed)
            return subscription
        }
    }

    /// Lets all who watch go when the daemon shuts down.
    package func run() async throws {
        try? await gracefulShutdown()
        close()
    }

    /// Ends every subscription, for good.
    package func close() {
        let subscriptions = state.withLock { state in
            state.isClosed = true
            defer { state.watchers = [] }
            return state.watchers.compactMap(\.subscription)
        }
        watched.store(false, ordering: .relaxed)
        for subscription in subscriptions { subscription.end() }
    }
}

/// An event and its place among all events since somebody watched.
package struct NumberedEvent: Sendable, Equatable {
    package var number: UInt64
    package var event: CenterEvent

    package init(number: UInt64, event: CenterEvent) {
        self.number = number
        self.event = event
    }
}

/// Which events somebody wants; what is empty means all.
package struct EventFilter: Sendable, Equatable {
    /// `agent`, `call`.
    package var kinds: [String] = []
    package var agentIDs: [String] = []
    package var flowIDs: [String] = []

    package init(kinds: [String] = [], agentIDs: [String] = [], flowIDs: [String] = []) {
        self.kinds = kinds
        self.agentIDs = agentIDs
        self.flowIDs = flowIDs
    }

    package static let kindNames = ["agent", "call"]

    package func accepts(_ event: CenterEvent) -> Bool {
        let (kind, agentID, flowID): (String, String?, String?) =
            switch event.body {
            case .agent(let report): ("agent", report.agentID, report.flowID)
            case .agentLoggedOff(let agentID, _): ("agent", agentID, nil)
            case .call(let report): ("call", report.agentID, report.flowID)
            }
        func isWanted(_ value: String?, _ wanted: [String]) -> Bool {
            wanted.isEmpty || value.map(wanted.contains) == true
        }
        return isWanted(kind, kinds) && isWanted(agentID, agentIDs) && isWanted(flowID, flowIDs)
    }
}
