import CallCenter
import Testing

@testable import Store

extension Databases {
    /// Flows and agents changed by command, in either kind of database.
    @Suite("Editing flows and agents")
    struct ProvisioningEditTests {
        typealias Row = ProvisioningEdit.Row

        /// A row of texts.
        private func row(_ line: Int? = nil, _ values: KeyValuePairs<String, String?>) -> Row {
            Row(line: line, values: values.map { ($0.key, $0.value) })
        }

        private let sales = Row(values: [
            ("flowid", "sales"), ("skill", "selling"), ("message_queue", "sip:queue@192.0.2.1"), ("priority", "5"),
        ])

        private func withTables(_ engine: Engine, _ body: (Place, any EditableDatabase) throws -> Void) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                let database = try place.url.openForEditing()
                try body(place, database)
                try database.close()
            }
        }

        @Test("a flow is added, changed, given a default again, and removed", arguments: Engine.allCases)
        func life(of engine: Engine) async throws {
            try await withTables(engine) { place, database in
                var report = try database.edit(ProvisioningEdit(.flow, .add, rows: [sales]))
                #expect(report.outcomes == [.init(id: "sales", result: .added)])
                let columns = "SELECT flowid, priority, skill, max_wrapup_time, prependcid FROM cc_flows"
                #expect(try place.rows(columns) == ["sales|5|selling|0|NULL"])

                let change = row(
                    nil,
                    ["flowid": "sales", "priority": nil, "prependcid": " Sales ", "max_wrapup_time": "9"]
                )
                report = try database.edit(ProvisioningEdit(.flow, .set, rows: [change]))
                #expect(report.outcomes.map(\.result) == [.changed])
                #expect(try place.rows(columns) == ["sales|256|selling|9|Sales"])
                #expect(
                    try database.edit(ProvisioningEdit(.flow, .set, rows: [change])).outcomes.map(\.result) == [
                        .unchanged
                    ]
                )
                let back = row(nil, ["flowid": "sales", "max_wrapup_time": "", "prependcid": ""])
                #expect(
                    try database.edit(ProvisioningEdit(.flow, .set, rows: [back])).outcomes.map(\.result) == [.changed]
                )
                #expect(try place.rows(columns) == ["sales|256|selling|0|NULL"])

                report = try database.edit(ProvisioningEdit(.flow, .remove, rows: [row(nil, ["flowid": "sales"])]))
                #expect(report.outcomes == [.init(id: "sales", result: .removed)])
                #expect(try place.rows(columns).isEmpty)
            }
        }

        /// What is wrong with a row, by the rules of a reload.
        static let wrong: [(ProvisioningKind, ProvisioningEdit.Mode, [(String, String?)], String)] = [
            (.agent, .add, [("agentid", "eve"), ("location", "192.0.2.9")], "location: \"192.0.2.9\" is no SIP URI"),
            (.agent, .add, [("agentid", "eve"), ("location", nil)], "location: is empty; expected a SIP URI"),
            (
                .agent, .add, [("agentid", "eve"), ("location", "sip:e@h"), ("logstate", "yes")],
                "logstate: \"yes\" is not usable"
            ),
            (
                .agent, .add, [("agentid", "anna"), ("location", "sip:e@h")],
                "is there already; ccctl agent set changes it"
            ),
            (.agent, .add, [("agentid", " "), ("location", "sip:e@h")], "agentid: is empty; expected a unique ID"),
            (.agent, .set, [("agentid", "eve"), ("logstate", "1")], "there is no agent of this ID in cc_agents"),
            (.agent, .set, [("agentid", "anna"), ("location", "tel:5")], "location: \"tel:5\" is no"),
            (.agent, .set, [("agentid", "anna"), ("colour", "red")], "colour: table cc_agents has no such column"),
            (.agent, .remove, [("agentid", "eve")], "there is no agent of this ID in cc_agents"),
            (.flow, .add, [("flowid", "f"), ("message_queue", "sip:q@h")], "skill: is empty"),
            (
                .flow, .add,
                [("flowid", "f"), ("skill", "s"), ("message_queue", "sip:q@h"), ("on_no_agents", "dance")],
                "on_no_agents: \"dance\" is not usable; expected keep or overflow"
            ),
            (
                .flow, .add, [("flowid", "f"), ("skill", "s"), ("message_queue", "sip:q@h"), ("priority", "-1")],
                "priority: \"-1\" is not usable; expected a whole number from 0 to 2147483647"
            ),
        ]

        @Test(
            "a flow that overflows into one that is not there, or into itself, is taken and told of",
            arguments: Engine.allCases
        )
        func overflow(engine: Engine) async throws {
            try await withTables(engine) { place, database in
                func flow(_ id: String, _ target: String) -> Row {
                    row(nil, ["flowid": id, "skill": "s", "message_queue": "sip:q@h", "overflow_uri": target])
                }
                let rows = [flow("a", "b"), flow("b", "b"), flow("c", "gone"), flow("d", "SIP:x@h")]
                let report = try database.edit(ProvisioningEdit(.flow, .put, rows: rows))
                #expect(report.outcomes.map(\.result) == [.added, .added, .added, .added])
                let end = "its callers are refused when they would overflow"
                #expect(
                    report.warnings == [
                        "flow b: overflow_uri is the flow itself: \(end)",
                        "flow c: overflow_uri: there is no flow \"gone\": \(end)",
                    ]
                )
                #expect(try place.rows("SELECT count(*) FROM cc_flows") == ["4"])
                let fewer = ProvisioningEdit(.flow, .replace, rows: [flow("a", "b")])
                #expect(try database.edit(fewer).warnings == ["flow a: overflow_uri: there is no flow \"b\": \(end)"])
            }
        }

        @Test("what a reload would refuse is refused, and says why", arguments: Engine.allCases)
        func refuses(engine: Engine) async throws {
            try await withTables(engine) { place, database in
                let anna = row(nil, ["agentid": "anna", "location": "sip:anna@192.0.2.2", "skills": "selling"])
                _ = try database.edit(ProvisioningEdit(.agent, .add, rows: [anna]))
                for (kind, mode, values, reason) in Self.wrong {
                    let row = Row(values: values.map { (column: $0.0, text: $0.1) })
                    let report = try database.edit(ProvisioningEdit(kind, mode, rows: [row]))
                    #expect(report.isRefused)
                    #expect(report.outcomes.first?.reason?.hasPrefix(reason) == true, "\(report.outcomes)")
                }
                #expect(try place.rows("SELECT agentid, location FROM cc_agents") == ["anna|sip:anna@192.0.2.2"])
                #expect(try place.rows("SELECT flowid FROM cc_flows").isEmpty)
            }
        }

        @Test("of several rows all take effect, or if one cannot be used, none", arguments: Engine.allCases)
        func isAllOrNothing(engine: Engine) async throws {
            try await withTables(engine) { place, database in
                _ = try database.edit(ProvisioningEdit(.flow, .add, rows: [sales]))
                let rows = [
                    row(
                        2,
                        ["id": "77", "flowid": "sales", "skill": "selling", "message_queue": "sip:queue@192.0.2.1"]
                    ),
                    row(3, ["id": "78", "flowid": "help", "skill": "helping", "message_queue": "sip:h@h", "x": "y"]),
                    row(4, ["flowid": "help", "skill": "helping", "message_queue": "sip:h@h"]),
                ]
                var report = try database.edit(ProvisioningEdit(.flow, .put, rows: rows))
                #expect(report.outcomes.map(\.result) == [.unchanged, .added, .refused])
                #expect(report.outcomes.last?.line == 4)
                #expect(
                    report.outcomes.last?.reason == "flowid: is a duplicate of an earlier row; expected a unique ID"
                )
                #expect(report.ignoredColumns == ["x"])
                #expect(try place.rows("SELECT flowid FROM cc_flows") == ["sales"])

                let good = Array(rows.prefix(2))
                report = try database.edit(ProvisioningEdit(.flow, .put, rows: good, isRehearsal: true))
                #expect(report.outcomes.map(\.result) == [.unchanged, .added])
                #expect(try place.rows("SELECT flowid FROM cc_flows") == ["sales"])
                _ = try database.edit(ProvisioningEdit(.flow, .put, rows: good))
                #expect(try place.rows("SELECT flowid FROM cc_flows ORDER BY flowid") == ["help", "sales"])

                report = try database.edit(ProvisioningEdit(.flow, .replace, rows: [rows[1]]))
                #expect(report.outcomes.map(\.result) == [.unchanged, .removed])
                #expect(report.outcomes.map(\.id) == ["help", "sales"])
                #expect(try place.rows("SELECT flowid FROM cc_flows") == ["help"])
            }
        }

        @Test("a table of the reference, with its own columns and without ours, serves", arguments: Engine.allCases)
        func referenceTable(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                let key = engine == .sqlite ? "INTEGER PRIMARY KEY AUTOINCREMENT" : "SERIAL PRIMARY KEY"
                try place.execute(
                    """
                    CREATE TABLE cc_agents (
                        id \(key), agentid CHAR(128) NOT NULL UNIQUE, location CHAR(128) NOT NULL,
                        logstate INTEGER DEFAULT 0 NOT NULL, skills CHAR(255) NOT NULL,
                        wrapup_end_time INTEGER DEFAULT 0 NOT NULL, wrapup_time INTEGER DEFAULT 0 NOT NULL,
                        site TEXT DEFAULT 'north' NOT NULL)
                    """
                )
                try place.execute("INSERT INTO cc_agents (agentid, location, skills) VALUES ('anna', 'sip:a@h', 's')")
                let database = try place.url.openForEditing()
                let rows = [
                    row(1, ["agentid": "anna", "location": "sip:a@h", "skills": nil, "site": "south"]),
                    row(2, ["agentid": "bert", "location": "sip:b@h", "msrp_location": "sip:b@h", "wrapup_time": nil]),
                ]
                let report = try database.edit(ProvisioningEdit(.agent, .put, rows: rows))
                #expect(report.outcomes.map(\.result) == [.changed, .added])
                #expect(report.ignoredColumns == ["msrp_location"])
                let found = try place.rows("SELECT agentid, skills, wrapup_time, site FROM cc_agents ORDER BY id")
                #expect(found.map { $0.replacing(" ", with: "") } == ["anna||0|south", "bert||0|north"])
                try database.close()
            }
        }

        @Test("what the database itself refuses names the row and changes nothing")
        func databaseRefuses() async throws {
            try await withTables(.postgres) { place, database in
                let long = "sip:" + String(repeating: "a", count: 300) + "@h"
                let rows = [
                    row(2, ["agentid": "anna", "location": "sip:a@h"]), row(3, ["agentid": "bert", "location": long]),
                ]
                let error = try #require(throws: StoreError.self) {
                    try database.edit(ProvisioningEdit(.agent, .put, rows: rows))
                }
                #expect(error.problem.hasPrefix("bert: value too long for type character varying(255)"))
                #expect(try place.rows("SELECT agentid FROM cc_agents").isEmpty)
            }
        }

        @Test("the columns of a listing are those of the schema", arguments: Engine.allCases)
        func columns(engine: Engine) async throws {
            try await withTables(engine) { place, database in
                _ = try database.edit(ProvisioningEdit(.flow, .add, rows: [sales]))
                let state = try database.schema()
                for kind in ProvisioningKind.allCases {
                    let columns = try database.listing(of: kind).columns
                    #expect(columns == kind.columns)
                    #expect(Set(columns + ["id"]) == Set(state.columns[kind.table] ?? []))
                }
                try place.execute("INSERT INTO cc_flows (flowid, skill, message_queue) VALUES ('bad', 's', 'nowhere')")
                let rows = try database.listing(of: .flow).rows
                #expect(rows.map(\.id) == ["bad", "sales"])
                #expect(rows.first?.problem?.hasPrefix("message_queue: \"nowhere\" is no SIP URI") == true)
                #expect(rows.last?.problem == nil)
            }
        }
    }
}
