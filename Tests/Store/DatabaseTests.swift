import CallCenter
import Testing

@testable import Store

extension Databases {
    /// What holds for every kind of database.
    @Suite("A database")
    struct DatabaseTests {
        @Test("is empty when fresh, and is provisioned from outside while it is open", arguments: Engine.allCases)
        func fresh(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                #expect(try place.database.migrate() == ["0001_tables.sql", "0002_agent_state.sql", "0003_calls.sql"])
                #expect(try place.database.loadProvisioning() == Provisioning(flows: [], agents: []))
                #expect(try place.database.highestCallNumber() == 0)
                try place.execute(
                    """
                    INSERT INTO cc_flows (flowid, skill, message_queue) VALUES ('support', 'help', 'sip:queue@m');
                    INSERT INTO cc_agents (agentid, location, skills) VALUES ('ann', 'sip:ann@h', 'help');
                    """
                )
                #expect(
                    try await place.database.provisioning()
                        == Provisioning(
                            flows: [FlowDefinition(id: "support", skill: "help", messageQueue: "sip:queue@m")],
                            agents: [AgentDefinition(id: "ann", location: "sip:ann@h", skills: ["help"])]
                        )
                )
            }
        }

        @Test("gets back what somebody has dropped, and keeps what is there", arguments: Engine.allCases)
        func dropped(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                #expect(try place.database.migrate() == [])
                try place.database.write([record(1)])
                try place.execute("DROP TABLE cc_flows;")
                #expect(try place.database.schema().report.problems == ["there is no table cc_flows"])
                #expect(try !place.database.migrate().isEmpty)
                #expect(try place.database.schema().report == SchemaReport())
                #expect(try place.database.highestCallNumber() == 1)
            }
        }

        @Test("gives every column of flows and agents, rows in the order of their IDs", arguments: Engine.allCases)
        func everyColumn(engine: Engine) async throws {
            let provisioning = try await withDatabase(engine) { place in
                try place.database.migrate()
                try place.execute(
                    """
                    INSERT INTO cc_flows (flowid, priority, skill, prependcid, max_wrapup_time, dissuading_hangup,
                        dissuading_onhold_th, dissuading_ewt_th, dissuading_qsize_th, message_welcome, message_queue,
                        message_dissuading, message_flow_id, max_wait, overflow_uri, on_no_agents,
                        service_level_threshold)
                    VALUES ('gold', 1, 'vip', 'Gold', 20, 1, 60, 90, 5, 'sip:welcome@m', 'sips:queue@m',
                        'sip:dissuade@m', 'sip:flow@m', 600, 'sip:voicemail@m', 'overflow', 15);
                    INSERT INTO cc_agents (agentid, location, logstate, skills, wrapup_time)
                    VALUES ('bob', 'sip:bob@h', 0, '', 0), ('ann', 'sip:ann@h', 1, 'vip,help', 45),
                        ('Cid', 'tel:1', 1, 'vip', 0);
                    """
                )
                return try place.database.loadProvisioning()
            }
            var flow = FlowDefinition(id: "gold", priority: 1, skill: "vip", messageQueue: "sips:queue@m")
            flow.prependCID = "Gold"
            flow.maxWrapup = 20_000
            flow.messageWelcome = "sip:welcome@m"
            flow.messageFlowID = "sip:flow@m"
            flow.dissuading = FlowDefinition.Dissuading(
                message: "sip:dissuade@m",
                hangsUp: true,
                onHoldThreshold: 60_000,
                estimatedWaitThreshold: 90_000,
                queueSizeThreshold: 5
            )
            flow.maxWait = 600_000
            flow.overflowURI = "sip:voicemail@m"
            flow.onNoAgents = .overflow
            flow.serviceLevelThreshold = 15_000
            let ann = AgentDefinition(
                id: "ann",
                location: "sip:ann@h",
                isLoggedIn: true,
                skills: ["vip", "help"],
                wrapupTime: 45_000
            )
            #expect(provisioning.flows == [flow])
            #expect(provisioning.agents == [ann, AgentDefinition(id: "bob", location: "sip:bob@h", skills: [])])
            #expect(provisioning.refused.map(\.id) == ["Cid"])
        }

        @Test(
            "takes a record into the columns of the reference, in whole seconds and UTC, and ours",
            arguments: Engine.allCases
        )
        func columns(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                var answered = record(1)
                answered.caller = "alice\u{1F600}'; --"
                answered.wait = 1_999
                answered.pickup = 999
                answered.talk = 61_000
                answered.agentID = "ann"
                answered.callType = .answered
                answered.refusals = 2
                answered.facts = [.inbound, .distributed, .answered]
                answered.sipStatus = 200
                answered.cause = "answered"
                answered.endedBy = .agent
                answered.transferredTo = "sip:bob@h"
                answered.callIDs = ["a1", "b2"]
                try place.database.write([answered, record(2, offer: 3)])
                #expect(
                    try place.rows(
                        """
                        SELECT caller, received_timestamp, wait_time, pickup_time, talk_time, flow_id, agent_id, call_type,
                        rejected, fstats, cid, media FROM cc_cdrs ORDER BY id
                        """
                    ) == [
                        "alice\u{1F600}'; --|2023-11-14 22:13:20|1|0|61|support|ann|0|2|7|1|1",
                        "alice|2023-11-14 22:13:20|12|0|0|support|NULL|1|0|1|2|1",
                    ]
                )
                #expect(
                    try place.rows(
                        """
                        SELECT call_uuid, offer_number, wait_ms, pickup_ms, talk_ms, caller_uri, called_uri, sip_status,
                        cause, ended_by, transferred_to, call_ids FROM cc_cdrs ORDER BY id
                        """
                    ) == [
                        "call1|0|1999|999|61000|sip:alice@example.com|sip:support@192.0.2.1|200|answered|agent|sip:bob@h|a1 b2",
                        "call2|3|12345|0|0|sip:alice@example.com|sip:support@192.0.2.1|0|abandoned|caller|NULL|a1",
                    ]
                )
                #expect(try place.database.highestCallNumber() == 2)
            }
        }

        @Test("has a record that is written again once, as it was first", arguments: Engine.allCases)
        func idempotent(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                try place.database.write([record(1), record(1, offer: 1)])
                var again = record(1)
                again.cause = "other"
                try place.database.write([again, record(1, offer: 1), record(2)])
                #expect(
                    try place.rows("SELECT call_uuid, offer_number, cause FROM cc_cdrs ORDER BY id")
                        == ["call1|0|abandoned", "call1|1|abandoned", "call2|0|abandoned"]
                )
            }
        }

        @Test("takes a batch of any size whole", arguments: Engine.allCases)
        func large(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                var records = (1...2_000).map { record($0) }
                for index in records.indices {
                    records[index].callIDs = (1...20).map { "\($0)-0123456789abcdef0123456789abcdef" }
                }
                try place.database.write(records)
                #expect(try place.rows("SELECT COUNT(*), MIN(cid), MAX(cid) FROM cc_cdrs") == ["2000|1|2000"])
            }
        }

        @Test("takes a batch whole or not at all when it refuses a record, and goes on", arguments: Engine.allCases)
        func refusal(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                switch engine {
                case .sqlite:
                    try place.execute(
                        """
                        CREATE TRIGGER no_bob BEFORE INSERT ON cc_cdrs WHEN NEW.caller = 'bob'
                        BEGIN SELECT RAISE(ABORT, 'no bob here'); END
                        """
                    )
                case .postgres:
                    try place.execute(
                        """
                        CREATE FUNCTION no_bob() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN RAISE EXCEPTION 'no bob here'; END $$;
                        CREATE TRIGGER no_bob BEFORE INSERT ON cc_cdrs FOR EACH ROW WHEN (NEW.caller = 'bob')
                        EXECUTE FUNCTION no_bob()
                        """
                    )
                }
                var bad = record(2)
                bad.caller = "bob"
                let error = try #require(throws: StoreError.self) {
                    try place.database.write([record(1), bad, record(3)])
                }
                #expect(error.kind == .refused)
                #expect(error.problem == "no bob here")
                #expect(try place.rows("SELECT * FROM cc_cdrs").isEmpty)
                try place.database.write([record(1), record(3)])
                #expect(try place.rows("SELECT cid FROM cc_cdrs ORDER BY id") == ["1", "3"])
            }
        }

        @Test("says what a table lacks that is needed", arguments: Engine.allCases)
        func missing(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                try place.execute("DROP TABLE cc_flows; CREATE TABLE cc_flows (flowid TEXT, priority INTEGER);")
                let error = try #require(throws: StoreError.self) { try place.database.loadProvisioning() }
                #expect(error.kind == .unusable)
                #expect(
                    error.problem == "table cc_flows has no column skill, message_queue; "
                        + "expected at least flowid, skill, message_queue"
                )
                try place.execute("DROP TABLE cc_agents;")
                #expect(throws: StoreError.self) { try place.database.loadProvisioning() }
            }
        }

        @Test(
            "gives its records page by page, the newest, those of a day, and removes old ones",
            arguments: Engine.allCases
        )
        func pages(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                var records = (1...25).map { record($0) }
                for index in records.indices {
                    records[index].received = 1_700_000_000_000 + Int64(index) * 3_600_000
                    records[index].flowID = index % 5 == 0 ? "sales" : "support"
                }
                try place.database.write(records)
                func calls(_ page: RecordPage) -> [String?] {
                    let column = RecordPage.columns.firstIndex(of: "cid") ?? 0
                    return page.rows.map { $0[column].text }
                }
                let all = RecordQuery()
                var pages: [[String?]] = []
                var next: Int64? = 0
                while let begin = next, pages.count < 9 {
                    let page = try place.database.records(all, after: begin, count: 10)
                    pages.append(calls(page))
                    next = page.next
                }
                #expect(pages.map(\.count) == [10, 10, 5])
                #expect(pages.flatMap { $0 } == (1...25).map(String.init))
                #expect(calls(try place.database.newestRecords(all, count: 3)) == ["25", "24", "23"])
                let sales = RecordQuery(to: "2023-11-15", flowID: "sales")
                #expect(calls(try place.database.records(sales, after: 0, count: 10)) == ["1"])
                // The first came at 22:13:20; the third is the first of the next day.
                let day = RecordQuery(from: "2023-11-15", to: "2023-11-15 02:00:00")
                #expect(calls(try place.database.records(day, after: 0, count: 10)) == ["3", "4"])
                let nobody = RecordQuery(agentID: "x")
                #expect(try place.database.records(nobody, after: 0, count: 10) == RecordPage(rows: []))
                #expect(try place.database.purgeRecords(before: "2023-11-15", count: 1) == 1)
                #expect(try place.database.purgeRecords(before: "2023-11-15", count: 10) == 1)
                #expect(try place.database.purgeRecords(before: "2023-11-15", count: 10) == 0)
                #expect(try place.rows("SELECT COUNT(*), MIN(cid) FROM cc_cdrs") == ["23|3"])
            }
        }

        @Test("has the last log-in of each agent", arguments: Engine.allCases)
        func logins(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                #expect(try place.database.logins().isEmpty)
                var ann = AgentLogin(agentID: "ann", isLoggedIn: true, rowSays: false, since: 1_700_000_000_123)
                let bob = AgentLogin(agentID: "bob", isLoggedIn: false, rowSays: true, since: 2)
                #expect(try place.database.write([ann, bob], of: nil))
                #expect(try place.database.logins() == [ann, bob])
                ann.isLoggedIn = false
                ann.rowSays = true
                #expect(try place.database.write([ann], of: nil))
                #expect(try place.database.logins() == [ann, bob])
            }
        }

        @Test("can be used no more after its end", arguments: Engine.allCases)
        func closed(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                try place.database.write([record(1)])
                try place.database.close()
                let error = try #require(throws: StoreError.self) { try place.database.write([record(2)]) }
                #expect(error.problem == "is closed")
            }
        }
    }

    /// `ccctl db check` and `migrate`.
    @Suite("The tables of a database")
    struct SchemaTests {
        @Test("are complete after one migration; a second one changes nothing", arguments: Engine.allCases)
        func twice(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                #expect(
                    try place.database.schema().report.problems == [
                        "there is no table cc_flows", "there is no table cc_agents", "there is no table cc_cdrs",
                        "there is no table cc_agent_state", "there is no table cc_calls",
                        "there is no table cc_instances",
                    ]
                )
                #expect(
                    try place.database.schema().report.notes == [
                        "step 0001_tables.sql is to be made", "step 0002_agent_state.sql is to be made",
                        "step 0003_calls.sql is to be made",
                    ]
                )
                try place.database.migrate()
                #expect(try place.database.schema().report == SchemaReport())
                #expect(try place.database.migrate().isEmpty)
                #expect(
                    try place.rows("SELECT version, name FROM callcenterd_migrations") == [
                        "1|0001_tables.sql", "2|0002_agent_state.sql", "3|0003_calls.sql",
                    ]
                )
            }
        }

        @Test("are left alone if a newer program has made them", arguments: Engine.allCases)
        func newer(engine: Engine) async throws {
            try await withDatabase(engine) { place in
                try place.database.migrate()
                try place.execute("INSERT INTO callcenterd_migrations (version, name) VALUES (77, '0077_new.sql')")
                let error = try #require(throws: StoreError.self) { try place.database.migrate() }
                #expect(error.kind == .unusable)
                #expect(
                    error.problem == "has the tables of a newer callcenterd (schema 77, this program knows 3); "
                        + "install that version again, or choose another database"
                )
                #expect(
                    try place.database.schema().report.problems
                        == ["was changed by a newer callcenterd (schema 77, this program knows 3)"]
                )
            }
        }

        /// The tables as an OpenSIPS of a certain age makes them: no columns of ours.
        static func reference(_ engine: Engine, isOld: Bool) -> String {
            let key = engine == .sqlite ? "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL" : "SERIAL PRIMARY KEY NOT NULL"
            let time = engine == .sqlite ? "DATETIME" : "TIMESTAMP WITHOUT TIME ZONE"
            let laterFlow =
                isOld
                ? ""
                : """
                max_wrapup_time INTEGER DEFAULT 0 NOT NULL, dissuading_hangup INTEGER DEFAULT 0 NOT NULL,
                dissuading_onhold_th INTEGER DEFAULT 0 NOT NULL, dissuading_ewt_th INTEGER DEFAULT 0 NOT NULL,
                dissuading_qsize_th INTEGER DEFAULT 0 NOT NULL, message_dissuading VARCHAR(128) DEFAULT NULL,
                message_flow_id VARCHAR(128),
                """
            let laterAgent =
                isOld
                ? "last_call_end INTEGER DEFAULT 0 NOT NULL"
                : """
                msrp_location VARCHAR(128) DEFAULT NULL, msrp_max_sessions INTEGER DEFAULT 4 NOT NULL,
                wrapup_end_time INTEGER DEFAULT 0 NOT NULL, wrapup_time INTEGER DEFAULT 0 NOT NULL
                """
            let laterRecord = isOld ? "" : ", media INTEGER DEFAULT 1 NOT NULL"
            return """
                CREATE TABLE cc_flows (id \(key), flowid VARCHAR(64) NOT NULL UNIQUE,
                    priority INTEGER DEFAULT 256 NOT NULL, skill VARCHAR(64) NOT NULL, prependcid CHAR(32) NOT NULL,
                    \(laterFlow)
                    message_welcome VARCHAR(128) DEFAULT NULL, message_queue VARCHAR(128) NOT NULL);
                CREATE TABLE cc_agents (id \(key), agentid VARCHAR(128) NOT NULL UNIQUE,
                    location VARCHAR(128) NOT NULL, logstate INTEGER DEFAULT 0 NOT NULL, skills VARCHAR(255) NOT NULL,
                    \(laterAgent));
                CREATE TABLE cc_cdrs (id \(key), caller CHAR(64) NOT NULL,
                    received_timestamp \(time) NOT NULL, wait_time INTEGER DEFAULT 0 NOT NULL,
                    pickup_time INTEGER DEFAULT 0 NOT NULL, talk_time INTEGER DEFAULT 0 NOT NULL,
                    flow_id VARCHAR(128) NOT NULL, agent_id VARCHAR(128) DEFAULT NULL,
                    call_type SMALLINT DEFAULT -1 NOT NULL, rejected INTEGER DEFAULT 0 NOT NULL,
                    fstats INTEGER DEFAULT 0 NOT NULL, cid INTEGER DEFAULT 0\(laterRecord));
                INSERT INTO cc_flows (flowid, priority, skill, prependcid, message_welcome, message_queue)
                    VALUES ('support', 10, 'help', '', '', 'sip:queue@media:5080;transport=udp');
                INSERT INTO cc_agents (agentid, location, logstate, skills)
                    VALUES ('ann', 'sip:ann@10.0.0.1', 1, ' help, sales,help ,,');
                INSERT INTO cc_cdrs (caller, received_timestamp, flow_id, cid)
                    VALUES ('old', '2020-01-01 00:00:00', 'support', 41), ('old', '2020-01-01 00:00:01', 'support', 42);
                """
        }

        @Test(
            "that OpenSIPS made serve as they are; cc_cdrs gets what it lacks",
            arguments: Engine.allCases,
            [false, true]
        )
        func reference(engine: Engine, isOld: Bool) async throws {
            try await withDatabase(engine) { place in
                try place.execute(Self.reference(engine, isOld: isOld))
                // Provisioning needs nothing of us.
                let provisioning = try place.database.loadProvisioning()
                #expect(provisioning.refused.isEmpty)
                #expect(provisioning.flows.map(\.id) == ["support"])
                #expect(provisioning.flows.first?.priority == 10)
                #expect(provisioning.flows.first?.messageWelcome == nil)
                #expect(provisioning.flows.first?.prependCID == nil)
                #expect(provisioning.flows.first?.onNoAgents == .keep)
                #expect(provisioning.agents.first?.skills == ["help", "sales"])
                #expect(provisioning.agents.first?.isLoggedIn == true)
                #expect(provisioning.agents.first?.wrapupTime == nil)
                let lacking = try place.database.schema().report
                #expect(lacking.problems.first?.hasPrefix("table cc_cdrs has no column ") == true)
                let note = "table cc_flows has no column max_wait: its default holds for every row"
                #expect(lacking.notes.contains(note))
                #expect(throws: StoreError.self) { try place.database.write([record(43)]) }

                try place.database.migrate()
                #expect(try place.database.schema().report.problems.isEmpty)
                #expect(try place.database.highestCallNumber() == 42)
                try place.database.write([record(43)])
                try place.database.write([record(43)])
                #expect(
                    try place.rows("SELECT trim(caller), cid, call_uuid, media FROM cc_cdrs ORDER BY id")
                        == ["old|41|NULL|1", "old|42|NULL|1", "alice|43|call43|1"]
                )
            }
        }
    }
}
