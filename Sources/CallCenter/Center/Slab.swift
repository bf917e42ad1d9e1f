/// Entries in dense slots, reused with a new generation: inside, an entry is an `Int`; outside, a `Reference`.
struct Slab<Subject, Entry: Sendable>: Sendable {
    private var entries: [Entry] = []
    private var generations: [UInt32] = []
    private var vacancies: [Int] = []
    /// Put into a slot that falls vacant, so that strings and arrays of the last tenant are given back.
    private let vacant: Entry

    init(vacant: Entry) {
        self.vacant = vacant
    }

    /// Occupied slots.
    var count: Int { entries.count - vacancies.count }
    /// Slots, occupied or vacant.
    var capacity: Int { entries.count }

    mutating func insert(_ entry: Entry) -> Int {
        if let index = vacancies.popLast() {
            entries[index] = entry
            generations[index] &+= 1
            return index
        }
        entries.append(entry)
        generations.append(1)
        return entries.count - 1
    }

    mutating func remove(at index: Int) {
        guard isOccupied(index) else { return }
        entries[index] = vacant
        generations[index] &+= 1
        vacancies.append(index)
    }

    func isOccupied(_ index: Int) -> Bool {
        generations[index] & 1 == 1
    }

    /// Those of these slots that are there and occupied.
    func occupied(in slots: Range<Int>) -> [Int] {
        slots.clamped(to: entries.indices).filter(isOccupied)
    }

    /// nil if what the reference meant is gone.
    func index(of reference: Reference<Subject>) -> Int? {
        let index = Int(reference.slot)
        guard index < generations.count, generations[index] == reference.generation, isOccupied(index) else {
            return nil
        }
        return index
    }

    func reference(to index: Int) -> Reference<Subject> {
        Reference(slot: UInt32(truncatingIfNeeded: index), generation: generations[index])
    }

    subscript(index: Int) -> Entry {
        _read { yield entries[index] }
        _modify { yield &entries[index] }
    }
}
