import Telemetry

/// Gives out snapshots that were taken after they were asked for, at most ten a second: whoever asks in between shares one.
actor SnapshotSource {
    private static let pause = Duration.milliseconds(100)

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
        earliest = .now + Self.pause
        if let snapshot = await take() { latest = snapshot }
        return latest
    }
}
