import CallCenter
import Testing

@testable import Store

extension Databases {
    /// Calls that are alive, as the database has them.
    @Suite("The table of calls")
    struct CallTableTests {
        private let owner = CallOwner(instance: "main", journal: "here", run: "one")

        private func call(_ key: String, state: Int = 4, kept: [UInt8] = [0, 255, 7]) -> CallRow {
            var row = CallRow(
                key: key,
                number: 17,
                state: state,
                refusals: 2,
                talkingSince: state == 6 ? 1_700_000_009_500 : nil,
                received: 1_700_000_000_999,
                callerName: "B\u{e9}n \u{1F600} \(String(repeating: "x", count: 200))",
                callerUser: "ben",
                flowID: "support",
                kept: kept
            )
            row.agentID = state == 6 ? "anna" : ""
            return row
        }

        private func changes(
            _ calls: [CallRow] = [],
            ended: [String] = [],
            claims: Bool = false,
            follows: String? = nil,
            sweeps: Bool = false
        ) -> CallChanges {
            var changes = CallChanges()
            changes.follows = follows
            changes.calls = calls
            changes.ended = ended
            changes.claims = claims
            changes.sweeps = sweeps
            return changes
        }

        @Test(
            "has the last state of each call, says who left it, and shows people what goes on",
            arguments: Engine.allCases
        )
        func states(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                let database = place.database
                try database.migrate()
                #expect(try database.callsLeft(of: "main").journal == nil)
                let first = changes([call("a"), call("b"), call("c")], claims: true)
                #expect(try database.write(first, of: owner, at: 1_000))
                #expect(
                    try database.write(changes([call("b", state: 6, kept: [1])], ended: ["c"]), of: owner, at: 2_000)
                )
                let left = try database.callsLeft(of: "main")
                #expect(left.journal == "here" && left.run == "one")
                #expect(left.lastAlive == 2_000)
                #expect(left.calls == [[0, 255, 7], [1]])
                #expect(left.numbers == [17, 17])
                let query =
                    "SELECT b2buaid, state, no_rej, last_start, recv_time, caller_un, flow, agent, cid FROM cc_calls"
                #expect(
                    try place.rows("\(query) ORDER BY b2buaid") == [
                        "a|4|2|0|1700000000|ben|support||17", "b|6|2|1700000009|1700000000|ben|support|anna|17",
                    ]
                )
                #expect(try place.rows("SELECT length(caller_dn) FROM cc_calls") == ["128", "128"])
                #expect(try database.callsLeft(of: "another").calls.isEmpty)
            }
        }

        @Test("is written by the last who has claimed it, and by nobody else", arguments: Engine.allCases)
        func owners(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                let database = place.database
                try database.migrate()
                #expect(try !database.write(changes([call("a")]), of: owner, at: 1), "nobody has claimed it")
                #expect(try database.write(changes([call("a"), call("b")], claims: true), of: owner, at: 2))
                let next = CallOwner(instance: "main", journal: "there", run: "two")
                for other in [nil, "another"] {
                    let claim = changes([call("b", kept: [3])], claims: true, follows: other)
                    #expect(try !database.write(claim, of: next, at: 9), "it does not follow who is the owner")
                }
                #expect(try database.callsLeft(of: "main").calls == [[0, 255, 7], [0, 255, 7]])
                let claim = changes([call("b", kept: [2])], claims: true, follows: "one")
                #expect(try database.write(claim, of: next, at: 3))
                #expect(try database.write(claim, of: next, at: 3), "its answer may have been lost")
                #expect(try !database.write(changes(claims: true, follows: "one"), of: owner, at: 3), "succeeded")
                #expect(try !database.write(changes([call("a", kept: [9])], ended: ["b"]), of: owner, at: 4))
                #expect(try database.callsLeft(of: "main").calls == [[0, 255, 7], [2]])
                #expect(try database.write(changes(sweeps: true), of: next, at: 5))
                let left = try database.callsLeft(of: "main")
                #expect(left.calls == [[2]], "what the first has left is of no use any more")
                #expect(left.journal == "there" && left.lastAlive == 5)
            }
        }

        @Test("leaves log-ins alone, as those leave it", arguments: Engine.allCases)
        func agents(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                let database = place.database
                try database.migrate()
                let login = AgentLogin(agentID: "anna", isLoggedIn: true, rowSays: false, since: 5)
                #expect(try database.write([login], of: nil))
                var changes = changes(claims: true)
                changes.agents = [
                    AgentRow(id: "anna", freeSince: 7, wrapupEnds: 9),
                    AgentRow(id: "ben", freeSince: 8, wrapupEnds: nil),
                ]
                #expect(try database.write(changes, of: owner, at: 1))
                let logins = try database.logins()
                #expect(logins.first == login)
                #expect(logins.dropFirst().allSatisfy { $0.isLoggedIn == $0.rowSays }, "ben's own row decides")
                let later = AgentLogin(agentID: "anna", isLoggedIn: false, rowSays: true, since: 6)
                #expect(try database.write([later], of: owner))
                #expect(try database.callsLeft(of: "main").agents == changes.agents)
            }
        }

        @Test("has log-ins of the last who has claimed it, and of nobody else", arguments: Engine.allCases)
        func loginsOfOwner(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                let database = place.database
                try database.migrate()
                let login = AgentLogin(agentID: "anna", isLoggedIn: true, rowSays: false, since: 5)
                #expect(try !database.write([login], of: owner), "nobody has claimed it")
                #expect(try database.logins().isEmpty)
                #expect(try database.write(changes(claims: true), of: owner, at: 1))
                #expect(try database.write([login], of: owner))
                let next = CallOwner(instance: "main", journal: "there", run: "two")
                #expect(try database.write(changes(claims: true, follows: "one"), of: next, at: 2))
                var older = login
                older.isLoggedIn = false
                older.since = 9
                #expect(try !database.write([older], of: owner), "succeeded, whatever his clock says")
                #expect(try database.logins() == [login])
                #expect(try database.write([older], of: next))
                #expect(try database.logins() == [older])
            }
        }

        @Test("may have been made by OpenSIPS, whose rows stay", arguments: Engine.allCases)
        func foreign(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                let key = engine == .sqlite ? "INTEGER PRIMARY KEY AUTOINCREMENT" : "SERIAL PRIMARY KEY"
                try place.execute(
                    """
                    CREATE TABLE cc_calls (id \(key) NOT NULL, state INTEGER NOT NULL, ig_cback INTEGER NOT NULL,
                      no_rej INTEGER NOT NULL, setup_time INTEGER NOT NULL, eta INTEGER NOT NULL,
                      last_start INTEGER NOT NULL, recv_time INTEGER NOT NULL, caller_dn CHAR(128) NOT NULL,
                      caller_un CHAR(128) NOT NULL, b2buaid CHAR(128) DEFAULT '' NOT NULL, flow CHAR(128) NOT NULL,
                      agent CHAR(128) NOT NULL, CONSTRAINT cc_calls_unique_id UNIQUE (b2buaid));
                    INSERT INTO cc_calls (state, ig_cback, no_rej, setup_time, eta, last_start, recv_time, caller_dn,
                      caller_un, b2buaid, flow, agent) VALUES (4, 0, 0, 0, 0, 0, 0, '', '', 'old', 'f', '');
                    """
                )
                try place.database.migrate()
                #expect(try place.database.schema().report == SchemaReport())
                #expect(try place.database.write(changes([call("a")], claims: true, sweeps: true), of: owner, at: 1))
                #expect(try place.database.callsLeft(of: "main").calls.count == 1)
                #expect(try place.rows("SELECT count(*) FROM cc_calls") == ["2"])
            }
        }
    }
}
