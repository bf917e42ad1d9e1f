import CallCenter
import GRDB
import Store
import Synchronization
import Testing

@Suite("The writer of call-detail records")
struct RecordWriterTests {
    private static let away = StoreError(.unavailable, database: "scripted", "is away")

    private func limits(capacity: Int = 1_000, batch: Int = 256) -> RecordWriter.Limits {
        var limits = RecordWriter.Limits()
        limits.capacity = capacity
        limits.batch = batch
        limits.firstPause = .milliseconds(1)
        limits.longestPause = .milliseconds(2)
        return limits
    }

    @Test("everything is written, in order, in batches of limited size")
    func order() async {
        let database = ScriptedDatabase()
        let writer = RecordWriter(database: database, limits: limits(batch: 10), logger: LogBook().logger)
        for call in 1...95 { writer.submit(record(call)) }
        #expect(await writer.flush(within: .seconds(30)))
        var expected = RecordWriter.Figures()
        expected.written = 95
        #expect(writer.figures == expected)
        database.state.withLock { state in
            #expect(state.written.map(\.callNumber) == Array(1...95))
            #expect(state.batches.allSatisfy { $0 <= 10 })
        }
    }

    @Test("failures that may pass are tried again, in order, and told once")
    func retries() async {
        let database = ScriptedDatabase(.init(errors: [Self.away, Self.away, Self.away]))
        let log = LogBook()
        let writer = RecordWriter(database: database, limits: limits(), logger: log.logger)
        for call in 1...20 { writer.submit(record(call)) }
        #expect(await writer.flush(within: .seconds(30)))
        #expect(writer.figures.written == 20)
        #expect(writer.figures.retries == 3)
        #expect(database.state.withLock { $0.written.map(\.callNumber) } == Array(1...20))
        #expect(log.text.count { $0.hasPrefix("error: call-detail records cannot be written and wait") } == 1)
        #expect(log.text.count { $0.hasPrefix("notice: call-detail records are written again") } == 1)
    }

    @Test("a record that the database does not take keeps no other, and is logged in full")
    func refused() async {
        let database = ScriptedDatabase(.init(refusedCall: "call3"))
        let log = LogBook()
        let writer = RecordWriter(database: database, limits: limits(), logger: log.logger)
        for call in 1...5 { writer.submit(record(call)) }
        #expect(await writer.flush(within: .seconds(30)))
        #expect(writer.figures.written == 4)
        #expect(writer.figures.failed == 1)
        #expect(database.state.withLock { $0.written.map(\.callNumber) } == [1, 2, 4, 5])
        let lines = log.text.filter { $0.hasPrefix("critical: the database refused a call-detail record") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("call_uuid=\"call3\"") == true)
    }

    @Test("what does not fit is counted and logged; what fitted is written when the database is back")
    func overflow() async {
        let database = ScriptedDatabase(.init(isAway: true))
        let log = LogBook()
        let writer = RecordWriter(database: database, limits: limits(capacity: 10), logger: log.logger)
        for call in 1...15 { writer.submit(record(call)) }
        #expect(await !writer.flush(within: .milliseconds(5)))
        #expect(writer.figures.backlog == 10)
        #expect(writer.figures.lost == 5)
        database.state.withLock { $0.isAway = false }
        #expect(await writer.flush(within: .seconds(30)))
        #expect(database.state.withLock { $0.written.map(\.callNumber) } == Array(1...10))
        let lost = log.text.filter { $0.hasPrefix("critical: call-detail records are LOST") }
        #expect(lost.contains { $0.contains("call_uuid=\"call15\"") })
    }

    @Test("at the stop, what the database does not take in time is logged record by record")
    func stop() async {
        let database = ScriptedDatabase(.init(isAway: true))
        let log = LogBook()
        let writer = RecordWriter(database: database, limits: limits(), logger: log.logger)
        for call in 1...3 { writer.submit(record(call)) }
        let figures = await writer.stop(within: .milliseconds(5))
        #expect(figures.lost == 3)
        #expect(figures.backlog == 0)
        #expect(log.text.count { $0.hasPrefix("critical: a call-detail record is LOST") } == 3)
        writer.submit(record(4))
        #expect(await writer.flush(within: .seconds(30)))
        #expect(writer.figures.lost == 4)
        #expect(log.text.contains { $0.hasPrefix("critical: call-detail records are LOST") && $0.contains("call4") })
    }

    @Test("a stop with a working database loses nothing")
    func cleanStop() async {
        let database = ScriptedDatabase()
        let writer = RecordWriter(database: database, limits: limits(), logger: LogBook().logger)
        for call in 1...300 { writer.submit(record(call)) }
        let figures = await writer.stop(within: .seconds(30))
        #expect(figures.written == 300)
        #expect(figures.lost == 0)
    }

    @Test("a record is written without anybody asking, also after failures", .timeLimit(.minutes(1)))
    func byItself() async {
        let database = ScriptedDatabase(.init(errors: [Self.away, Self.away]))
        let log = LogBook()
        let writer = RecordWriter(database: database, limits: limits(), logger: log.logger)
        writer.submit(record(1))
        // Nothing to wait on here but the figures; the time limit ends what would never come.
        while writer.figures.written < 1, !Task.isCancelled { await Task.yield() }
        writer.submit(record(2))
        while writer.figures.written < 2, !Task.isCancelled { await Task.yield() }
        #expect(writer.figures.written == 2)
        #expect(writer.figures.retries == 2)
        #expect(writer.figures.backlog == 0)
    }

    @Test("many threads can submit at once")
    func concurrent() async {
        let database = ScriptedDatabase()
        let writer = RecordWriter(database: database, limits: limits(capacity: 100_000), logger: LogBook().logger)
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for call in 0..<500 { writer.submit(record(thread * 1_000 + call)) }
                }
            }
        }
        #expect(await writer.flush(within: .seconds(30)))
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
            let writer = RecordWriter(database: database, limits: limits(batch: 16), logger: LogBook().logger)
            let other = try shell(path)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
            for call in 1...100 { writer.submit(record(call)) }
            #expect(await !writer.flush(within: .milliseconds(10)))
            #expect(writer.figures.retries > 0)
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
