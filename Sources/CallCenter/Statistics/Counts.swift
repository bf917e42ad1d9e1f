/// So many counters side by side, all at zero first. They are part of what holds them and not an array of their own: a snapshot copies
/// tens of thousands of them while calls wait.
///
/// Inlined where it is used: pages of statistics look at each of them through it.
@usableFromInline package struct Counts<let size: Int>: Sendable {
    @usableFromInline var values = InlineArray<size, UInt64>(repeating: 0)

    @inlinable package init() {}

    /// - Parameter values: from the first on; the rest stays at zero, and what is too many is left out.
    @inlinable package init(_ values: some Sequence<UInt64>) {
        for (index, value) in zip(indices, values) { self.values[index] = value }
    }

    @inlinable package static func += (sum: inout Counts, other: Counts) {
        for index in sum.indices { sum.values[index] += other.values[index] }
    }

    /// Takes an earlier state of the same counters off.
    static func -= (difference: inout Counts, base: Counts) {
        for index in difference.indices { difference.values[index] -= base.values[index] }
    }
}

extension Counts: Equatable {
    @inlinable package static func == (one: Counts, other: Counts) -> Bool {
        one.indices.allSatisfy { one.values[$0] == other.values[$0] }
    }
}

extension Counts: RandomAccessCollection {
    @inlinable package var startIndex: Int { 0 }
    @inlinable package var endIndex: Int { size }

    @inlinable package subscript(index: Int) -> UInt64 {
        get { values[index] }
        set { values[index] = newValue }
    }
}
