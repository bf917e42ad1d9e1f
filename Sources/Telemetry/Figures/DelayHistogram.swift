/// Counts of short delays, in microseconds, below each of a fixed list of bounds.
package struct DelayHistogram: Sendable, Equatable {
    /// Upper bounds, inclusive, in microseconds; a last bucket without bound follows. They are close together below 2 ms,
    /// which the loop is to keep.
    package static let bounds: [UInt64] = [
        100, 250, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
        1_000_000,
    ]

    /// Not cumulative; one more than there are bounds.
    package private(set) var buckets = [UInt64](repeating: 0, count: DelayHistogram.bounds.count + 1)
    /// Microseconds.
    package private(set) var sum: UInt64 = 0
    package private(set) var count: UInt64 = 0

    package init() {}

    package mutating func record(microseconds delay: UInt64) {
        let index = Self.bounds.firstIndex { delay <= $0 } ?? Self.bounds.count
        buckets[index] += 1
        sum &+= delay
        count += 1
    }

    /// The smallest bound, in microseconds, below which so many of a hundred delays were; nil if nothing was recorded
    /// or if there is no such bound.
    package func bound(ofPercent percent: UInt64) -> UInt64? {
        guard count > 0 else { return nil }
        var below: UInt64 = 0
        for (bound, number) in zip(Self.bounds, buckets) {
            below += number
            if Double(below) * 100 >= Double(count) * Double(percent) { return bound }
        }
        return nil
    }
}
