import CallCenter
import Telemetry

/// A snapshot as the wallboard wants it.
struct WallboardReport {
    /// More are not shown, only counted.
    static let longestAgentList = 2_000
    static let longestCallList = 500

    private let snapshot: Snapshot
    private let alive: Health
    private let ready: Health

    init(_ snapshot: Snapshot, alive: Health, ready: Health) {
        self.snapshot = snapshot
        self.alive = alive
        self.ready = ready
    }

    private var center: CenterSnapshot { snapshot.center }

    var members: [JSONValue.Member] {
        [
            .init("number", .count(center.number)), .init("version", .string(snapshot.process.version)),
            .init("dispatching", .bool(center.isDispatchingInternally)), .init("health", .array(health)),
            .init("totals", totals), .init("flows", .array(flows)), .init("agents", .array(agents)),
            .init("agents_in_all", .count(center.agents.count)), .init("calls", .array(calls)),
            .init("calls_in_all", .count(center.calls.count)),
        ]
    }

    // MARK: - Health

    private var health: [JSONValue] {
        let (store, snmp) = (snapshot.process.store, snapshot.process.snmp)
        return [
            Self.entry("SIP", alive, ready),
            Self.entry("Store", isGood: store.isWriting, store.isWriting ? nil : "the database is away"),
            Self.entry("Journal", isGood: !store.isJournalFailing && store.recordsLost == 0, Self.journalNote(store)),
            Self.entry(
                "Provisioning",
                isGood: !store.isProvisioningStale,
                store.isProvisioningMissing
                    ? "there are no flows and agents"
                    : store.isProvisioningStale ? "flows and agents are those of the last reading" : nil
            ),
            // Nothing wrong: it may be switched off, and calls do without.
            Self.entry("SNMP", isGood: snmp.isConnected ? true : nil, snmp.isConnected ? nil : "not connected"),
        ]
    }

    private static func journalNote(_ store: ProcessFigures.Store) -> String? {
        if store.isJournalFailing { return "it cannot be written" }
        if store.recordsLost > 0 { return "\(store.recordsLost) records are lost" }
        return store.backlog > 0 ? "\(store.backlog) records wait" : nil
    }

    private static func entry(_ name: String, _ alive: Health, _ ready: Health) -> JSONValue {
        switch (alive, ready) {
        case (.bad(let reason), _), (_, .bad(let reason)): entry(name, isGood: false, reason)
        case (.fair(let reason), _), (_, .fair(let reason)): entry(name, isGood: true, reason)
        case (.good, .good): entry(name, isGood: true, nil)
        }
    }

    private static func entry(_ name: String, isGood: Bool?, _ note: String?) -> JSONValue {
        [
            "name": .string(name), "good": isGood.map(JSONValue.bool) ?? .null,
            "note": note.map(JSONValue.string) ?? .null,
        ]
    }

    // MARK: - Numbers

    private var totals: JSONValue {
        let totals = center.totals
        return [
            "on_hold": .count(totals.onHold), "queued": .count(totals.queued), "offering": .count(totals.offering),
            "talking": .count(totals.talking), "logged_in": .count(totals.loggedAgents),
            "free": .count(totals.freeAgents), "answered": .count(totals.counters.answered),
            "abandoned": .count(totals.counters.abandoned),
            "answered_in_time": .count(center.flows.reduce(0) { $0 + $1.answeredInTime }),
        ]
    }

    /// How many agents of a skill do what.
    private struct Crew {
        var inCall = 0
        var wrapup = 0
        var loggedOff = 0
    }

    private var crews: [String: Crew] {
        var crews: [String: Crew] = [:]
        for agent in center.agents where !agent.isRemoved {
            for skill in agent.skills {
                switch (agent.state, agent.isLoggedIn) {
                case (.incall, _): crews[skill, default: Crew()].inCall += 1
                case (.wrapup, _): crews[skill, default: Crew()].wrapup += 1
                case (.free, false): crews[skill, default: Crew()].loggedOff += 1
                case (.free, true): break
                }
            }
        }
        return crews
    }

    private var flows: [JSONValue] {
        let crews = crews
        return center.flows.map { flow in
            let crew = crews[flow.skill] ?? Crew()
            return [
                "id": .string(flow.id), "priority": .count(flow.priority), "on_hold": .count(flow.onHold),
                "queued": .count(flow.queued), "offering": .count(flow.offering), "talking": .count(flow.talking),
                "longest_wait": .integer(flow.longestWait), "estimated_wait": .integer(flow.estimatedWait),
                "average_wait": .integer(flow.averageWait), "threshold": .integer(flow.serviceLevelThreshold),
                "answered_in_time": .count(flow.answeredInTime), "answered": .count(flow.counters.answered),
                "abandoned": .count(flow.counters.abandoned), "logged_in": .count(flow.loggedAgents),
                "free": .count(flow.freeAgents), "in_call": .count(crew.inCall), "wrapup": .count(crew.wrapup),
                "logged_off": .count(crew.loggedOff), "removed": .bool(flow.isRemoved),
            ]
        }
    }

    private var agents: [JSONValue] {
        // Where not all can be shown, it is those who work.
        let isLong = center.agents.count > Self.longestAgentList
        let shown = isLong ? center.agents.filter { $0.isLoggedIn || $0.state != .free } : center.agents
        return shown.prefix(Self.longestAgentList).map { agent in
            var members: [JSONValue.Member] = [
                .init("id", .string(agent.id)), .init("state", .string(agent.state.rawValue)),
                .init("logged_in", .bool(agent.isLoggedIn)), .init("since", age(agent.stateSince)),
            ]
            if let end = agent.wrapupEnds, agent.state == .wrapup {
                members.append(.init("wrapup_left", .integer(max(0, end - center.taken))))
            }
            if let flow = agent.flowID { members.append(.init("flow", .string(flow))) }
            return .object(members)
        }
    }

    private var calls: [JSONValue] {
        center.calls.prefix(Self.longestCallList).map { call in
            var members: [JSONValue.Member] = [
                .init("id", .count(call.number)), .init("flow", .string(call.flowID)),
                .init("state", .string(call.state.rawValue)),
                .init("caller", .string(call.callerDisplayName.isEmpty ? call.callerUser : call.callerDisplayName)),
                .init("since", age(call.since)),
            ]
            if let agent = call.agentID { members.append(.init("agent", .string(agent))) }
            if let since = call.talkingSince { members.append(.init("talking", age(since))) }
            if let position = call.position { members.append(.init("position", .count(position))) }
            return .object(members)
        }
    }

    private func age(_ moment: Milliseconds) -> JSONValue { .integer(max(0, center.taken - moment)) }
}
