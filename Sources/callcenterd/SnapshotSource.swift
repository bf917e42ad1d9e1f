import Telemetry

/// Gives out snapshots that were taken after they were asked for. From one to the next are twenty times what it took, so that they
/// cost the call loop a twentieth of its time, and less while it is late; but a tenth of a second at most. Whoever asks in between
/// shares the next.
actor SnapshotSource {
    /// The shortest and the longest time from one to the next.
    private static let pauses = Duration.milliseconds(10)...Duration.milliseconds(100)
    /// That time, in times of what a snapshot takes from the question to the answer.
    private static let share = 20

    private let take: @Sendable () async -> Snapshot?
    private var latest: Snapshot
    private var waiting: Task<Snapshot, Never>?
    private var earliest = ContinuousClock.now

    /// - Parameters:
    ///   - first: stands in if the very first cannot be taken.
    ///   - take: asks the call loop; nil when that has ended, and the latest one stays.
    init(first: Snapshot, take: @escaping @Sendable () async -> Snapshot?) {
        latest = first
        self.take = take
    }

    func snapshot() async -> Snapshot {
        if let waiting { return await waiting.value }
        let start = earliest
        let task = Task {
            try? await Task.sleep(until: start, clock: .continuous)
            return await begin()
        }
        waiting = task
        return await task.value
    }

    /// From here on whoever asks is too late for this one.
    private func begin() async -> Snapshot {
        waiting = nil
        // Another one may begin meanwhile if the loop lets this one wait long.
        let start = ContinuousClock.now
        let latestEnd = start + Self.pauses.upperBound
        earliest = latestEnd
        if let snapshot = await take() { latest = snapshot }
        if earliest == latestEnd {
            let pause = (ContinuousClock.now - start) * Self.share
            earliest = start + min(max(pause, Self.pauses.lowerBound), Self.pauses.upperBound)
        }
        return latest
    }
}
