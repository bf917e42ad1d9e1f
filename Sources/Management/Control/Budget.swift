import Synchronization

/// A bounded number of something: connections, questions under way. Taking beyond the limit is refused, never queued.
package final class Budget: Sendable {
    package let limit: Int
    private let taken = Mutex(0)

    package init(limit: Int) { self.limit = limit }

    /// One more, if there is room. Each success needs one `giveBack`.
    package func take() -> Bool {
        taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
    }

    package func giveBack() {
        taken.withLock { $0 = max(0, $0 - 1) }
    }
}
