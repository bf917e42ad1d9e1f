import CallCenter

/// A readable object of the MIB: a scalar of the whole centre, or a column of the table of flows or agents.
struct ManagedObject<Subject: Sendable>: Sendable {
    /// The descriptor in CALLCENTERD-MIB.
    let name: String
    /// What it is read from, at this moment of the core's clock.
    let read: @Sendable (Subject, Milliseconds) -> ManagedValue

    init(_ name: String, _ read: @escaping @Sendable (Subject, Milliseconds) -> ManagedValue) {
        self.name = name
        self.read = read
    }
}

/// Every readable object, from the catalogue and from what an operator wants to see beside the statistics.
enum ManagedObjects {
    static let scalars: [ManagedObject<Snapshot>] =
        [
            ManagedObject("ccgDiscontinuityTime") { snapshot, _ in .timeStamp(snapshot.center.countersSince) },
            ManagedObject("ccgInternalDispatching") { snapshot, _ in .truth(snapshot.center.isDispatchingInternally) },
            ManagedObject("ccgFlows") { snapshot, _ in .gauge(clamping: snapshot.center.flows.count) },
            ManagedObject("ccgAgents") { snapshot, _ in .gauge(clamping: snapshot.center.agents.count) },
        ]
        + Catalogue.global.flatMap { statistic -> [ManagedObject<Snapshot>] in
            guard case .global(let read) = statistic.source else { return [] }
            return objects(of: statistic, sample: Snapshot(center: CenterSnapshot(), process: ProcessFigures()), read)
        }

    static let flows: [ManagedObject<CenterSnapshot.Flow>] =
        [
            ManagedObject("ccfId") { flow, _ in .text(flow.id) },
            ManagedObject("ccfPriority") { flow, _ in .integer(Int32(clamping: flow.priority)) },
            ManagedObject("ccfSkill") { flow, _ in .text(flow.skill) },
            ManagedObject("ccfRemoved") { flow, _ in .truth(flow.isRemoved) },
            ManagedObject("ccfServiceLevelThreshold") { flow, _ in .gauge(clamping: flow.serviceLevelThreshold) },
            ManagedObject("ccfAverageCallDuration") { flow, _ in .gauge(clamping: flow.averageCallDuration) },
        ]
        + Catalogue.flow.flatMap { statistic -> [ManagedObject<CenterSnapshot.Flow>] in
            guard case .flow(let read) = statistic.source else { return [] }
            return objects(of: statistic, sample: CenterSnapshot.Flow(id: "", priority: 0, skill: ""), read)
        }

    static let agents: [ManagedObject<CenterSnapshot.Agent>] =
        [
            ManagedObject("ccaId") { agent, _ in .text(agent.id) },
            ManagedObject("ccaLocation") { agent, _ in .text(agent.location) },
            ManagedObject("ccaSkills") { agent, _ in .text(agent.skills.joined(separator: ",")) },
            ManagedObject("ccaFlow") { agent, _ in .text(agent.flowID ?? "") },
            ManagedObject("ccaStateSince") { agent, _ in .timeStamp(agent.stateSince) },
            ManagedObject("ccaStateAge") { agent, now in .ticks(lasting: now - agent.stateSince) },
            ManagedObject("ccaWrapupLeft") { agent, now in .ticks(lasting: max(0, (agent.wrapupEnds ?? now) - now)) },
            ManagedObject("ccaRemoved") { agent, _ in .truth(agent.isRemoved) },
        ]
        + Catalogue.agent.flatMap { statistic -> [ManagedObject<CenterSnapshot.Agent>] in
            guard case .agent(let read) = statistic.source else { return [] }
            return objects(of: statistic, sample: CenterSnapshot.Agent(id: "", location: "", skills: []), read)
        }

    /// The objects of a statistic: one, or one for each of the numbers that its figure consists of.
    ///
    /// - Parameter sample: any subject, to see what kind of figure there will be.
    private static func objects<Subject: Sendable>(
        of statistic: Statistic,
        sample: Subject,
        _ read: @escaping @Sendable (Subject) -> Figure
    ) -> [ManagedObject<Subject>] {
        let name = statistic.objectName
        switch read(sample) {
        case .counts where !statistic.parts.isEmpty:
            return statistic.parts.map { part in
                ManagedObject(Statistic.objectName(name, part: part)) { subject, _ in
                    guard case .counts(let counts) = read(subject) else { return .counter64(0) }
                    return .counter64(counts.first { $0.name == part }?.count ?? 0)
                }
            }
        case .times, .delays:
            return [
                ManagedObject(name + "Count") { subject, _ in .counter64(read(subject).distribution.count) },
                ManagedObject(name + "Sum") { subject, _ in .counter64(read(subject).distribution.milliseconds) },
            ]
        case .count, .gauge, .time, .date, .percent, .counts:
            let isState = !statistic.states.isEmpty
            return [ManagedObject(name) { subject, _ in read(subject).value(isState: isState) }]
        }
    }
}

extension Figure {
    /// Number and sum of what was measured.
    fileprivate var distribution: (count: UInt64, milliseconds: UInt64) {
        switch self {
        case .times(let times): (times.count, times.sum)
        case .delays(let delays): (delays.count, delays.sum / 1_000)
        case .count, .gauge, .time, .date, .percent, .counts: (0, 0)
        }
    }

    /// The value in the units of the MIB: milliseconds, and percent rounded down.
    fileprivate func value(isState: Bool) -> ManagedValue {
        switch self {
        case .count(let count): .counter64(count)
        case .gauge(let value): isState ? .integer(Int32(clamping: value)) : .gauge(clamping: value)
        case .time(let time): .gauge(clamping: time)
        case .date(let date): .date(date)
        case .percent(let percent): .gauge(percent.isFinite ? UInt32(clamping: Int64(percent)) : 0)
        case .counts(let counts): .text(counts.map(\.name).joined(separator: ","))
        case .times, .delays: .counter64(distribution.count)
        }
    }
}

extension Statistic {
    /// The descriptor of one of several numbers: `ccgFailedIncalls` and `max_wait` make `ccgFailedIncallsMaxWait`. Signs
    /// are no part of a descriptor, so `-1` is `Minus1`.
    package static func objectName(_ name: String, part: String) -> String {
        let words = (part.hasPrefix("-") ? "minus_" + part.dropFirst() : part).split(separator: "_")
        return words.reduce(name) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}
