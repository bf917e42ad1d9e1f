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
    // Each by its own type: a list of any sections would look at rows through tables of functions, and copy them on the way.
    private let scalars: Scalars
    private let flows: Table<CenterSnapshot.Flow>
    private let agents: Table<CenterSnapshot.Agent>

    package init(_ snapshot: Snapshot) {
        let now = snapshot.center.taken
        number = snapshot.center.number
        scalars = Scalars(snapshot: snapshot, now: now)
        flows = Table(section: .flows, ManagedNumbers.flows, subjects: snapshot.center.flows, id: \.id, now: now)
        agents = Table(section: .agents, ManagedNumbers.agents, subjects: snapshot.center.agents, id: \.id, now: now)
    }

    /// What GET of this OID gives.
    package func get(_ name: [UInt32]) -> Answer {
        let below = Self.base.count + 2
        guard name.count >= below, name.starts(with: Self.objects), let number = ManagedSectionNumber(name[below - 1])
        else { return .noSuchObject }
        let rest = name[below...]
        return switch number {
        case .scalars: scalars.get(rest)
        case .flows: flows.get(rest)
        case .agents: agents.get(rest)
        }
    }

    /// The first instance after this OID, or at it if that counts too; nil behind the last one.
    package func next(after name: [UInt32], inclusive: Bool = false) -> Instance? {
        guard name.starts(with: Self.objects) else {
            return name.lexicographicallyPrecedes(Self.objects) ? first(from: 0) : nil
        }
        guard let section = name.dropFirst(Self.objects.count).first else { return first(from: 0) }
        guard let number = ManagedSectionNumber(section) else { return section == 0 ? first(from: 0) : nil }
        return next(in: number, after: name[(Self.objects.count + 1)...], inclusive: inclusive)
            ?? first(from: number.position + 1)
    }

    private func next(
        in section: ManagedSectionNumber,
        after name: ArraySlice<UInt32>,
        inclusive: Bool
    ) -> Instance? {
        switch section {
        case .scalars: scalars.next(after: name, inclusive: inclusive)
        case .flows: flows.next(after: name, inclusive: inclusive)
        case .agents: agents.next(after: name, inclusive: inclusive)
        }
    }

    private func first(from position: Int) -> Instance? {
        ManagedSectionNumber.allCases.dropFirst(position).lazy
            .compactMap { next(in: $0, after: [], inclusive: false) }.first
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

// MARK: - Scalars

/// Names begin behind the OID of the scalars.
private struct Scalars: Sendable {
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

/// Names begin behind the OID of the table.
private struct Table<Subject: Sendable>: Sendable {
    private let section: ManagedSectionNumber
    private let columns: ManagedNumbers.List<Subject>
    /// A row each, in the order of their indexes.
    private let subjects: [Subject]
    /// By themselves, and in one piece, because a search looks at a dozen of them and at nothing else of a row.
    private let indexes: RowIndexes
    private let now: Milliseconds

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
        let all = RowIndexes(subjects.lazy.map { RowIndex.octets(of: $0[keyPath: id]) })
        // Only indexes that are not the ID itself can be out of order, or, by a clash of hashes, twice there.
        guard all.isAscending else {
            let positions = all.ascending
            self.subjects = positions.map { subjects[$0] }
            indexes = RowIndexes(positions.lazy.map { Array(all[$0]) })
            return
        }
        self.subjects = subjects
        indexes = all
    }

    func get(_ name: ArraySlice<UInt32>) -> ManagedTree.Answer {
        guard name.first == 1, let number = name.dropFirst().first, let column = columns[number] else {
            return .noSuchObject
        }
        let place = indexes.place(of: name.dropFirst(2))
        return place.isThere ? .value(column.read(subjects[place.position], now)) : .noSuchInstance
    }

    func next(after name: ArraySlice<UInt32>, inclusive: Bool) -> ManagedTree.Instance? {
        guard !subjects.isEmpty else { return nil }
        let entry = name.first ?? 0
        if entry > 1 { return nil }
        let rest = entry == 1 ? name.dropFirst() : []
        guard let number = rest.first else { return instance(column: 0, row: 0) }
        let column = columns.position(notBelow: number)
        guard column < columns.entries.count else { return nil }
        if columns.entries[column].number > number { return instance(column: column, row: 0) }
        let place = indexes.place(of: rest.dropFirst())
        let row = place.isThere && !inclusive ? place.position + 1 : place.position
        return row < subjects.count ? instance(column: column, row: row) : instance(column: column + 1, row: 0)
    }

    private func instance(column: Int, row: Int) -> ManagedTree.Instance? {
        guard column < columns.entries.count else { return nil }
        let entry = columns.entries[column]
        let index = indexes[row]
        var name: [UInt32] = []
        name.reserveCapacity(ManagedTree.objects.count + 3 + index.count)
        name += ManagedTree.objects
        name.append(section.rawValue)
        name.append(1)
        name.append(entry.number)
        for octet in index { name.append(UInt32(octet)) }
        return .init(name: name, value: entry.object.read(subjects[row], now))
    }
}
