import Patience
import CallCenter
import Synchronization
import Testing

@testable import Store

@Suite("The writer of log-ins")
struct LoginWriterTests {
    private func login(_ agentID: String, _ isLoggedIn: Bool, since: Int64) -> AgentLogin {
        AgentLogin(agentID: agentID, isLoggedIn: isLoggedIn, rowSays: false, since: since)
    }

    @Test("the last log-in of each agent is written, also when the database was away and the process another")
    func away() async throws {
        try await withFolder { folder in
            let database = ScriptedDatabase(.init(isAway: true))
            let log = LogBook()
            let first = try journal(folder)
            #expect(first.pendingLogins.isEmpty)
            let writer = LoginWriter(database: database, journal: first, logger: log.logger)
            writer.submit(login("ann", true, since: 1))
            writer.submit(login("bob", true, since: 2))
            try await eventually("a try") { log.text.contains { $0.hasPrefix("error: log-ins of agents cannot") } }
            writer.stop()
            first.close()

            let second = try journal(folder)
            #expect(second.pendingLogins == [login("ann", true, since: 1), login("bob", true, since: 2)])
            database.state.withLock { $0.isAway = false }
            let next = LoginWriter(database: database, journal: second, logger: log.logger)
            next.submit(login("ann", false, since: 3))
            try await eventually("the log-ins") { second.pending(.login) == 0 }
            let written = database.state.withLock { $0.logins.flatMap { $0 } }
            #expect(AgentLogin.latest(written) == [login("ann", false, since: 3), login("bob", true, since: 2)])
            next.stop()
            second.close()

            let third = try journal(folder)
            #expect(third.pendingLogins.isEmpty)
            third.close()
        }
    }

    @Test("what an earlier process has left is not written once another machine has had the centre; what is new is")
    func succeeded() async throws {
        try await withFolder { folder in
            // Nothing is written before the centre is claimed.
            let database = ScriptedDatabase(.init(isAnothers: true))
            let log = LogBook()
            let owner = CallOwner(instance: "main", journal: "here", run: "two")
            let journal = try journal(folder)
            #expect(journal.append(.login, login("ann", true, since: 9).encoded))
            #expect(journal.append(.login, login("bob", true, since: 9).encoded))
            let writer = LoginWriter(database: database, journal: journal, owner: owner, logger: log.logger)
            writer.forgetFound()
            writer.submit(login("bob", false, since: 1))
            database.state.withLock { $0.isAnothers = false }
            try await eventually("all to be done with") { journal.pending(.login) == 0 }
            #expect(database.state.withLock { $0.logins } == [[login("bob", false, since: 1)]])
            #expect(log.text.isEmpty)
            writer.stop()
            journal.close()
        }
    }

    @Test("log-ins wait for their table until somebody makes it")
    func noTable() async throws {
        try await withFolder { folder in
            let database = try SQLiteDatabase(path: folder + "/c.db")
            let log = LogBook()
            let journal = try journal(folder)
            let writer = LoginWriter(database: database, journal: journal, logger: log.logger)
            writer.submit(login("ann", true, since: 1))
            try await eventually("a try") { log.text.contains { $0.hasPrefix("error: log-ins of agents cannot") } }
            #expect(journal.pending(.login) == 1)
            try database.migrate()
            try await eventually("the end of it") { journal.pending(.login) == 0 }
            #expect(try database.logins() == [login("ann", true, since: 1)])
            writer.stop()
            journal.close()
        }
    }

    @Test("entries of one kind do not keep those of another")
    func kinds() async throws {
        try await withFolder { folder in
            let journal = try journal(folder, segments: 3)
            let database = ScriptedDatabase()
            let writer = LoginWriter(database: database, journal: journal, logger: LogBook().logger)
            // No log-in at all, but more records than three segments hold.
            for number in 1...400 {
                try await eventually("room in the journal") {
                    journal.append(.record, [UInt8](repeating: 1, count: 100))
                }
                let entries = journal.records.read(atMost: 10)
                if let last = entries.last {
                    journal.records.settle(through: last.sequence, count: entries.count, callNumber: Int32(number))
                }
            }
            writer.stop()
            journal.close()
        }
    }
}
