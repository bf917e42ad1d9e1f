import CallCenter

/// The catalogue by the names of the reference, as `get_statistics` shows it: whole seconds and percent, both rounded
/// down.
///
/// `ccg_incalls`, `ccf_incalls_<flow>`, `cca_att_<agent>`; before the ID `-` does as well as `_`, and `call_center:`
/// may precede. IDs are matched whole, so they may contain underscores. Figures of several numbers add what tells them
/// apart: `ccg_failed_incalls_media`, `cca_refusals_busy_<agent>`, `ccf_wait_time_count_<flow>`,
/// `ccf_wait_time_sum_<flow>`.
package enum ReferenceStatistics {
    package struct Value: Sendable, Equatable {
        /// As it was asked for; in a list of all, without `call_center:`.
        package var name: String
        package var value: Int64

        package init(name: String, value: Int64) {
            self.name = name
            self.value = value
        }
    }

    package struct Answer: Sendable, Equatable {
        /// In the order of the names, or of the catalogue.
        package var values: [Value] = []
        /// Names that mean nothing now.
        package var unknown: [String] = []
    }

    /// The values of these names; without names, or for the name `call_center:`, all. A `*` at the end stands for any rest.
    package static func find(names: [String], in snapshot: Snapshot) -> Answer {
        var answer = Answer()
        var whole: [Value]?
        func everything() -> [Value] {
            let values = whole ?? all(in: snapshot)
            whole = values
            return values
        }
        if names.isEmpty { answer.values = everything() }
        for name in names {
            let plain = name.hasPrefix(module) ? name.dropFirst(module.count) : name[...]
            if plain.isEmpty, !name.isEmpty {
                answer.values += everything()
            } else if let value = value(of: plain, in: snapshot) {
                answer.values.append(Value(name: name, value: value))
            } else if let start = plain.last == "*" ? plain.dropLast() : nil {
                let found = everything().filter { $0.name.hasPrefix(start) }
                answer.values += found
                if found.isEmpty { answer.unknown.append(name) }
            } else {
                answer.unknown.append(name)
            }
        }
        return answer
    }

    /// `find` for those who have no use for unknown names.
    package static func values(names: [String], in snapshot: Snapshot) -> [Value] {
        find(names: names, in: snapshot).values
    }

    private static let module = "call_center:"
}

// MARK: - Reading

extension ReferenceStatistics {
    private static func value(of name: Substring, in snapshot: Snapshot) -> Int64? {
        for statistic in Catalogue.statistics {
            for spelling in CollectionOfOne(statistic.name) + statistic.aliases where name.hasPrefix(spelling) {
                let rest = name.dropFirst(spelling.count)
                if let value = value(of: statistic, rest: rest, in: snapshot) { return value }
            }
        }
        return nil
    }

    /// - Parameter rest: what follows the name of the statistic: nothing, `_part`, `_ID` or `_part_ID`.
    private static func value(of statistic: Statistic, rest: Substring, in snapshot: Snapshot) -> Int64? {
        switch statistic.source {
        case .global(let read): parts(of: read(snapshot)).first { $0.suffix == rest }?.value
        case .flow(let read): value(rest: rest, among: snapshot.center.flows, id: \.id, read)
        case .agent(let read): value(rest: rest, among: snapshot.center.agents, id: \.id, read)
        }
    }

    /// An ID may contain separators, and so each one may be the one before it.
    private static func value<Subject>(
        rest: Substring,
        among subjects: [Subject],
        id: KeyPath<Subject, String>,
        _ read: (Subject) -> Figure
    ) -> Int64? {
        for separator in rest.indices where rest[separator] == "_" || rest[separator] == "-" {
            let wanted = String(rest[rest.index(after: separator)...])
            guard let subject = find(wanted, among: subjects, id: id) else { continue }
            if let part = parts(of: read(subject)).first(where: { $0.suffix == rest[..<separator] }) {
                return part.value
            }
        }
        return nil
    }

    /// Flows and agents are sorted bytewise.
    private static func find<Subject>(
        _ wanted: String,
        among subjects: [Subject],
        id: KeyPath<Subject, String>
    ) -> Subject? {
        var (low, high) = (0, subjects.count)
        while low < high {
            let middle = (low + high) / 2
            if subjects[middle][keyPath: id].utf8.lexicographicallyPrecedes(wanted.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < subjects.count && subjects[low][keyPath: id] == wanted ? subjects[low] : nil
    }

    private static func all(in snapshot: Snapshot) -> [Value] {
        var values: [Value] = []
        for statistic in Catalogue.statistics {
            switch statistic.source {
            case .global(let read):
                for part in parts(of: read(snapshot)) {
                    values.append(Value(name: statistic.name + part.suffix, value: part.value))
                }
            case .flow(let read):
                for flow in snapshot.center.flows {
                    for part in parts(of: read(flow)) {
                        values.append(Value(name: "\(statistic.name)\(part.suffix)_\(flow.id)", value: part.value))
                    }
                }
            case .agent(let read):
                for agent in snapshot.center.agents {
                    for part in parts(of: read(agent)) {
                        values.append(Value(name: "\(statistic.name)\(part.suffix)_\(agent.id)", value: part.value))
                    }
                }
            }
        }
        return values
    }

    /// The whole numbers that a figure consists of, and what each adds to the name.
    private static func parts(of figure: Figure) -> [(suffix: String, value: Int64)] {
        switch figure {
        case .count(let count): [("", Int64(clamping: count))]
        case .gauge(let value): [("", Int64(clamping: value))]
        case .time(let time), .date(let time): [("", time / 1_000)]
        case .percent(let percent): [("", Int64(percent))]
        case .counts(let counts): counts.map { ("_" + $0.name, Int64(clamping: $0.count)) }
        case .times(let times):
            [("_count", Int64(clamping: times.count)), ("_sum", Int64(clamping: times.sum / 1_000))]
        case .delays(let delays):
            [("_count", Int64(clamping: delays.count)), ("_sum", Int64(clamping: delays.sum / 1_000_000))]
        }
    }
}
