/// Goes through the entries of a segment, over damage where there are good entries behind it.
package struct JournalScan {
    /// Damage that was met, for people.
    package struct Damage: Sendable, Equatable {
        /// Where in the segment.
        package var place: Int
        /// The number of the first entry that is gone.
        package var first: UInt64
        /// Entries that are gone, as far as that can be known: of those at the end, one.
        package var lost: UInt64
        /// Nothing good follows.
        package var isAtEnd = false

        /// How many of them have this number or a later one.
        package func lost(from needed: UInt64) -> UInt64 {
            let end = first &+ lost
            return end > needed ? end - max(first, needed) : 0
        }
    }

    package struct Entry: Equatable {
        package var sequence: UInt64
        package var kind: UInt32
        package var payload: Range<Int>
    }

    /// Where the next entry is looked for; at the end, where one may be written if there was no damage there.
    package private(set) var place: Int
    /// The sequence number of the next entry.
    package private(set) var sequence: UInt64
    package private(set) var damage: [Damage] = []
    /// The end is a torn or damaged entry.
    package private(set) var isTorn = false

    /// - Parameters:
    ///   - place: of the first entry.
    ///   - sequence: its number.
    package init(from place: Int, sequence: UInt64) {
        self.place = place
        self.sequence = sequence
    }

    /// The next entry; nil at the end of what was written.
    package mutating func next(_ segment: UnsafeRawBufferPointer) -> Entry? {
        guard !isTorn else { return nil }
        switch JournalFrame.read(segment, at: place) {
        // The disk may have lost a page in the middle, which then reads as zeroes.
        case .end: return resume(segment, isAtEnd: true)
        case .entry(sequence, let kind, let payload, let next):
            defer { advance(to: next) }
            return Entry(sequence: sequence, kind: kind, payload: payload)
        case .entry, .broken:
            return resume(segment, isAtEnd: false)
        }
    }

    private mutating func advance(to next: Int) {
        place = next
        sequence &+= 1
    }

    /// Looks for a good entry behind the damage. Entries of an earlier use of the segment have smaller numbers.
    private mutating func resume(_ segment: UnsafeRawBufferPointer, isAtEnd: Bool) -> Entry? {
        var candidate = place + 8
        let end = sequence + min(UInt64(segment.count), .max - sequence)
        let numbers = min(sequence, .max - 1) + 1..<max(end, 1)
        while candidate + JournalFrame.headerSize <= segment.count {
            // What was written is the peers' as well: no checksum of much is made where there can be no entry.
            if JournalFrame.sequence(segment, at: candidate, isIn: numbers),
                case .entry(let found, let kind, let payload, let next) = JournalFrame.read(segment, at: candidate)
            {
                damage.append(Damage(place: place, first: sequence, lost: found - sequence))
                sequence = found
                defer { advance(to: next) }
                return Entry(sequence: found, kind: kind, payload: payload)
            }
            candidate += 8
        }
        if !isAtEnd {
            damage.append(Damage(place: place, first: sequence, lost: 1, isAtEnd: true))
            isTorn = true
        }
        return nil
    }
}
