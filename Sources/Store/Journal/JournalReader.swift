import CallCenter
import Synchronization

/// Reads the entries of one kind in order, and remembers, over crashes, with which it is done.
///
/// One thread reads. An entry that was read but not noted as done is read again by the next process.
package final class JournalReader: Sendable {
    struct Entry: Equatable {
        var sequence: UInt64
        var payload: [UInt8]
    }

    private struct Position {
        var segment: JournalSegment?
        var scan: JournalScan
        /// Entries of the kind that were read and are not done.
        var open = 0
    }

    let kind: JournalKind
    let hasDamagedCursor: Bool
    private let cursor: Mutex<JournalCursor>
    private let position: Mutex<Position>
    private let owner = Mutex(Owner())

    /// The journal that is read. It owns the reader.
    private struct Owner {
        weak var journal: Journal?
    }

    private var journal: Journal? { owner.withLock { $0.journal } }

    init(_ kind: JournalKind, cursor: consuming sending JournalCursor) {
        self.kind = kind
        hasDamagedCursor = cursor.isDamaged
        let sequence = cursor.value.sequence
        position = Mutex(Position(segment: nil, scan: JournalScan(from: JournalSegment.headerSize, sequence: sequence)))
        self.cursor = Mutex(cursor)
    }

    func attach(to journal: Journal) { owner.withLock { $0.journal = journal } }

    /// The first entry that it is not done with.
    var done: UInt64 { cursor.withLock { $0.value.sequence } }

    /// The call number of the last record that it is done with; 0 if there was none yet.
    var callNumber: Int32 { cursor.withLock { $0.value.callNumber } }

    /// The next entries of the kind, this many at most.
    func read(atMost count: Int) -> [Entry] {
        guard let journal else { return [] }
        let (entries, idle) = position.withLock { position in
            var entries: [Entry] = []
            while entries.count < count, let entry = Self.next(&position, kind, journal) { entries.append(entry) }
            position.open += entries.count
            return (entries, position.open == 0 ? position.scan.sequence : nil)
        }
        // Entries of other kinds only: nothing to be done with them, so they need not be kept for us.
        if let idle, idle > done { move(to: idle, count: 0, callNumber: callNumber) }
        return entries
    }

    /// All entries up to this one are done, so many of them of the kind.
    func settle(through sequence: UInt64, count: Int, callNumber: Int32) {
        position.withLock { $0.open -= count }
        move(to: sequence + 1, count: count, callNumber: callNumber)
    }

    private func move(to sequence: UInt64, count: Int, callNumber: Int32) {
        guard journal?.note(self, done: sequence, count: count) == true else { return }
        cursor.withLock { $0.move(to: sequence, callNumber: callNumber) }
    }

    private static func next(_ position: inout Position, _ kind: JournalKind, _ journal: Journal) -> Entry? {
        while true {
            guard let segment = position.segment ?? journal.segment(holding: position.scan.sequence) else { return nil }
            if position.segment == nil { begin(&position, with: segment) }
            if let entry = scan(&position, segment, kind) { return entry }
            guard let later = journal.segment(after: segment) else { return nil }
            // Before that one was begun, more may have been appended to this one.
            if let entry = scan(&position, segment, kind) { return entry }
            begin(&position, with: later)
        }
    }

    private static func begin(_ position: inout Position, with segment: JournalSegment) {
        position.segment = segment
        let wanted = position.scan.sequence
        position.scan = JournalScan(from: JournalSegment.headerSize, sequence: segment.first)
        // On from where the last process was done. Behind damage may follow what is wanted.
        while position.scan.sequence < wanted {
            let before = position.scan
            guard let entry = position.scan.next(written(segment)) else { break }
            if entry.sequence >= wanted {
                position.scan = before
                break
            }
        }
    }

    private static func scan(_ position: inout Position, _ segment: JournalSegment, _ kind: JournalKind) -> Entry? {
        let bytes = written(segment)
        while let entry = position.scan.next(bytes) {
            if entry.kind == kind.code {
                return Entry(sequence: entry.sequence, payload: Array(bytes[entry.payload]))
            }
        }
        return nil
    }

    private static func written(_ segment: JournalSegment) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: segment.bytes[0..<segment.end])
    }
}
