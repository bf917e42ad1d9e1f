import Patience
import Foundation
import Testing

/// What a real snmpd shows of a real daemon.
@Suite("SNMP", .staged)
struct SNMPTests {
    private func options(_ master: SNMPMaster, notify: String = "") -> Daemon.Options {
        var options = Daemon.Options()
        options.more = "snmp: {agentx_socket: \"\(master.agentX)\", notify: {\(notify)}}\n"
        return options
    }

    @Test("flows and agents are tables that people can read, and GETNEXT finds its way from anywhere")
    func tables() async throws {
        let master = try await SNMPMaster.start()
        let flow = "caf\u{E9}"
        let daemon = try await Daemon.start(
            flows: [
                .init(id: "sales", skill: "selling", priority: 7, queue: 9), .init(id: flow, skill: "x", queue: 9),
            ],
            agents: [
                .init(id: "anna", skills: "selling", port: 9),
                .init(id: "ben", skills: "x", port: 9, isLoggedIn: false),
            ],
            options: options(master)
        )
        try await master.hasSubagent()
        try await eventually("both agents", every: .milliseconds(100)) {
            try await master.walk("ccaId").count == 2 ? () : nil
        }

        let agents = try await master.ask("snmptable", ["-Ci", "-OU", "-Cf", "|"], "ccaTable").text
            .split(separator: "\n").map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
        let header = try #require(agents.first { $0.first == "index" })
        let anna = try #require(agents.first { $0.first?.contains("anna") == true })
        func cell(_ name: String) -> String? { header.firstIndex(of: name).map { anna[$0] } }
        #expect(cell("ccaId") == "anna")
        #expect(cell("ccaLoggedIn") == "yes")
        #expect(cell("ccaState") == "free")
        #expect(cell("ccaLocation") == "sip:anna@127.0.0.1:9")
        #expect(cell("ccaSkills") == "selling")
        #expect(cell("ccaDistIncalls") == "0")

        #expect(try await master.value("ccfPriority.'sales'") == "7")
        #expect(try await master.walk("ccfId").map(\.value) == [flow, "sales"])
        #expect(
            try await master.walk("ccaState").map { "\($0.name) \($0.value)" } == [
                "ccaState.'anna' 1", "ccaState.'ben' 0",
            ]
        )
        // One at a time, or many at once: the same rows in the same order.
        let single = try await master.ask("snmpwalk", ["-OQseU"], "ccaId").text
        #expect(single == "ccaId.'anna' = anna\nccaId.'ben' = ben\n")
        // Before everything, between objects, within an index, behind the last row of a column and the last column.
        let table = ".1.3.6.1.4.1.8072.9999.9999.5060"
        for (from, to) in [
            (table, "ccgBuild.0"), (table + ".1.1.1", "ccgBuild.0"), (table + ".1.1.1.0", "ccgStartTime.0"),
            (table + ".1.2", "ccfId.'caf??~"), (table + ".1.2.1.2.115", "ccfId.'sales'"),
            (table + ".1.3.1.2.97.110", "ccaId.'anna'"), (table + ".1.3.1.2.97.110.110.97", "ccaId.'ben'"),
            (table + ".1.3.1.2.99", "ccaLoggedIn.'anna'"),
        ] {
            let next = try await master.ask("snmpgetnext", ["-OQseU"], from).text
            #expect(next.hasPrefix(to), "after \(from): \(next)")
        }
        let last = try await master.ask("snmpgetnext", ["-OQseU"], table + ".1.3.1.9999").text
        #expect(!last.contains("cc"), "\(last)")
        #expect(try await master.ask("snmpget", ["-OQseU"], table + ".1.3.1.2.122").text.contains("No Such Instance"))
        #expect(try await master.ask("snmpget", ["-OQseU"], table + ".1.9.0").text.contains("No Such Object"))
        #expect(daemon.process.status == nil)
    }

    @Test("without flows and agents the tables are empty; with ten thousand agents each has its row, in order")
    func size() async throws {
        let master = try await SNMPMaster.start()
        let daemon = try await Daemon.start(flows: [], agents: [], options: options(master))
        try await master.hasSubagent()
        #expect(try await master.walk("ccaTable").map(\.name).filter { $0.hasPrefix("cca") && $0.contains(".") } == [])
        #expect(try await master.walk("ccgObjects").count > 50)
        #expect(try await master.value("ccgAgents.0") == "0")

        try await daemon.sql(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
            INSERT INTO cc_agents (agentid, location, logstate, skills)
            SELECT printf('agent%05d', i), 'sip:x@127.0.0.1:9', i % 2, 'selling' FROM n;
            """
        )
        #expect(try await daemon.ccctl("cc_reload").status == 0)
        try await eventually("all agents", every: .milliseconds(100)) {
            try await master.value("ccgAgents.0") == "10000" ? () : nil
        }
        let ids = try await master.walk("ccaId", ["-Cr100"]).map(\.value)
        #expect(ids.count == 10_000)
        #expect(ids == ids.sorted())

        // Half of them are removed while somebody walks: the walk goes on in order, and meets all who stay.
        async let walk = master.walk("ccaLoggedIn", ["-Cr20"])
        try await daemon.sql("DELETE FROM cc_agents WHERE id % 2 = 0")
        #expect(try await daemon.ccctl("cc_reload").status == 0)
        let met = try await walk.map(\.name)
        #expect(met == met.sorted())
        #expect(Set(met).count == met.count)
        let stay = Set((0..<5_000).map { "ccaLoggedIn.'agent" + String(format: "%05d", $0 * 2 + 1) + "'" })
        #expect(stay.isSubset(of: met))
        try await eventually("half of the agents", every: .milliseconds(100)) {
            try await master.value("ccgAgents.0") == "5000" ? () : nil
        }
        #expect(try await master.walk("ccaId", ["-Cr100"]).count == 5_000)
    }

    @Test("each notification comes once when something begins, and once when it is over")
    func notifications() async throws {
        let traps = try await TrapReceiver.start()
        let master = try await SNMPMaster.start(trapPort: traps.port)
        let centre = try await Centre.open(
            loggedIn: false,
            options: options(master, notify: "hold: 0, longest_wait: null, queue_length: 1, agent_states: true")
        )
        var expected = ["ccfNoAgents"]
        try await traps.receives(expected)
        #expect(
            traps.received.first?.objects == [
                "ccfId.'sales' = sales", "ccfLoggedAgents.'sales' = 0", "ccfQueuedCalls.'sales' = 0",
            ]
        )

        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.queue.audioPort, after: 6_000)),
            flows: ["sales", "sales"],
            to: centre.daemon.port
        )
        expected.append("ccfQueueTooLong")
        try await traps.receives(expected)
        #expect(traps.received.last?.objects.contains("ccgNotifiedBound.0 = 1") == true)
        try await callers.finish()
        expected.append("ccfQueueNormal")
        try await traps.receives(expected)

        #expect(try await centre.daemon.ccctl("cc_agent_login", "anna", "1").status == 0)
        expected += ["ccfAgentsAgain", "ccaStateChange"]
        try await traps.receives(expected)
        #expect(traps.received.last?.objects.contains("ccaState.'anna' = 1") == true)
        // Nothing more comes; the next change is the next notification.
        #expect(try await centre.daemon.ccctl("cc_agent_login", "anna", "0").status == 0)
        expected += ["ccfNoAgents", "ccaStateChange"]
        try await traps.receives(expected)
        try await eventually("the counter of notifications", every: .milliseconds(100)) {
            try await centre.daemon.metrics()["callcenter_snmp_notifications_sent_total"] == expected.count ? () : nil
        }
    }

    @Test("a wait over its bound is told, and its end")
    func waitBound() async throws {
        let traps = try await TrapReceiver.start()
        let master = try await SNMPMaster.start(trapPort: traps.port)
        let centre = try await Centre.open(
            loggedIn: false,
            options: options(master, notify: "hold: 600, flows: {sales: {longest_wait: 2}}")
        )
        try await master.hasSubagent()
        // A hold this long keeps everything back; a reload applies another one.
        #expect(traps.received.isEmpty)
        let file = centre.daemon.stage.path("callcenterd.yaml")
        let text = try String(contentsOfFile: file, encoding: .utf8).replacing("hold: 600", with: "hold: 0.5")
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        #expect(try await centre.daemon.ccctl("cc_reload").status == 0)
        try await traps.receives(["ccfNoAgents"])
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.queue.audioPort, after: 6_000)),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await traps.receives(["ccfNoAgents", "ccfWaitTooLong"])
        #expect(traps.received.last?.objects.contains("ccgNotifiedBound.0 = 2000") == true)
        try await callers.finish()
        try await traps.receives(["ccfNoAgents", "ccfWaitTooLong", "ccfWaitNormal"])
    }

    @Test("a daemon whose snmpd is away says so once, and finds it again whenever it comes")
    func reconnects() async throws {
        let stage = try Stage.here()
        var options = Daemon.Options()
        options.more = "snmp: {agentx_socket: \"\(SNMPMaster.agentXSocket(on: stage))\"}\n"
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: 9)],
            agents: [],
            options: options
        )
        try await eventually("several attempts", every: .milliseconds(100)) {
            try await daemon.metrics()["callcenter_snmp_connect_failures_total"].map { $0 >= 3 } == true ? () : nil
        }
        #expect(lines(of: daemon, with: "SNMP:").count == 1)

        var master = try await SNMPMaster.start()
        try await master.hasSubagent()
        #expect(try await master.walk("ccfId").map(\.value) == ["sales"])
        for _ in 0..<2 {
            await master.process.stop()
            master = try await SNMPMaster.start(insteadOf: master)
            try await master.hasSubagent()
            #expect(try await master.walk("ccfId").map(\.value) == ["sales"])
        }
        #expect(lines(of: daemon, with: "SNMP: subagent of").count == 3)
        #expect(lines(of: daemon, with: "looking for it again").count == 2)
        #expect(lines(of: daemon, with: "SNMP:").count == 6)
    }

    private func lines(of daemon: Daemon, with text: String) -> [Substring] {
        daemon.process.text.split(separator: "\n").filter { $0.contains(text) }
    }

    @Test("a snmpd that hangs from the start is counted, and told of once, and served when it goes on")
    func hangsAtFirst() async throws {
        let master = try await SNMPMaster.start()
        master.process.signal(SIGSTOP)
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: 9)],
            agents: [],
            options: options(master)
        )
        try await eventually("two attempts", every: .milliseconds(200)) {
            try await daemon.metrics()["callcenter_snmp_connect_failures_total"].map { $0 >= 2 } == true ? () : nil
        }
        #expect(try await daemon.metrics()["callcenter_snmp_connected"] == 0)
        #expect(lines(of: daemon, with: "SNMP:").count == 1)
        #expect(lines(of: daemon, with: "the master agent does not answer").count == 1)
        master.process.signal(SIGCONT)
        try await master.hasSubagent()
        #expect(try await master.walk("ccfId").map(\.value) == ["sales"])
    }

    @Test("a snmpd that hangs has no effect on calls, nor on the end of the daemon, and is served when it goes on")
    func hangs() async throws {
        let master = try await SNMPMaster.start()
        let centre = try await Centre.open(agent: .answers(ring: 100, talk: 500), options: options(master))
        try await master.hasSubagent()
        master.process.signal(SIGSTOP)
        let callers = try Sipp.callers(
            "caller",
            .init(end: .stay),
            flows: ["sales", "sales"],
            to: centre.daemon.port,
            rate: 1
        )
        try await callers.finish()
        let metrics = try await centre.daemon.metrics()
        #expect(metrics["callcenter_answered_calls_total"] == 2)
        master.process.signal(SIGCONT)
        try await eventually("answers", every: .milliseconds(100)) {
            try await master.value("ccgAnsweredIncalls.0") == "2" ? () : nil
        }
        master.process.signal(SIGSTOP)
        centre.daemon.process.signal(SIGTERM)
        #expect(try await centre.daemon.process.ended() == 0)
        master.process.signal(SIGCONT)
    }
}
