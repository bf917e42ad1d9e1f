import Patience
import CallCenter
import Foundation
import GRDB
import Synchronization
import Testing

@testable import Store

@Suite("The writer of call-detail records")
struct RecordWriterTests {
    private static let away = StoreError(.unavailable, database: "scripted", "is away")

    private func limits(batch: Int = 256) -> RecordWriter.Limits {
        var limits = RecordWriter.Limits()
        limits.batch = batch
        limits.gathering = .milliseconds(2)
        limits.firstPause = .milliseconds(1)
        limits.longestPause = .milliseconds(2)
        return limits
    }

    /// A writer with a journal of its own.
    private func withWriter(
        _ database: any CenterDatabase,
        batch: Int = 256,
        segments: Int = 64,
        log: LogBook = LogBook(),
        _ body: (RecordWriter) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let journal = try journal(folder, segments: segments, segmentSize: 65_536)
            let limits = limits(batch: batch)
            let writer = RecordWriter(database: database, journal: journal, limits: limits, logger: log.logger)
            try await body(writer)
            _ = await writer.stop(within: .zero)
            journal.close()
        }
    }

    @Test("everything is written, in order, in batches of limited size")
    func order() async throws {
        let database = ScriptedDatabase()
        try await withWriter(database, batch: 10) { writer in
            for call in 1...95 { writer.submit(record(call)) }
            #expect(await writer.flush(within: .seconds(30)))
            var expected = RecordWriter.Figures()
            expected.written = 95
            #expect(writer.figures == expected)
        }
        database.state.withLock { state in
            #expect(state.written == (1...95).map { record($0) })
            #expect(state.batches.allSatisfy { $0 <= 10 })
        }
    }

    @Test("failures that may pass are tried again, in order, and told once")
    func retries() async throws {
        let database = ScriptedDatabase(.init(errors: [Self.away, Self.away, Self.away]))
        let log = LogBook()
        try await withWriter(database, log: log) { writer in
            for call in 1...20 { writer.submit(record(call)) }
            #expect(await writer.flush(within: .seconds(30)))
            #expect(writer.figures.written == 20)
            #expect(writer.figures.retries == 3)
            #expect(!writer.figures.isFailing)
        }
        #expect(database.state.withLock { $0.written.map(\.callNumber) } == Array(1...20))
        #expect(log.text.count { $0.hasPrefix("error: call-detail records cannot be written and wait") } == 1)
        #expect(log.text.count { $0.hasPrefix("notice: call-detail records are written again") } == 1)
    }

    @Test("a record that the database does not take keeps no other, is logged, and kept in a file")
    func refused() async throws {
        let database = ScriptedDatabase(.init(refusedCall: "call3"))
        let log = LogBook()
        try await withWriter(database, log: log) { writer in
            for call in 1...5 { writer.submit(record(call)) }
            #expect(await writer.flush(within: .seconds(30)))
            #expect(writer.figures.written == 4)
            #expect(writer.figures.failed == 1)
            #expect(writer.figures.backlog == 0)
        }
        #expect(database.state.withLock { $0.written.map(\.callNumber) } == [1, 2, 4, 5])
        let lines = log.text.filter { $0.hasPrefix("critical: the database refused a call-detail record") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("call_uuid=\"call3\"") == true)
        #expect(lines.first?.contains("refused.csv") == true)
        #expect(lines.first?.contains("caller") == false, "the log may have to hide him")
    }

    @Test("refused records make a file that databases read, for its owner only, and not without end")
    func refusedFile() async throws {
        try await withFolder { folder in
            let path = folder + "/refused.csv"
            var quoted = record(2)
            quoted.caller = "a \"b\", c"
            #expect(RefusedRecords(path: path).add(record(1)))
            #expect(RefusedRecords(path: path).add(quoted))
            #expect(!RefusedRecords(path: path, limit: 10).add(record(3)))
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines[0].hasPrefix("caller,received_timestamp,"))
            #expect(lines[2].hasPrefix("\"a \"\"b\"\", c\",\"20"))
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test(
        "only a moment that there is is one",
        arguments: [
            ("2026-02-28", true), ("2024-02-29", true), ("2026-11-26 23:59:59", true), ("2026-19-39", false),
            ("2026-02-29", false), ("2026-04-31", false), ("2026-00-10", false), ("2026-11-26 24:00:00", false),
            ("٢٠٢٦-01-01", false), ("2026-1-1", false), ("", false),
        ]
    )
    func moments(text: String, isOne: Bool) {
        #expect(RecordQuery.isMoment(text) == isOne)
    }

    @Test("when the journal is full the oldest stay; what does not fit is counted and logged")
    func overflow() async throws {
        let database = ScriptedDatabase(.init(isAway: true))
        let log = LogBook()
        try await withWriter(database, segments: 2, log: log) { writer in
            for call in 1...2_000 { writer.submit(record(call)) }
            #expect(await !writer.flush(within: .milliseconds(5)))
            #expect(writer.figures.isFailing)
            let lost = Int(writer.figures.lost)
            #expect((1..<2_000).contains(lost))
            #expect(writer.figures.backlog == 2_000 - lost)
            database.state.withLock { $0.isAway = false }
            #expect(await writer.flush(within: .seconds(30)))
            #expect(database.state.withLock { $0.written.map(\.callNumber) } == (1...Int32(2_000 - lost)).map { $0 })
        }
        let lines = log.text.filter { $0.hasPrefix("critical: call-detail records are LOST") }
        #expect(lines.contains { $0.contains("call_uuid=\"call2000\"") })
    }

    @Test("at the stop, what the database does not take in time waits for the next process; nothing is lost or doubled")
    func stop() async throws {
        try await withFolder { folder in
            let database = ScriptedDatabase(.init(isAway: true))
            let first = try journal(folder)
            let writer = RecordWriter(database: database, journal: first, limits: limits(), logger: LogBook().logger)
            for call in 1...3 { writer.submit(record(call)) }
            let figures = await writer.stop(within: .milliseconds(5))
            #expect(figures.lost == 0)
            #expect(figures.backlog == 3)
            first.close()
            database.state.withLock { $0.isAway = false }

            let second = try journal(folder)
            let next = RecordWriter(database: database, journal: second, limits: limits(), logger: LogBook().logger)
            next.submit(record(4))
            #expect(await next.flush(within: .seconds(30)))
            #expect(database.state.withLock { $0.written.map(\.callNumber) } == [1, 2, 3, 4])
            _ = await next.stop(within: .zero)
            second.close()
        }
    }

    @Test("a record is written without anybody asking, also after failures")
    func byItself() async throws {
        let database = ScriptedDatabase(.init(errors: [Self.away, Self.away]))
        try await withWriter(database) { writer in
            writer.submit(record(1))
            try await eventually("the first record") { writer.figures.written == 1 }
            writer.submit(record(2))
            try await eventually("the second record") { writer.figures.written == 2 }
            #expect(writer.figures.retries == 2)
            #expect(writer.figures.backlog == 0)
        }
    }

    @Test("old records are removed in batches when there is a bound on their age, and only then")
    func retention() async throws {
        let database = ScriptedDatabase(.init(old: 2_500))
        try await withWriter(database) { writer in
            writer.submit(record(1))
            try await eventually("a record") { writer.figures.written == 1 }
            #expect(database.state.withLock { $0.purges.isEmpty })
            writer.retain(days: 30)
            try await eventually("the removal") { writer.figures.purged == 2_500 }
            #expect(database.state.withLock { $0.purges.count } == 3)
            let moment = try #require(database.state.withLock { $0.purges.first })
            let expected = [0, 5_000].map { CivilTime(CivilTime.now - 30 * 86_400_000 - $0).description }
            #expect(RecordQuery.isMoment(moment))
            #expect(moment <= expected[0])
        }
    }

    @Test("many threads can submit at once")
    func concurrent() async throws {
        let database = ScriptedDatabase()
        try await withWriter(database) { writer in
            await withTaskGroup(of: Void.self) { group in
                for thread in 0..<8 {
                    group.addTask {
                        for call in 0..<500 { writer.submit(record(thread * 1_000 + call)) }
                    }
                }
            }
            #expect(await writer.flush(within: .seconds(30)))
        }
        let calls = database.state.withLock { $0.written.map(\.callNumber) }
        #expect(calls.count == 4_000)
        for thread in 0..<8 {
            let own = calls.filter { Int($0) / 1_000 == thread }
            #expect(own == own.sorted())
        }
    }

    @Test("records wait while another program holds the lock on a real file, and are all there afterwards")
    func lockedFile() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try SQLiteDatabase(path: path, lockTimeout: 0.001)
            try database.migrate()
            try await withWriter(database, batch: 16) { writer in
                let other = try shell(path)
                try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
                for call in 1...100 { writer.submit(record(call)) }
                try await eventually("a try") { writer.figures.retries > 0 }
                #expect(writer.figures.backlog == 100)
                #expect(try rows(path, "SELECT COUNT(*) FROM cc_cdrs") == ["0"])
                try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
                #expect(await writer.flush(within: .seconds(30)))
                #expect(try rows(path, "SELECT cid FROM cc_cdrs ORDER BY id") == (1...100).map(String.init))
                #expect(writer.figures.written == 100)
                #expect(writer.figures.lost == 0)
            }
        }
    }
}
