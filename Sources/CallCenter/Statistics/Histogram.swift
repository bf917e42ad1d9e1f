/// Counts of times below each of a fixed list of bounds, plus the sum, as Prometheus wants them.
package struct Histogram: Sendable, Equatable {
    /// Upper bounds, inclusive, in milliseconds; a last bucket without bound follows.
    package static let bounds: [Milliseconds] = [
        1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
    ]

    /// Milliseconds.
    package private(set) var sum: UInt64 = 0
    package private(set) var count: UInt64 = 0
    /// Not cumulative; one more than there are bounds.
    package private(set) var buckets = Counts<13>()

    package init() {}

    package mutating func record(_ time: Milliseconds) {
        let index = Self.bounds.firstIndex { time <= $0 } ?? Self.bounds.count
        buckets[index] += 1
        sum += UInt64(max(0, time))
        count += 1
    }

    /// Mean of what was recorded, 0 if nothing was.
    package var mean: Milliseconds {
        count == 0 ? 0 : Milliseconds(sum / count)
    }

    package static func += (total: inout Histogram, other: Histogram) {
        total.buckets += other.buckets
        total.sum += other.sum
        total.count += other.count
    }

    /// Takes an earlier state of the same histogram off.
    static func -= (difference: inout Histogram, base: Histogram) {
        difference.buckets -= base.buckets
        difference.sum -= base.sum
        difference.count -= base.count
    }
}
