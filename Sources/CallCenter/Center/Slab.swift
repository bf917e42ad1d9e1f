/// Entries in dense slots, reused with a new generation: inside, an entry is an `Int`; outside, a `Reference`.
struct Slab<Subject, Entry: Sendable>: Sendable {
    /// Side by side: whoever asks for the one looks at the other next, and thousands of slots are more than caches hold.
    private struct Slot {
        /// Odd while it is occupied.
        var generation: UInt32 = 1
        var entry: Entry
    }

    private var slots: [Slot] = []
    private var vacancies: [Int] = []
    /// Put into a slot that falls vacant, so that strings and arrays of the last tenant are given back.
    private let vacant: Entry

    init(vacant: Entry) {
        self.vacant = vacant
    }

    /// Occupied slots.
    var count: Int { slots.count - vacancies.count }
    /// Slots, occupied or vacant.
    var capacity: Int { slots.count }

    mutating func insert(_ entry: Entry) -> Int {
        if let index = vacancies.popLast() {
            slots[index].entry = entry
            slots[index].generation &+= 1
            return index
        }
        slots.append(Slot(entry: entry))
        return slots.count - 1
    }

    mutating func remove(at index: Int) {
        guard isOccupied(index) else { return }
        slots[index].entry = vacant
        slots[index].generation &+= 1
        vacancies.append(index)
    }

    func isOccupied(_ index: Int) -> Bool {
        slots[index].generation & 1 == 1
    }

    /// Those of these slots that are there and occupied.
    func occupied(in range: Range<Int>) -> [Int] {
        range.clamped(to: slots.indices).filter(isOccupied)
    }

    /// nil if what the reference meant is gone.
    func index(of reference: Reference<Subject>) -> Int? {
        let index = Int(reference.slot)
        guard index < slots.count, slots[index].generation == reference.generation, isOccupied(index) else {
            return nil
        }
        return index
    }

    func reference(to index: Int) -> Reference<Subject> {
        Reference(slot: UInt32(truncatingIfNeeded: index), generation: slots[index].generation)
    }

    subscript(index: Int) -> Entry {
        _read { yield slots[index].entry }
        _modify { yield &slots[index].entry }
    }
}
