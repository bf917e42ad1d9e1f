import Patience
import CallCenter
import Dispatch
import Synchronization
import Testing

@testable import Store

@Suite("The writer of calls")
struct CallWriterTests {
    private struct Scene {
        let database: ScriptedDatabase
        let journal: Journal
        let writer: CallWriter
        let log = LogBook()

        init(_ folder: String, _ state: ScriptedDatabase.State = .init()) throws {
            database = ScriptedDatabase(state)
            journal = try Store.Journal(folder: folder + "/journal")
            var limits = CallWriter.Limits()
            limits.interval = .milliseconds(5)
            limits.batch = 3
            limits.sign = .milliseconds(20)
            limits.pauses = .milliseconds(5)...Duration.milliseconds(10)
            limits.silence = .milliseconds(5)
            writer = CallWriter(
                database: database,
                owner: CallOwner(instance: "main", journal: "here", run: "one"),
                journal: journal,
                limits: limits,
                logger: log.logger
            ) { kept in
                kept.isEmpty
                    ? nil : CallRow(key: "\(kept[0])", number: 1, state: 4, received: 0, flowID: "f", kept: kept)
            }
        }

        var changes: [CallChanges] { database.state.withLock { $0.changes } }

        /// The last state of each call that the database has.
        var rows: [String: [UInt8]] {
            changes.reduce(into: [:]) { rows, changes in
                for call in changes.calls { rows[call.key] = call.kept }
                for key in changes.ended { rows[key] = nil }
            }
        }

        func end() async {
            await writer.stop(within: .seconds(10))
            journal.close()
        }
    }

    @Test(
        "nothing is written before all that was left is in force; then the owner claims, writes, and sweeps what was before"
    )
    func begin() async throws {
        try await withFolder { folder in
            let scene = try Scene(folder)
            for number in UInt8(1)...7 { scene.writer.submit(call: "\(number)", [number, 0]) }
            scene.writer.submit(call: "1", [1, 1])
            scene.writer.submit(AgentRow(id: "anna", freeSince: 1, wrapupEnds: nil))
            #expect(scene.changes.isEmpty)
            scene.writer.start(following: "zero")
            try await eventually("the rows") { scene.rows.count == 7 && scene.changes.contains { $0.sweeps } }
            #expect(scene.rows["1"] == [1, 1], "states between two writings are one")
            #expect(scene.changes.map(\.calls.count).prefix(3) == [3, 3, 1])
            #expect(scene.changes.flatMap(\.agents).map(\.id) == ["anna"])
            #expect(scene.changes.map(\.claims).prefix(2) == [true, false])
            #expect(scene.changes.map(\.follows).prefix(2) == ["zero", nil])
            let sweep = try #require(scene.changes.firstIndex { $0.sweeps })
            #expect(sweep >= 2, "only when all have been written")
            #expect(scene.changes.count { $0.sweeps } == 1)
            try await eventually("a sign of life") { scene.changes.last?.calls.isEmpty == true }
            await scene.end()
        }
    }

    @Test("the row of a call goes when its record is written, and not before; a call that had no row leaves none")
    func ends() async throws {
        try await withFolder { folder in
            let scene = try Scene(folder)
            scene.writer.submit(call: "1", [1])
            scene.writer.start()
            try await eventually("the row") { scene.rows.count == 1 }
            #expect(scene.journal.append(.record, [1, 2, 3]))
            scene.writer.submit(endOf: "1")
            scene.writer.submit(call: "2", [2])
            scene.writer.submit(endOf: "2")
            scene.writer.submit(call: "3", [3])
            try await eventually("another row") { scene.rows["3"] != nil }
            #expect(scene.rows.keys.sorted() == ["1", "3"])
            let entry = try #require(scene.journal.records.read(atMost: 1).first)
            scene.journal.records.settle(through: entry.sequence, count: 1, callNumber: 1)
            try await eventually("its end") { scene.rows.keys.sorted() == ["3"] }
            #expect(scene.changes.flatMap(\.ended) == ["1"])
            await scene.end()
        }
    }

    @Test("a database that is away gets the last states when it is back")
    func away() async throws {
        try await withFolder { folder in
            let scene = try Scene(folder, .init(isAway: true))
            scene.writer.submit(call: "1", [1, 0])
            scene.writer.start()
            try await eventually("a try") { scene.log.text.contains { $0.hasPrefix("error: calls cannot be written") } }
            scene.writer.submit(call: "1", [1, 1])
            scene.writer.submit(call: "2", [2, 0])
            scene.database.state.withLock { $0.isAway = false }
            try await eventually("the rows") { scene.rows == ["1": [1, 1], "2": [2, 0]] }
            try await eventually("a word") { scene.log.text.contains { $0.hasPrefix("notice: calls are written") } }
            #expect(scene.log.text.count == 2)
            await scene.end()
        }
    }

    @Test("a row that the database refuses costs the others nothing, and is told of")
    func refused() async throws {
        try await withFolder { folder in
            let scene = try Scene(folder, .init(refusedCall: "2"))
            for number in UInt8(1)...3 { scene.writer.submit(call: "\(number)", [number]) }
            scene.writer.submit(AgentRow(id: "anna", freeSince: 1, wrapupEnds: nil))
            scene.writer.start(following: "zero")
            try await eventually("the sweep") { scene.changes.contains { $0.sweeps } }
            #expect(scene.rows == ["1": [1], "3": [3]])
            #expect(scene.changes.flatMap(\.agents).map(\.id) == ["anna"])
            #expect(scene.changes.first?.claims == true)
            #expect(scene.changes.first?.follows == "zero")
            let refusals = scene.log.text.filter { $0.contains("refused what another machine would go on with") }
            #expect(refusals.count == 1)
            await scene.end()
        }
    }

    @Test("whoever is the owner no more writes nothing more; the end writes what is left")
    func over() async throws {
        try await withFolder { folder in
            let scene = try Scene(folder)
            scene.writer.submit(call: "1", [1])
            scene.writer.start()
            await scene.writer.stop(within: .seconds(10))
            #expect(scene.rows == ["1": [1]])
            scene.journal.close()
        }
        try await withFolder { folder in
            let scene = try Scene(folder, .init(isAnothers: true))
            scene.writer.submit(call: "1", [1])
            let isOver = Mutex(false)
            scene.writer.start { isOver.withLock { $0 = true } }
            try await eventually("a word") { scene.log.text.contains { $0.hasPrefix("error: another process writes") } }
            try await eventually("it to be reported") { isOver.withLock { $0 } }
            scene.database.state.withLock { $0.isAnothers = false }
            scene.writer.submit(call: "2", [2])
            await scene.end()
            #expect(scene.changes.isEmpty)
        }
    }
}
