import Patience
import CallCenter
import Foundation
import Telemetry
import Testing

/// The catalogue of statistics through all ways out of one running daemon.
@Suite("SNMP, /metrics and get_statistics", .staged)
struct WaysOutTests {
    private static let flow = "sales"
    private static let agent = "anna"

    @Test("agree on every statistic while a known series of calls runs, and say what it implies")
    func agree() async throws {
        let master = try await SNMPMaster.start()
        var options = Daemon.Options()
        options.more = """
            reject_on_no_agents: false
            snmp: {agentx_socket: "\(master.agentX)"}

            """
        let centre = try await Centre.open(
            welcome: .answers(ring: 50, talk: 300),
            agents: [Self.agent],
            agent: .answers(ring: 100, talk: 700),
            options: options
        )
        try await master.hasSubagent()
        func callers(_ name: String, _ end: Sipp.Caller.End) throws -> Sipp {
            let caller = Sipp.Caller(end: end, patience: 120_000)
            return try .callers(name, caller, flows: [Self.flow], to: centre.daemon.port)
        }

        // One caller is answered and talks. Then nobody is logged in: one gives up, and one waits.
        try await callers("first", .stay).finish()
        try await eventually("the end of the wrap-up", every: .milliseconds(100)) {
            try await centre.daemon.agents().allSatisfy { $0.State == "free" } ? () : nil
        }
        #expect(try await centre.daemon.ccctl("cc_agent_login", Self.agent, "0").status == 0)
        try await callers("second", .hangUp(on: centre.queue.audioPort, after: 200)).finish()
        let third = try callers("third", .stay)
        try await centre.daemon.callReaches("queued")
        // On a busy machine something takes a while longer.
        let soon = 0...120
        let failures = Dictionary(uniqueKeysWithValues: FailureCause.allCases.map { ($0.rawValue, 0...0) })
        let refusals = Dictionary(uniqueKeysWithValues: RefusalCause.allCases.map { ($0.rawValue, 0...0) })
        func implied(
            centre: [String: Int],
            flow: [String: ClosedRange<Int>],
            agent: [String: ClosedRange<Int>]
        ) -> [String: ClosedRange<Int>] {
            var all = centre.mapValues { $0...$0 }
            for (cause, count) in failures {
                all["ccg_failed_incalls_\(cause)"] = count
                all["ccf_failed_incalls_\(cause)_\(Self.flow)"] = count
            }
            for (cause, count) in refusals { all["cca_refusals_\(cause)_\(Self.agent)"] = count }
            for (name, value) in flow { all["\(name)_\(Self.flow)"] = value }
            for (name, value) in agent { all["\(name)_\(Self.agent)"] = value }
            return all
        }
        try await expectAgreement(
            centre.daemon,
            master,
            implied(
                centre: [
                    "ccg_incalls": 3, "ccg_distributed_incalls": 1, "ccg_answered_incalls": 1,
                    "ccg_abandonned_incalls": 1, "ccg_onhold_calls": 1, "ccg_queued_calls": 1, "ccg_offering_calls": 0,
                    "ccg_talking_calls": 0, "ccg_restored_calls": 0, "ccg_repairs": 0, "ccg_free_agents": 0,
                    "ccg_logged_agents": 0, "ccg_load": 0,
                ],
                flow: [
                    "ccf_incalls": 3...3, "ccf_dist_incalls": 1...1, "ccf_answ_incalls": 1...1,
                    "ccf_aban_incalls": 1...1, "ccf_onhold_incalls": 2...2, "ccf_queued_calls": 1...1,
                    "ccf_onhold_calls": 1...1, "ccf_offering_calls": 0...0, "ccf_talking_calls": 0...0,
                    "ccf_free_agents": 0...0, "ccf_logged_agents": 0...0, "ccg_load": 0...0, "ccf_etw": 0...0,
                    "ccf_awt": soon, "ccf_longest_wait": soon, "ccf_answ_in_time": 1...1,
                    "ccf_service_level": 100...100, "ccf_restored_calls": 0...0, "ccf_wait_time_count": 2...2,
                    "ccf_wait_time_sum": soon, "ccf_ring_time_count": 1...1, "ccf_ring_time_sum": soon,
                    "ccf_talk_time_count": 1...1, "ccf_talk_time_sum": soon,
                ],
                agent: [
                    "cca_dist_incalls": 1...1, "cca_answ_incalls": 1...1, "cca_aban_incalls": 0...0, "cca_att": soon,
                    "cca_logged_in": 0...0, "cca_state": 0...0, "cca_no_answer_logoffs": 0...0,
                ]
            )
        )

        // He gets what he waited for.
        #expect(try await centre.daemon.ccctl("cc_agent_login", Self.agent, "1").status == 0)
        try await third.finish()
        await centre.daemon.stage.leaveFloor()
        try await expectAgreement(
            centre.daemon,
            master,
            implied(
                centre: [
                    "ccg_incalls": 3, "ccg_distributed_incalls": 2, "ccg_answered_incalls": 2,
                    "ccg_abandonned_incalls": 1, "ccg_onhold_calls": 0, "ccg_queued_calls": 0, "ccg_offering_calls": 0,
                    "ccg_talking_calls": 0, "ccg_restored_calls": 0, "ccg_repairs": 0, "ccg_free_agents": 1,
                    "ccg_logged_agents": 1, "ccg_load": 0, "ccg_longest_wait": 0,
                ],
                flow: [
                    "ccf_incalls": 3...3, "ccf_dist_incalls": 2...2, "ccf_answ_incalls": 2...2,
                    "ccf_aban_incalls": 1...1, "ccf_onhold_incalls": 2...2, "ccf_queued_calls": 0...0,
                    "ccf_onhold_calls": 0...0, "ccf_offering_calls": 0...0, "ccf_talking_calls": 0...0,
                    "ccf_free_agents": 1...1, "ccf_logged_agents": 1...1, "ccg_load": 0...0, "ccf_etw": 0...0,
                    "ccf_awt": soon, "ccf_longest_wait": 0...0, "ccf_answ_in_time": 1...2,
                    "ccf_service_level": 50...100, "ccf_restored_calls": 0...0, "ccf_wait_time_count": 3...3,
                    "ccf_wait_time_sum": soon, "ccf_ring_time_count": 2...2, "ccf_ring_time_sum": soon,
                    "ccf_talk_time_count": 2...2, "ccf_talk_time_sum": 1...120,
                ],
                agent: [
                    "cca_dist_incalls": 2...2, "cca_answ_incalls": 2...2, "cca_aban_incalls": 0...0, "cca_att": soon,
                    "cca_logged_in": 1...1, "cca_state": 1...1, "cca_no_answer_logoffs": 0...0,
                ]
            )
        )
    }

    /// Asks all ways out again and again until they agree: SNMP shows a snapshot that is up to a second old.
    private func expectAgreement(
        _ daemon: Daemon,
        _ master: SNMPMaster,
        _ implied: [String: ClosedRange<Int>]
    ) async throws {
        var differences: [String] = []
        do {
            // Timers of RFC 3261 hold transactions for up to 32 s.
            try await eventually("agreement", every: .milliseconds(500)) {
                differences = try await self.differences(daemon, master, implied)
                return differences.isEmpty
            }
        } catch is NotInTime {
            Issue.record("\(differences.joined(separator: "\n"))")
        }
    }

    private func differences(
        _ daemon: Daemon,
        _ master: SNMPMaster,
        _ implied: [String: ClosedRange<Int>]
    ) async throws -> [String] {
        let before = try await daemon.metrics().samples
        let rows = try await master.walk("ccgObjects") + master.walk("ccfTable") + master.walk("ccaTable")
        let objects = Dictionary(rows.map { ($0.name, $0.value) }) { first, _ in first }
        let statistics = try await daemon.json([String: Int].self, "get_statistics")
        let samples = try await daemon.metrics().samples
        var differences: [String] = []
        var known: Set<String> = []
        var compared = 0
        for item in Catalogue.statistics.flatMap({ Item.all(of: $0, flow: Self.flow, agent: Self.agent) }) {
            known.insert(item.reference)
            guard let object = objects[item.object], let statistic = statistics[item.reference],
                let sample = samples[item.metric] ?? (item.isSparse ? 0 : nil)
            else {
                differences.append(
                    "\(item.object) \(objects[item.object] ?? "-"), \(item.reference) "
                        + "\(statistics[item.reference].map(String.init) ?? "-"), \(item.metric) "
                        + (samples[item.metric].map { "\($0)" } ?? "-")
                )
                continue
            }
            // What does not stand still meanwhile cannot be compared; that it is there is enough.
            if before[item.metric] ?? sample != sample { continue }
            compared += 1
            let expected = item.expected(of: sample)
            if item.number(of: object) != expected.object || statistic != expected.statistic {
                differences.append("\(item.object) \(object), \(item.reference) \(statistic), \(item.metric) \(sample)")
            }
        }
        differences += Set(statistics.keys).symmetricDifference(known).sorted().map { "\($0) is not everywhere" }
        if compared < known.count - 20 { differences.append("only \(compared) of \(known.count) stood still") }
        for (name, range) in implied.sorted(by: { $0.key < $1.key }) {
            if let value = statistics[name], range.contains(value) { continue }
            differences.append("\(name) is \(statistics[name].map(String.init) ?? "-"), the calls imply \(range)")
        }
        let ours = known.filter { $0.hasSuffix("_\(Self.flow)") || $0.hasSuffix("_\(Self.agent)") }
        differences += ours.subtracting(implied.keys).sorted().map { "nobody says what \($0) should be" }
        // Means are those of the sums; there is one agent, so his mean is that of the flow.
        for (mean, times) in [("ccfAwt.'sales'", "ccfWaitTime"), ("ccaAtt.'anna'", "ccfTalkTime")] {
            let (sum, count) = (objects["\(times)Sum.'sales'"], objects["\(times)Count.'sales'"])
            guard let sum = sum.flatMap(Int.init), let count = count.flatMap(Int.init), count > 0,
                objects[mean].flatMap(Int.init) == sum / count
            else {
                differences.append("\(mean) \(objects[mean] ?? "-") of \(sum ?? "-") in \(count ?? "-")")
                continue
            }
        }
        return differences
    }
}

/// One number of the catalogue by its names on all ways out.
private struct Item {
    enum Unit {
        case plain, milliseconds, percent, date, text
    }

    let object: String
    let reference: String
    let metric: String
    let unit: Unit
    let isSparse: Bool

    /// The numbers of a statistic, for the whole centre, this flow, or this agent.
    static func all(of statistic: Statistic, flow: String, agent: String) -> [Item] {
        let figure: Figure
        let (index, suffix): (String, String)
        var labels: [String] = []
        switch statistic.source {
        case .global(let read):
            figure = read(Snapshot(center: CenterSnapshot(), process: ProcessFigures()))
            (index, suffix) = ("0", "")
        case .flow(let read):
            figure = read(CenterSnapshot.Flow(id: "", priority: 0, skill: ""))
            (index, suffix) = ("'\(flow)'", "_\(flow)")
            labels = ["flow=\"\(flow)\""]
        case .agent(let read):
            figure = read(CenterSnapshot.Agent(id: "", location: "", skills: []))
            (index, suffix) = ("'\(agent)'", "_\(agent)")
            labels = ["agent=\"\(agent)\""]
        }
        func item(object: String = "", part: String = "", metric: String = "", label: String? = nil, _ unit: Unit)
            -> Item
        {
            let all = (labels + (label.map { ["\(statistic.label ?? "")=\"\($0)\""] } ?? [])).joined(separator: ",")
            return Item(
                object: "\(statistic.objectName)\(object).\(index)",
                reference: "\(statistic.name)\(part)\(suffix)",
                metric: "\(statistic.metric)\(metric)" + (all.isEmpty ? "" : "{\(all)}"),
                unit: unit,
                isSparse: statistic.isSparse
            )
        }
        switch figure {
        case .count, .gauge: return [item(.plain)]
        case .time: return [item(.milliseconds)]
        case .date: return [item(.date)]
        case .percent: return [item(.percent)]
        case .times, .delays:
            return [
                item(object: "Count", part: "_count", metric: "_count", .plain),
                item(object: "Sum", part: "_sum", metric: "_sum", .milliseconds),
            ]
        case .counts where statistic.parts.isEmpty:
            // The version: its text is the label of the metric and the end of the name.
            return [item(part: "_\(version)", label: version, .text)]
        case .counts:
            return statistic.parts.map { part in
                item(object: Statistic.objectName("", part: part), part: "_\(part)", label: part, .plain)
            }
        }
    }

    private static let version = "0.1.0"

    /// What SNMP and get_statistics should show, by the value in Prometheus' units.
    func expected(of sample: Double) -> (object: Double, statistic: Int) {
        // Ratios and seconds are decimals that a binary number cannot hold.
        let percent = (sample * 100 + 1e-9).rounded(.down)
        switch unit {
        case .plain, .text: return (sample, Int(sample))
        case .milliseconds: return ((sample * 1_000 + 1e-6).rounded(.down), Int(sample + 1e-9))
        case .percent: return (percent, Int(percent))
        case .date: return (sample.rounded(.down), Int(sample))
        }
    }

    /// The number that SNMP shows; a date as seconds since 1970, and 1 for a text that is as it should be.
    func number(of object: String) -> Double? {
        switch unit {
        case .plain, .milliseconds, .percent: return Double(object)
        case .text: return object == Self.version ? 1 : nil
        case .date:
            let parts = object.matches(of: /\d+/).compactMap { Int($0.0) }
            guard parts.count == 9 else { return nil }
            var date = DateComponents()
            (date.year, date.month, date.day) = (parts[0], parts[1], parts[2])
            (date.hour, date.minute, date.second) = (parts[3], parts[4], parts[5])
            var calendar = Calendar(identifier: .gregorian)
            guard let utc = TimeZone(identifier: "UTC") else { return nil }
            calendar.timeZone = utc
            return calendar.date(from: date)?.timeIntervalSince1970
        }
    }
}
