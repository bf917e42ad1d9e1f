import Foundation
import SIP
import Settings
import Testing

@Suite("A configuration file becomes one validated value")
struct ConfigurationTests {
    @Test(
        "an empty file, empty sections and comments mean the defaults",
        arguments: ["", "# x\n", "---\n", "sip:\nroutes:\n"]
    )
    func defaults(yaml: String) throws {
        #expect(try parse(yaml) == Configuration())
    }

    @Test("an empty file on the disk means the defaults")
    func emptyFile() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("empty.yaml")
            try Data().write(to: file)
            #expect(try Configuration.load(file: file.path, checks: checks) == Configuration())
        }
    }

    @Test("the shipped file says the defaults, and every key that has an effect")
    func shippedFile() throws {
        let file = repository.appendingPathComponent("packaging/callcenterd.yaml").path
        #expect(try Configuration.load(file: file, checks: checks) == Configuration())
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
        for line in Configuration.describe().split(separator: "\n") {
            let path = line.prefix { $0 != " " }
            let name = path.split(separator: ".").last ?? path
            #expect(lines.contains { $0.hasPrefix("\(name):") }, "\(path) is missing")
        }
    }

    @Test("every key is taken")
    func full() throws {
        let configuration = try parse(Self.full)
        var expected = Configuration()
        expected.databaseURL = "sqlite:/a.db"
        expected.recordsDatabaseURL = "sqlite:/b.db"
        expected.runtimeDatabaseURL = "postgres://c/db"
        expected.instance = "main"
        expected.recordRetentionDays = 90
        expected.wrapupTime = 0
        expected.rejectsOnNoAgents = false
        expected.dispatchesInternally = false
        expected.queuePositionParameter = "position"
        expected.queueWaitParameter = "wait"
        expected.callerMask = 4
        expected.agentRingTimeout = 1_500
        expected.reofferDelay = 6_000
        expected.maxNoAnswer = 0
        expected.mediaAnswerTimeout = 7_000
        expected.welcomeMax = 60_000
        expected.maxWait = 1_001
        expected.handOverTimeout = 9_000
        expected.maxCallDuration = 604_800_000
        expected.serviceLevelThreshold = 10_000
        expected.stateDirectory = "/s"
        expected.scenarioDirectory = "/nowhere"
        expected.sip.listen = [
            Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5060),
            Endpoint(address: IPAddress(high: 0x2001_0DB8_0000_0000, low: 1), port: 5070),
            Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5060, transport: .tcp),
        ]
        expected.sip.maxConnections = 9
        expected.sip.outboundProxy = URI("sip:proxy.example.com;lr")
        expected.sip.nameservers = [
            Endpoint(address: IPAddress(v4: 0xC000_0235), port: 53),
            Endpoint(address: IPAddress(high: 0, low: 1), port: 5353),
        ]
        expected.sip.maxLoopDelay = 0
        expected.sip.maxRequestRate = 20
        expected.sip.connectionIdleTimeout = 5_000
        expected.sip.tls.certificate = "/sc"
        expected.sip.tls.privateKey = "/sk"
        expected.sip.tls.trustRoots = "/r"
        expected.sip.tls.verifiesServers = false
        expected.sip.tls.verifiesClients = true
        expected.sip.advertisedAddress = IPAddress(v4: 0xC633_6401)
        expected.sip.trusted = [IPNetwork("10.0.0.0/8"), IPNetwork("2001:db8::/32"), IPNetwork("192.0.2.7")]
            .compactMap { $0 }
        expected.sip.untrusted = .drop
        expected.sip.realm = "centre"
        expected.sip.users = [.init(username: "branch", password: "s:1")]
        expected.sip.credentials = [
            .init(realm: "pbx", username: "queue", password: "x"), .init(username: "q", password: "7"),
        ]
        expected.sip.sessionExpires = 600
        expected.sip.keepAlive = 0
        expected.sip.maxCalls = 7
        expected.routes = [
            RouteRule(pattern: "sip:help@*", flow: "support"),
            RouteRule(pattern: "sip:{flow}@pbx", flow: nil),
            RouteRule(subject: .to, pattern: "sip:{flow}@*", flow: nil),
            RouteRule(subject: .from, pattern: "*vip*", flow: "gold"),
            RouteRule(subject: .header("X-Queue"), pattern: "{flow}", flow: nil),
            RouteRule(pattern: "sip:login@*", flow: nil, agentLogin: .on),
        ]
        expected.handleCallStatus.noFlowID = .status(484)
        expected.handleCallStatus.noAgents = .status(603)
        expected.handleCallStatus.unknownFlow = try .bridge(#require(URI("sip:voicemail@192.0.2.9")))
        expected.handleCallStatus.internalError = try .redirect(#require(URI("sip:other@192.0.2.9;lr")))
        expected.httpListen = Endpoint(address: IPAddress(high: 0, low: 1), port: 80, transport: .tcp)
        expected.servesHTTPCommands = true
        expected.httpTokenFile = "/t"
        expected.protectsMetrics = true
        expected.httpCertificate = "/c"
        expected.httpKey = "/k"
        expected.managementSocket = "/m"
        expected.managementFIFO = "/f"
        expected.snmp.isEnabled = false
        expected.snmp.agentXSocket = "tcp:127.0.0.1:705"
        expected.snmp.notify.longestWait = nil
        expected.snmp.notify.queueLength = 5
        expected.snmp.notify.backlog = 7
        expected.snmp.notify.flows = ["support": .init(longestWait: 1_500), "sales": .init(queueLength: 3)]
        expected.snmp.notify.hysteresis = 0
        expected.snmp.notify.hold = 0
        expected.snmp.notify.perMinute = 1
        expected.snmp.notify.tellsAgentStates = true
        expected.logLevel = .debug
        #expect(configuration == expected)
    }

    static let full = """
        db_url: sqlite:/a.db
        acc_db_url: "sqlite:/b.db"
        rt_db_url: postgres://c/db
        instance: main
        cdr_retention_days: 90
        b2b_scenario: call center
        wrapup_time: 0
        reject_on_no_agents: false
        queue_pos_param: position
        queue_wait_param: wait
        internal_call_dispatching: false
        caller_mask: 4
        agent_ring_timeout: 1.5
        reoffer_delay: 6
        max_no_answer: 0
        media_answer_timeout: 7
        welcome_max: 60.0
        max_wait: 1.001
        hand_over_timeout: 9
        max_call_duration: 604800
        service_level_threshold: 10
        state_directory: /s
        scenario_directory: /nowhere
        sip:
          listen: ["udp:192.0.2.1:5060", "udp:[2001:db8::1]:5070", "tcp:192.0.2.1:5060"]
          max_connections: 9
          outbound_proxy: "sip:proxy.example.com"
          nameservers: ["192.0.2.53", "[::1]:5353"]
          max_loop_delay: 0
          max_request_rate: 20
          connection_idle_timeout: 5
          tls: {certificate: /sc, private_key: /sk, trust_roots: /r, verify_servers: false, verify_clients: true}
          advertised_address: 198.51.100.1
          trusted: [10.0.0.0/8, "2001:db8::/32", 192.0.2.7]
          untrusted: drop
          realm: centre
          users: [{username: branch, password: "s:1"}]
          credentials: [{realm: pbx, username: queue, password: x}, {username: q, password: "7"}]
          session_expires: 600
          keepalive: 0
          max_calls: 7
        routes:
          - {match: "sip:help@*", flow: support}
          - {uri: "sip:{flow}@pbx", flow: "{flow}"}
          - {to: "sip:{flow}@*"}
          - {from: "*vip*", flow: gold}
          - {header: X-Queue, match: "{flow}"}
          - {match: "sip:login@*", agent_login: on}
        handle_call_status: {-1: 484, -3: "sip:voicemail@192.0.2.9", -4: 603, -5: "302 sip:other@192.0.2.9;lr"}
        http: {listen: "[::1]:80", mi: true, token_file: /t, metrics_token: true, tls_certificate: /c, tls_key: /k}
        mi: {socket: /m, fifo: /f}
        snmp:
          enabled: false
          agentx_socket: tcp:127.0.0.1:705
          notify:
            longest_wait: null
            queue_length: 5
            backlog: 7
            flows: {support: {longest_wait: 1.5}, sales: {queue_length: 3}}
            hysteresis: 0
            hold: 0
            per_minute: 1
            agent_states: true
        log: {level: debug}
        """

    @Test("every change is found, and those that need a restart are named")
    func changes() throws {
        let changed = try parse(Self.full)
        let all = Configuration.describe().split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        // There is only one scenario so far.
        let changeable = all.filter { $0.first != "b2b_scenario" }
        #expect(changed.changes(comparedTo: Configuration()) == changeable.compactMap(\.first))
        #expect(
            changed.changesNeedingRestart(comparedTo: Configuration()) == [
                "db_url", "acc_db_url", "rt_db_url", "instance", "state_directory", "sip.listen",
                "sip.advertised_address",
                "sip.outbound_proxy", "sip.nameservers",
                "sip.max_connections", "sip.connection_idle_timeout", "http.listen", "http.mi", "http.token_file",
                "http.metrics_token", "http.tls_certificate", "http.tls_key", "mi.socket", "mi.fifo", "snmp.enabled",
                "snmp.agentx_socket",
            ]
        )
        #expect(changed.changes(comparedTo: changed).isEmpty)
    }

    @Test("a change that a reload applies needs no restart")
    func reload() throws {
        let changed = try parse("wrapup_time: 5\nsip: {trusted: []}")
        #expect(changed.changes(comparedTo: Configuration()) == ["wrapup_time", "sip.trusted"])
        #expect(changed.changesNeedingRestart(comparedTo: Configuration()).isEmpty)
    }

    @Test("the description says for each key what applies it")
    func description() {
        let lines = Configuration.describe().split(separator: "\n")
        let words = lines.map { $0.split(separator: " ").map(String.init) }
        #expect(words.first == ["db_url", "restart"])
        #expect(words.contains(["wrapup_time", "reload"]))
        #expect(!lines.contains { $0.hasSuffix("later") })
    }

    @Test(
        "a switch may be written in all ways that YAML 1.1 has",
        arguments: [
            ("true", true), ("True", true), ("yes", true), ("YES", true), ("on", true), ("false", false), ("no", false),
            ("Off", false),
        ]
    )
    func readsSwitches(text: String, value: Bool) throws {
        let configuration = try parse("reject_on_no_agents: \(text)\nsnmp: {enabled: \(text)}\n")
        #expect(configuration.rejectsOnNoAgents == value)
        #expect(configuration.snmp.isEnabled == value)
    }
}
