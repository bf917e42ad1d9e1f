import CallCenter
import Synchronization
import Telemetry

/// What a wallboard draws of the last hour: a sample every half minute, so many at most.
final class WallboardHistory: Sendable {
    struct Sample: Sendable, Equatable {
        /// Milliseconds since 1970.
        var at: Milliseconds
        var onHold: Int
        var longestWait: Milliseconds
        var freeAgents: Int
        var talking: Int
        /// Counters since the start of the process.
        var answered: UInt64
        var abandoned: UInt64

        init(_ center: CenterSnapshot, at time: Milliseconds) {
            at = time
            onHold = center.totals.onHold
            longestWait = center.flows.map(\.longestWait).max() ?? 0
            freeAgents = center.totals.freeAgents
            talking = center.totals.talking
            answered = center.totals.countersSinceStart.answered
            abandoned = center.totals.countersSinceStart.abandoned
        }

        var json: JSONValue {
            [
                "at": .integer(at), "on_hold": .count(onHold), "longest_wait": .integer(longestWait),
                "free": .count(freeAgents), "talking": .count(talking), "answered": .count(answered),
                "abandoned": .count(abandoned),
            ]
        }
    }

    static let interval = Duration.seconds(30)
    /// An hour of them.
    static let limit = 120

    private let kept = Mutex<[Sample]>([])

    /// Oldest first.
    var samples: [Sample] { kept.withLock { $0 } }

    func add(_ sample: Sample) {
        kept.withLock { kept in
            kept.append(sample)
            if kept.count > Self.limit { kept.removeFirst(kept.count - Self.limit) }
        }
    }

    /// Takes samples until the task is cancelled. A loop that does not answer leaves a gap.
    func run(_ control: BoundedControl, interval: Duration = interval) async {
        while (try? await Task.sleep(for: interval)) != nil {
            if let snapshot = try? await control.snapshot() { add(Sample(snapshot.center, at: HealthReport.now)) }
        }
    }
}
