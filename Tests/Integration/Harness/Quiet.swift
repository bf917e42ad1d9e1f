import Patience
import Foundation
import Testing

/// How the calls of a test have ended.
struct Outcome: Sendable {
    var answered = 0
    var abandoned = 0
    var failed = 0
    /// Offers that agents refused; the calls went on.
    var refusals = 0

    var calls: Int { answered + abandoned + failed }
}

extension Daemon {
    /// What must hold after every run: the counters agree with the calls, /metrics with get_statistics, nothing is on hold,
    /// all agents are free, the records are there and right, and no transaction or dialog is left.
    ///
    /// - Parameter oldestRecord: seconds since the INVITE of a record at most.
    func expectQuiet(
        after outcome: Outcome,
        oldestRecord: TimeInterval = 900,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await eventually("no calls, and all agents free", every: .milliseconds(200)) {
            let agents = try await agents()
            return try await calls().isEmpty && agents.allSatisfy { $0.State == nil || $0.State == "free" } ? () : nil
        }
        try await expectCounters(outcome, sourceLocation)
        try await expectRecords(outcome, oldestRecord, sourceLocation)
        await stage.leaveFloor()
        // Timers of RFC 3261 section 17 hold a transaction for up to 64 x T1 = 32 s after its last message.
        try await eventually("the last transaction and dialog to end", within: .seconds(90), every: .seconds(1)) {
            try process.requireAlive()
            let metrics = try await metrics()
            let transactions = try #require(metrics["callcenter_sip_transactions"], sourceLocation: sourceLocation)
            let dialogs = try #require(metrics["callcenter_sip_dialogs"], sourceLocation: sourceLocation)
            return (transactions == 0 && dialogs == 0)
        }
    }

    private func expectCounters(_ outcome: Outcome, _ sourceLocation: SourceLocation) async throws {
        let metrics = try await metrics()
        let statistics = try await json([String: Int].self, "get_statistics")
        let loggedIn = try await agents().count { $0.loggedIn == "YES" }
        let expected = [
            ("callcenter_calls_total", "ccg_incalls", outcome.calls),
            ("callcenter_answered_calls_total", "ccg_answered_incalls", outcome.answered),
            ("callcenter_abandoned_calls_total", "ccg_abandonned_incalls", outcome.abandoned),
            ("callcenter_onhold_calls", "ccg_onhold_calls", 0),
            ("callcenter_free_agents", "ccg_free_agents", loggedIn),
        ]
        for (metric, statistic, value) in expected {
            #expect(metrics[metric] == value, "\(metric)", sourceLocation: sourceLocation)
            #expect(statistics[statistic] == value, "\(statistic)", sourceLocation: sourceLocation)
        }
        #expect(metrics["callcenter_failed_calls_total"] == outcome.failed, sourceLocation: sourceLocation)
        #expect(metrics["callcenter_offering_calls"] == 0, sourceLocation: sourceLocation)
        for metric in ["calls_total", "answered_calls_total", "abandoned_calls_total", "distributed_calls_total"] {
            let total = metrics["callcenter_\(metric)"]
            #expect(
                metrics["callcenter_flow_\(metric)"] == total,
                "the flows together are the whole",
                sourceLocation: sourceLocation
            )
        }
    }

    private func expectRecords(
        _ outcome: Outcome,
        _ oldest: TimeInterval,
        _ sourceLocation: SourceLocation
    ) async throws {
        let rows = outcome.calls + outcome.refusals
        let records: [Record] = try await eventually("\(rows) rows in cc_cdrs", every: .milliseconds(100)) {
            let records = try await self.records()
            return records.count >= rows ? records : nil
        }
        let final = records.filter { $0.call_type != -2 }
        #expect(final.count == outcome.calls, sourceLocation: sourceLocation)
        #expect(final.count { $0.call_type == 0 } == outcome.answered, sourceLocation: sourceLocation)
        #expect(records.count == rows, sourceLocation: sourceLocation)
        #expect(Set(final.map(\.cid)).count == final.count, "one number a call", sourceLocation: sourceLocation)
        for record in records { record.expectConsistent(oldest, sourceLocation) }
    }
}

extension Daemon.Record {
    /// What holds for every row (CALLS.md section 5).
    fileprivate func expectConsistent(_ oldest: TimeInterval, _ sourceLocation: SourceLocation) {
        let row = Comment(rawValue: "\(self)")
        #expect(media == 1, row, sourceLocation: sourceLocation)
        #expect((1...Int(Int32.max)).contains(cid), row, sourceLocation: sourceLocation)
        #expect(wait_time == wait_ms / 1_000, row, sourceLocation: sourceLocation)
        #expect(pickup_time == pickup_ms / 1_000, row, sourceLocation: sourceLocation)
        #expect(talk_time == talk_ms / 1_000, row, sourceLocation: sourceLocation)
        #expect(fstats & 1 == 1, row, sourceLocation: sourceLocation)
        #expect((fstats & 4 == 4) == (call_type == 0), row, sourceLocation: sourceLocation)
        #expect(call_type == 0 || talk_ms == 0, row, sourceLocation: sourceLocation)
        if call_type == 0 || call_type == -2 {
            #expect(fstats & 2 == 2, row, sourceLocation: sourceLocation)
            #expect(agent_id?.isEmpty == false, row, sourceLocation: sourceLocation)
        }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "yyyy-MM-dd HH:mm:ss"
        let age = format.date(from: String(received_timestamp.prefix(19))).map { -$0.timeIntervalSinceNow }
        #expect(age.map { (0..<oldest).contains($0) } == true, row, sourceLocation: sourceLocation)
    }
}
