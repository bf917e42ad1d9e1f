import CallCenter
import GRDB
import Store
import Testing

@Suite("Provisioning rows")
struct ProvisioningTests {
    /// The provisioning of a fresh file into which some rows were put.
    private func load(_ sql: String) async throws -> Provisioning {
        try await withFolder { folder in
            let database = try SQLiteDatabase(path: folder + "/c.db")
            try database.migrate()
            // Tables without constraints, as somebody may have made them.
            try await shell(folder + "/c.db").write { try $0.execute(sql: sql) }
            return try database.loadProvisioning()
        }
    }

    @Test("rows come in the order of their IDs, and numbers that are text count")
    func order() async throws {
        let provisioning = try await load(
            """
            DROP TABLE cc_flows;
            CREATE TABLE cc_flows (flowid, skill, message_queue, priority);
            INSERT INTO cc_flows VALUES ('b', ' s ', 'sip:q@m', ' 7 '), ('a', 's', 'sip:q@m', NULL), ('c', 's', 'sip:q@m', '');
            """
        )
        #expect(provisioning.flows.map(\.id) == ["a", "b", "c"])
        #expect(provisioning.flows.map(\.priority) == [256, 7, 256])
        #expect(provisioning.flows.map(\.skill) == ["s", "s", "s"])
    }

    static let badFlows: [(String, String)] = [
        ("skill = ''", "skill: is empty; expected the skill that agents of this flow have"),
        ("message_queue = ' '", "message_queue: is empty; expected a SIP URI such as sip:name@192.0.2.1:5060"),
        (
            "message_queue = 'sip:'",
            "message_queue: \"sip:\" is no SIP URI: at byte 4: expected a host name or an address"
        ),
        (
            "message_welcome = 'tel:123'",
            "message_welcome: \"tel:123\" is not usable; expected a SIP URI such as sip:name@192.0.2.1:5060"
        ),
        ("prependcid = 'a' || char(13) || 'b'", "prependcid: holds a control character; expected printable text"),
        ("priority = 'high'", "priority: \"high\" is not usable; expected a whole number from 0 to 2147483647"),
        ("priority = -1", "priority: -1 is not usable; expected a whole number from 0 to 2147483647"),
        ("priority = 1.5", "priority: 1.5 is not usable; expected a whole number from 0 to 2147483647"),
        (
            "max_wait = 9223372036854775807",
            "max_wait: 9223372036854775807 is not usable; expected a whole number from 0 to 2147483647"
        ),
        ("max_wait = x'00'", "max_wait: a BLOB is not usable; expected a whole number from 0 to 2147483647"),
        ("dissuading_hangup = 2", "dissuading_hangup: 2 is not usable; expected 0 or 1"),
        ("on_no_agents = 'drop'", "on_no_agents: \"drop\" is not usable; expected keep or overflow"),
        (
            "on_no_agents = 'overflow'",
            "on_no_agents: is overflow, but overflow_uri is empty; expected a flow ID or SIP URI there"
        ),
        ("skill = x'00'", "skill: a BLOB is not usable; expected text"),
    ]

    @Test(
        "a flow that cannot be used is named with column, value and what was expected; others serve",
        arguments: badFlows
    )
    func badFlow(change: String, reason: String) async throws {
        let provisioning = try await load(
            """
            INSERT INTO cc_flows (flowid, skill, message_queue)
            VALUES ('bad', 's', 'sip:q@m'), ('good', 's', 'sip:q@m');
            UPDATE cc_flows SET \(change) WHERE flowid = 'bad';
            """
        )
        #expect(provisioning.flows.map(\.id) == ["good"])
        #expect(provisioning.refused == [.init(table: "cc_flows", id: "bad", reason: reason)])
    }

    static let badAgents: [(String, String, String)] = [
        ("ann", "location = ''", "location: is empty; expected a SIP URI such as sip:name@192.0.2.1:5060"),
        ("ann", "logstate = 3", "logstate: 3 is not usable; expected 0 or 1"),
        ("ann", "wrapup_time = -5", "wrapup_time: -5 is not usable; expected a whole number from 0 to 2147483647"),
        ("", "agentid = ''", "agentid: is empty; expected a unique ID"),
    ]

    @Test("so is an agent", arguments: badAgents)
    func badAgent(id: String, change: String, reason: String) async throws {
        let provisioning = try await load(
            """
            INSERT INTO cc_agents (agentid, location) VALUES ('ann', 'sip:ann@h'), ('bob', 'sip:bob@h');
            UPDATE cc_agents SET \(change) WHERE agentid = 'ann';
            """
        )
        #expect(provisioning.agents.map(\.id) == ["bob"])
        #expect(provisioning.refused == [.init(table: "cc_agents", id: id, reason: reason)])
    }

    @Test("an ID that only means the same as another row's does not take its place, though it comes first by name")
    func blanks() async throws {
        let provisioning = try await load(
            """
            DROP TABLE cc_flows;
            CREATE TABLE cc_flows (flowid, skill, message_queue);
            INSERT INTO cc_flows VALUES (' f_ok', 'wrong', 'sip:q@m'), (' lone', 's', 'sip:q@m'), ('f_ok', 'right', 'sip:q@m');
            """
        )
        #expect(provisioning.flows.map(\.id) == ["f_ok", "lone"])
        #expect(provisioning.flows.map(\.skill) == ["right", "s"])
        let reason = "flowid: is a duplicate of an earlier row; expected a unique ID"
        #expect(provisioning.refused == [.init(table: "cc_flows", id: "f_ok", reason: reason)])
    }

    @Test("skills that are the text of an array are refused, and not read as names with brackets")
    func arrayAsText() async throws {
        let provisioning = try await load(
            """
            INSERT INTO cc_agents (agentid, location, skills) VALUES ('ann', 'sip:ann@h', '{help,x}'),
                ('bob', 'sip:bob@h', '{help'), ('eve', 'sip:eve@h', 'help,x}');
            """
        )
        #expect(provisioning.agents.map(\.id) == ["bob", "eve"])
        let reason = "skills: \"{help,x}\" is not usable; expected names separated by commas, or an array of texts"
        #expect(provisioning.refused == [.init(table: "cc_agents", id: "ann", reason: reason)])
    }

    @Test("an ID that is there twice serves once; one that is too long does not")
    func identities() async throws {
        let long = String(repeating: "x", count: 129)
        let provisioning = try await load(
            """
            DROP TABLE cc_agents;
            CREATE TABLE cc_agents (agentid, location, skills);
            INSERT INTO cc_agents VALUES ('ann', 'sip:1@h', ''), ('ann ', 'sip:2@h', ''), ('Ann', 'sip:3@h', ''),
                ('\(long)', 'sip:4@h', '');
            """
        )
        #expect(provisioning.agents.map(\.location) == ["sip:3@h", "sip:1@h"])
        #expect(
            provisioning.refused.map(\.reason) == [
                "agentid: is a duplicate of an earlier row; expected a unique ID",
                "agentid: has 129 bytes; expected at most 128",
            ]
        )
    }
}
