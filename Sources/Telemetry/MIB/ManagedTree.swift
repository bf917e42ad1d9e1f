import CallCenter

/// The subtree `callcenterdMIB` at one moment: answers GET and GETNEXT, in the order that SNMP wants, from an immutable
/// snapshot.
///
///     callcenterdMIB
///       .0    notifications
///       .1    objects
///         .1      scalars               .1.1.<object>.0
///         .2.1    table of flows        .1.2.1.<column>.<index>
///         .3.1    table of agents       .1.3.1.<column>.<index>
///         .4      objects that only come with notifications
///       .2    conformance
package struct ManagedTree: Sendable {
    /// The subtree's own OID: { netSnmpPlaypen 5060 }, until there is an enterprise number.
    package static let base: [UInt32] = [1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 5060]

    package enum Answer: Sendable, Equatable {
        case value(ManagedValue)
        /// The object is none of ours (RFC 3416 section 4.2.1).
        case noSuchObject
        /// The object is, this instance of it is not.
        case noSuchInstance
    }

    package struct Instance: Sendable, Equatable {
        package var name: [UInt32]
        package var value: ManagedValue

        package init(name: [UInt32], value: ManagedValue) {
            self.name = name
            self.value = value
        }
    }

    /// Rises with every snapshot.
    package let number: UInt64
    private let sections: [any ManagedSection]

    package init(_ snapshot: Snapshot) {
        let now = snapshot.center.taken
        number = snapshot.center.number
        sections = [
            Scalars(snapshot: snapshot, now: now),
            Table(section: .flows, ManagedNumbers.flows, subjects: snapshot.center.flows, id: \.id, now: now),
            Table(section: .agents, ManagedNumbers.agents, subjects: snapshot.center.agents, id: \.id, now: now),
        ]
    }

    /// What GET of this OID gives.
    package func get(_ name: [UInt32]) -> Answer {
        let below = Self.base.count + 2
        guard name.count >= below, name.starts(with: Self.objects), let number = ManagedSectionNumber(name[below - 1])
        else { return .noSuchObject }
        return sections[number.position].get(name[below...])
    }

    /// The first instance after this OID, or at it if that counts too; nil behind the last one.
    package func next(after name: [UInt32], inclusive: Bool = false) -> Instance? {
        guard name.starts(with: Self.objects) else {
            return name.lexicographicallyPrecedes(Self.objects) ? first(from: 0) : nil
        }
        guard let section = name.dropFirst(Self.objects.count).first else { return first(from: 0) }
        for (position, number) in ManagedSectionNumber.allCases.enumerated() {
            if section < number.rawValue { return first(from: position) }
            if section == number.rawValue {
                let rest = name[(Self.objects.count + 1)...]
                return sections[position].next(after: rest, inclusive: inclusive) ?? first(from: position + 1)
            }
        }
        return nil
    }

    private func first(from position: Int) -> Instance? {
        sections.dropFirst(position).lazy.compactMap { $0.next(after: [], inclusive: false) }.first
    }

    static let objects = base + [1]
}

/// The last part of the OID of a group of objects.
enum ManagedSectionNumber: UInt32, CaseIterable {
    case scalars = 1
    case flows = 2
    case agents = 3

    init?(_ number: UInt32) { self.init(rawValue: number) }

    var position: Int { Int(rawValue) - 1 }

    var name: [UInt32] { ManagedTree.objects + [rawValue] }
}

/// A group of objects; names begin behind its own OID.
protocol ManagedSection: Sendable {
    func get(_ name: ArraySlice<UInt32>) -> ManagedTree.Answer
    func next(after name: ArraySlice<UInt32>, inclusive: Bool) -> ManagedTree.Instance?
}

// MARK: - Scalars

private struct Scalars: ManagedSection {
    let snapshot: Snapshot
    let now: Milliseconds

    func get(_ name: ArraySlice<UInt32>) -> ManagedTree.Answer {
        guard let number = name.first, let object = ManagedNumbers.scalars[number] else { return .noSuchObject }
        guard name.dropFirst().elementsEqual([0]) else { return .noSuchInstance }
        return .value(object.read(snapshot, now))
    }

    func next(after name: ArraySlice<UInt32>, inclusive: Bool) -> ManagedTree.Instance? {
        let entry = ManagedNumbers.scalars.entries.first { entry in
            let instance = [entry.number, 0]
            return name.lexicographicallyPrecedes(instance) || inclusive && name.elementsEqual(instance)
        }
        guard let entry else { return nil }
        return .init(
            name: ManagedSectionNumber.scalars.name + [entry.number, 0],
            value: entry.object.read(snapshot, now)
        )
    }
}

// MARK: - Tables

private struct Table<Subject: Sendable>: ManagedSection {
    private let section: ManagedSectionNumber
    private let columns: ManagedNumbers.List<Subject>
    private let rows: [Row]
    private let now: Milliseconds

    private struct Row {
        let index: [UInt8]
        let subject: Subject
    }

    /// - Parameter subjects: sorted by ID, bytewise.
    init(
        section: ManagedSectionNumber,
        _ columns: ManagedNumbers.List<Subject>,
        subjects: [Subject],
        id: KeyPath<Subject, String>,
        now: Milliseconds
    ) {
        self.section = section
        self.columns = columns
        self.now = now
        var rows = subjects.map { Row(index: RowIndex.octets(of: $0[keyPath: id]), subject: $0) }
        // Only indexes that are not the ID itself can be out of order, or, by a clash of hashes, twice there.
        let isSorted = zip(rows, rows.dropFirst()).allSatisfy { $0.index.lexicographicallyPrecedes($1.index) }
        if !isSorted {
            rows.sort { $0.index.lexicographicallyPrecedes($1.index) }
            for position in rows.indices.reversed().dropLast() where rows[position].index == rows[position - 1].index {
                rows.remove(at: position)
            }
        }
        self.rows = rows
    }

    func get(_ name: ArraySlice<UInt32>) -> ManagedTree.Answer {
        guard name.first == 1, let number = name.dropFirst().first, let column = columns[number] else {
            return .noSuchObject
        }
        let index = name.dropFirst(2)
        let position = firstRow(from: index)
        guard position < rows.count, Self.isSame(rows[position].index, index) else { return .noSuchInstance }
        return .value(column.read(rows[position].subject, now))
    }

    func next(after name: ArraySlice<UInt32>, inclusive: Bool) -> ManagedTree.Instance? {
        guard !rows.isEmpty else { return nil }
        let entry = name.first ?? 0
        if entry > 1 { return nil }
        let rest = entry == 1 ? name.dropFirst() : []
        guard let number = rest.first else { return instance(column: 0, row: 0) }
        let column = columns.position(notBelow: number)
        guard column < columns.entries.count else { return nil }
        if columns.entries[column].number > number { return instance(column: column, row: 0) }
        let index = rest.dropFirst()
        var row = firstRow(from: index)
        if !inclusive, row < rows.count, Self.isSame(rows[row].index, index) { row += 1 }
        return row < rows.count ? instance(column: column, row: row) : instance(column: column + 1, row: 0)
    }

    private func instance(column: Int, row: Int) -> ManagedTree.Instance? {
        guard column < columns.entries.count else { return nil }
        let entry = columns.entries[column]
        return .init(
            name: section.name + [1, entry.number] + rows[row].index.map(UInt32.init),
            value: entry.object.read(rows[row].subject, now)
        )
    }

    /// Position of the first row whose index is not below this one.
    private func firstRow(from index: ArraySlice<UInt32>) -> Int {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(rows[middle].index, index) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func precedes(_ octets: [UInt8], _ index: ArraySlice<UInt32>) -> Bool {
        octets.lazy.map(UInt32.init).lexicographicallyPrecedes(index)
    }

    private static func isSame(_ octets: [UInt8], _ index: ArraySlice<UInt32>) -> Bool {
        octets.count == index.count && octets.lazy.map(UInt32.init).elementsEqual(index)
    }
}
