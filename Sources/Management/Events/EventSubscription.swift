import Synchronization

/// One watcher's place at an `EventHub`.
package final class EventSubscription: Sendable {
    /// What there is to write.
    package enum Delivery: Sendable, Equatable {
        case events([NumberedEvent])
        /// Nothing for a while: time for a sign of life.
        case quiet
        /// The watcher was too slow: so many events that he wanted are lost. Nothing follows.
        case lost(UInt64)
    }

    private struct State {
        var waiting: [NumberedEvent] = []
        var missed: UInt64 = 0
        var isOver = false
    }

    private let filter: EventFilter
    private let limit: Int
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(filter: EventFilter, limit: Int) {
        self.filter = filter
        self.limit = limit
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    /// - Returns: false when it wants no more.
    func take(_ event: NumberedEvent) -> Bool {
        guard filter.accepts(event.event) else { return !isOver }
        let (isOver, mustWake) = state.withLock { state in
            guard !state.isOver else { return (true, false) }
            guard state.missed == 0, state.waiting.count < limit else {
                state.missed += 1
                // It stays, so that all he misses until he has read what waits is counted.
                return (false, false)
            }
            state.waiting.append(event)
            return (false, state.waiting.count == 1)
        }
        if mustWake { signal.yield() }
        return !isOver
    }

    /// No more events; those that wait are still delivered.
    package func end() {
        state.withLock { $0.isOver = true }
        signal.finish()
    }

    /// Hands everything to the watcher, as it comes, until the subscription or the task ends; at the end it is over.
    ///
    /// - Parameters:
    ///   - pause: after so long without events there is a sign of life.
    ///   - write: returns when the watcher has room for more.
    package func follow(
        pause: Duration = .seconds(15),
        _ write: (Delivery) async throws -> Void
    ) async throws {
        defer { end() }
        let signal = signal
        let clock = Task {
            while (try? await Task.sleep(for: pause)) != nil { signal.yield() }
        }
        defer { clock.cancel() }
        // What was published before anybody waited has left its signal.
        for await _ in signals {
            try await deliver(write)
            if isOver { return }
        }
        try await deliver(write)
    }

    private func deliver(_ write: (Delivery) async throws -> Void) async throws {
        let (events, missed) = state.withLock { state in
            defer {
                state.waiting.removeAll(keepingCapacity: true)
                if state.missed > 0 { state.isOver = true }
            }
            return (state.waiting, state.missed)
        }
        if !events.isEmpty { try await write(.events(events)) }
        if missed > 0 {
            try await write(.lost(missed))
        } else if events.isEmpty, !isOver {
            try await write(.quiet)
        }
    }
}
