import CallCenter

/// Finds out what SNMP managers are to be told: looks at one snapshot after the other and tells each change once.
///
/// What managers have been told is remembered for each alarm of each flow or agent, and only a difference from that is
/// told; so the two of a pair always alternate, whatever happened between two snapshots or while nobody listened.
package struct AlarmPanel: Sendable {
    package var rules: NotificationRules
    package private(set) var counters = NotificationCounters()

    /// By alarm, then by flow or agent (the empty name for the whole centre). What is not there is at rest: 0.
    private var lamps: [[String: Lamp]]
    private var allowance: Allowance

    /// The state of one alarm.
    private struct Lamp: Sendable {
        /// What was told last.
        var shown: Int64
        /// What is; where the two differ, it is to be told.
        var actual: Int64
        /// Since when `actual` is.
        var since: Milliseconds
        /// What would go along, so that the end of an alarm can be told when its flow or agent is gone.
        var bindings: [ManagedTree.Instance] = []
    }

    package init(rules: NotificationRules) {
        self.rules = rules
        lamps = Array(repeating: [:], count: Alarm.all.count)
        allowance = Allowance()
    }

    /// What is to be told now.
    package mutating func observe(_ snapshot: Snapshot) -> [ManagedNotification] {
        let now = snapshot.center.taken
        allowance.refill(perMinute: rules.perMinute, now: now)
        var due: [ManagedNotification] = []
        for (position, alarm) in Alarm.all.enumerated() {
            var old = lamps[position]
            var new: [String: Lamp] = [:]
            /// - Parameter bindings: computed only when something is to be told or remembered.
            func look(_ id: String, _ condition: Alarm.Condition?, _ bindings: () -> [ManagedTree.Instance]) {
                guard let condition else { return }
                let lamp = old.removeValue(forKey: id)
                new[id] = settle(alarm, lamp, condition, bindings, now: now, &due)
            }
            switch alarm.source {
            case .global(let read):
                look("", read(snapshot, rules)) { alarm.bindings(in: snapshot) }
            case .flow(let read):
                for flow in snapshot.center.flows where !flow.isRemoved {
                    look(flow.id, read(flow, rules)) { alarm.bindings(of: flow, now: now) }
                }
            case .agent(let read):
                for agent in snapshot.center.agents where !agent.isRemoved {
                    look(agent.id, read(agent, rules)) { alarm.bindings(of: agent, now: now) }
                }
            }
            // Those that are gone, or watched no more.
            for (id, lamp) in old.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                new[id] = retire(alarm, lamp, &due)
            }
            lamps[position] = new
        }
        return due
    }

    // MARK: One alarm

    private mutating func settle(
        _ alarm: Alarm,
        _ lamp: Lamp?,
        _ condition: Alarm.Condition,
        _ bindings: () -> [ManagedTree.Instance],
        now: Milliseconds,
        _ due: inout [ManagedNotification]
    ) -> Lamp? {
        let value = value(of: condition, before: lamp?.actual ?? 0)
        var lamp = lamp ?? Lamp(shown: condition.isState ? value : 0, actual: condition.isState ? value : 0, since: now)
        if value != lamp.actual {
            // What was not told yet and is taken back, or overtaken, is told no more.
            if lamp.actual != lamp.shown { counters.suppressed += value == lamp.shown ? 2 : 1 }
            lamp.actual = value
            lamp.since = now
        }
        if lamp.actual < lamp.shown, case .count = condition { lamp.shown = lamp.actual }
        if lamp.actual != lamp.shown, now - lamp.since >= (condition.isPaired ? rules.hold : 0), allowance.take() {
            var along = bindings()
            if case .level(_, let bound) = condition {
                along.append(.init(name: Alarm.bound, value: .gauge(clamping: bound)))
            }
            due.append(alarm.notification(isEnd: lamp.actual == 0, bindings: along))
            counters.sent += 1
            lamp.shown = lamp.actual
            lamp.bindings = condition.isPaired && lamp.shown != 0 ? along : []
        }
        let isAtRest = lamp.shown == 0 && lamp.actual == 0 && !condition.isState
        return isAtRest ? nil : lamp
    }

    /// Whoever was told of the beginning is told of the end.
    private mutating func retire(_ alarm: Alarm, _ lamp: Lamp, _ due: inout [ManagedNotification]) -> Lamp? {
        guard alarm.endName != nil, lamp.shown != 0 else {
            if lamp.actual != lamp.shown { counters.suppressed += 1 }
            return nil
        }
        guard allowance.take() else { return lamp }
        due.append(alarm.notification(isEnd: true, bindings: lamp.bindings))
        counters.sent += 1
        return nil
    }

    private func value(of condition: Alarm.Condition, before: Int64) -> Int64 {
        switch condition {
        case .holds(let holds): return holds ? 1 : 0
        case .state(let state): return state
        case .count(let count): return Int64(clamping: count)
        case .level(let level, let bound):
            if level > bound { return 1 }
            // Multiplied in a width that holds it.
            let lower = bound - Int64(clamping: Int128(bound) * Int128(rules.hysteresis) / 100)
            return level <= lower ? 0 : before
        }
    }
}

extension Alarm.Condition {
    /// Whether it is at rest half of the time, and so has two notifications.
    fileprivate var isPaired: Bool {
        switch self {
        case .holds, .level: true
        case .state, .count: false
        }
    }

    fileprivate var isState: Bool { if case .state = self { true } else { false } }
}

extension Alarm {
    fileprivate func bindings(in snapshot: Snapshot) -> [ManagedTree.Instance] {
        Self.bindings(objects, in: ManagedNumbers.scalars, of: snapshot, now: snapshot.center.taken) {
            ManagedSectionNumber.scalars.name + [$0, 0]
        }
    }

    fileprivate func bindings(of flow: CenterSnapshot.Flow, now: Milliseconds) -> [ManagedTree.Instance] {
        let index = RowIndex.octets(of: flow.id).map(UInt32.init)
        return Self.bindings(objects, in: ManagedNumbers.flows, of: flow, now: now) {
            ManagedSectionNumber.flows.name + [1, $0] + index
        }
    }

    fileprivate func bindings(of agent: CenterSnapshot.Agent, now: Milliseconds) -> [ManagedTree.Instance] {
        let index = RowIndex.octets(of: agent.id).map(UInt32.init)
        return Self.bindings(objects, in: ManagedNumbers.agents, of: agent, now: now) {
            ManagedSectionNumber.agents.name + [1, $0] + index
        }
    }
}

/// How many notifications may be sent now: a bucket that fills evenly and holds those of one minute.
private struct Allowance: Sendable {
    /// In thousandths of a notification a minute: times 60,000 they are whole ones.
    private var tokens: Int64?
    private var filled: Milliseconds = 0
    private static let whole: Int64 = 60_000

    mutating func refill(perMinute: Int, now: Milliseconds) {
        let most = Int64(clamping: perMinute) * Self.whole
        let elapsed = max(0, min(now - filled, Self.whole))
        tokens = min(most, (tokens ?? most) + elapsed * Int64(clamping: perMinute))
        filled = now
    }

    mutating func take() -> Bool {
        guard let left = tokens, left >= Self.whole else { return false }
        tokens = left - Self.whole
        return true
    }
}
