/// The indexes of all rows of a table, in one piece: octets behind octets, and where each begins.
struct RowIndexes: Sendable {
    private var octets: [UInt8] = []
    /// Of each index, and the end of the last one.
    private var starts: [Int] = [0]

    init(_ indexes: some Collection<[UInt8]>) {
        starts.reserveCapacity(indexes.count + 1)
        for index in indexes {
            octets += index
            starts.append(octets.count)
        }
    }

    var count: Int { starts.count - 1 }

    subscript(position: Int) -> ArraySlice<UInt8> { octets[starts[position]..<starts[position + 1]] }

    /// Whether each is above the one before.
    var isAscending: Bool { (1..<max(1, count)).allSatisfy { self[$0 - 1].lexicographicallyPrecedes(self[$0]) } }

    /// Positions in ascending order; of several that are the same, the first.
    var ascending: [Int] {
        let sorted = (0..<count).sorted { one, other in
            let (left, right) = (self[one], self[other])
            return left.lexicographicallyPrecedes(right) || one < other && left == right
        }
        return zip([nil] + sorted.map(Optional.some), sorted).compactMap { before, position in
            before.map { self[$0] == self[position] } == true ? nil : position
        }
    }

    /// Where the end of an OID belongs: the position of the first index that is not below it, and whether that is it.
    func place(of name: ArraySlice<UInt32>) -> (position: Int, isThere: Bool) {
        name.withUnsafeBufferPointer { name in
            octets.withUnsafeBufferPointer { octets in
                var (low, high) = (0, count)
                var isThere = false
                while low < high {
                    let middle = (low + high) / 2
                    switch Self.compare(octets[starts[middle]..<starts[middle + 1]], name) {
                    case ..<0: low = middle + 1
                    case 0:
                        isThere = true
                        high = middle
                    default: high = middle
                    }
                }
                return (low, isThere)
            }
        }
    }

    /// - Returns: below 0 if the index comes first, 0 if they are the same, above 0 if the name comes first.
    private static func compare(_ index: Slice<UnsafeBufferPointer<UInt8>>, _ name: UnsafeBufferPointer<UInt32>) -> Int
    {
        var position = index.startIndex
        for number in name {
            guard position < index.endIndex else { return -1 }
            let octet = UInt32(index[position])
            if octet != number { return octet < number ? -1 : 1 }
            position += 1
        }
        return position < index.endIndex ? 1 : 0
    }
}
