/// Goes through the entries of a segment, over damage where there are good entries behind it.
package struct JournalScan {
    /// Damage that was met, for people.
    package struct Damage: Sendable, Equatable {
        /// Where in the segment.
        package var place: Int
        /// Entries that are gone; 0 for a torn entry at the end, which nobody was told of.
        package var lost: UInt64
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
                damage.append(Damage(place: place, lost: found - sequence))
                sequence = found
                defer { advance(to: next) }
                return Entry(sequence: found, kind: kind, payload: payload)
            }
            candidate += 8
        }
        if !isAtEnd {
            damage.append(Damage(place: place, lost: 0))
            isTorn = true
        }
        return nil
    }
}
