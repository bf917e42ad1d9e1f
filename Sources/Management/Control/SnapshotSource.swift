package import Telemetry

/// Gives out snapshots that were taken after they were asked for, one after the other. From the beginning of one to that of the next
/// passes twenty times what it took, for they stop the call loop; but no more than a tenth of a second, as the next waits for it:
/// snapshots that take longer than 5 ms cost the loop more than a twentieth of its time. Whoever asks in between shares the next.
package actor SnapshotSource {
    /// The shortest and the longest time from one to the next.
    private static let pauses = Duration.milliseconds(10)...Duration.milliseconds(100)
    /// That time, in times of what a snapshot takes from the question to the answer.
    private static let share = 20

    private let take: @Sendable () async -> Snapshot?
    private var latest: Snapshot
    /// The one that is being taken: whoever asks now is too late for it.
    private var running: Task<Snapshot, Never>?
    private var waiting: Task<Snapshot, Never>?
    private var earliest = ContinuousClock.now

    /// - Parameters:
    ///   - first: stands in if the very first cannot be taken.
    ///   - take: asks the call loop; nil when that has ended, and the latest one stays.
    package init(first: Snapshot, take: @escaping @Sendable () async -> Snapshot?) {
        latest = first
        self.take = take
    }

    package func snapshot() async -> Snapshot {
        if let waiting { return await waiting.value }
        let before = running
        let task = Task {
            // How long the pause is shows when that one is there.
            _ = await before?.value
            try? await Task.sleep(until: earliest, clock: .continuous)
            return await begin()
        }
        waiting = task
        return await task.value
    }

    private func begin() async -> Snapshot {
        running = waiting
        waiting = nil
        let start = ContinuousClock.now
        if let snapshot = await take() { latest = snapshot }
        running = nil
        let pause = (ContinuousClock.now - start) * Self.share
        earliest = start + min(max(pause, Self.pauses.lowerBound), Self.pauses.upperBound)
        return latest
    }
}
