import Foundation
import Settings
import Testing

@Suite("What is wrong with a configuration file is said with file, line, key and what was expected")
struct ConfigurationProblemTests {
    struct Bad: CustomTestStringConvertible {
        let yaml: String
        let problems: [String]

        init(_ yaml: String, _ problems: String...) {
            self.yaml = yaml
            self.problems = problems
        }

        var testDescription: String { yaml.replacingOccurrences(of: "\n", with: "⏎") }
    }

    static let keys: [Bad] = [
        Bad("wrapup_tme: 3", "c.yaml:1: wrapup_tme: is not a known key; did you mean wrapup_time?"),
        Bad("Wrapup_Time: 3", "c.yaml:1: Wrapup_Time: is not a known key; did you mean wrapup_time?"),
        Bad("sip:\n  lisetn: []", "c.yaml:2: sip.lisetn: is not a known key; did you mean listen?"),
        Bad("trusted: []", "c.yaml:1: trusted: is not a known key; did you mean sip.trusted?"),
        Bad("log: {file: /x}", "c.yaml:1: log.file: is not a known key; expected one of level"),
        Bad("snmp: {enabled: perhaps}", "c.yaml:1: snmp.enabled: \"perhaps\" is not a switch; expected true or false"),
        Bad(
            "snmp: {agentx_socket: /run/agentx}",
            "c.yaml:1: snmp.agentx_socket: \"/run/agentx\" is not an AgentX socket; "
                + "expected unix:/run/agentx/master or tcp:127.0.0.1:705"
        ),
        Bad(
            "snmp: {notify: {queue: 3}}",
            "c.yaml:1: snmp.notify.queue: is not a known key; expected one of longest_wait, queue_length, flows, "
                + "backlog, hysteresis, hold, per_minute, agent_states"
        ),
        Bad(
            "snmp: {notify: {flows: {sales: {queue_length: none}}}}",
            "c.yaml:1: snmp.notify.flows.sales.queue_length: \"none\" is not a whole number; "
                + "expected a whole number from 1 to 1000000"
        ),
        Bad(
            "sip: {users: [{username: a}], credentials: [{username: 'a:b', password: secret}]}",
            "c.yaml:1: sip.users[0]: has no username or no password; expected {username: NAME, password: PASSWORD}",
            "c.yaml:1: sip.credentials[0]: has a username that cannot be used; expected no ':' and no control characters in it"
        ),
        Bad(
            "sip: {keepalive: 0.5, session_expires: 89}",
            "c.yaml:1: sip.keepalive: 0.5 is out of range; expected seconds from 1 to 86400, or 0 for never",
            "c.yaml:1: sip.session_expires: 89 is out of range; expected a whole number from 90 to 86400, or 0 for none"
        ),
        Bad(
            "scenario_directory: here",
            "c.yaml:1: scenario_directory: \"here\" is not a path; "
                + "expected an absolute path of at most 4095 bytes such as /usr/share/callcenterd/scenarios"
        ),
        Bad("? [a]\n: 1", "c.yaml:1: \(unnamedKey)"),
    ]
    static let unnamedKey =
        "is not a known key; expected one of db_url, acc_db_url, rt_db_url, instance, cdr_retention_days, b2b_scenario, "
        + "wrapup_time, reject_on_no_agents, queue_pos_param, queue_wait_param, internal_call_dispatching, caller_mask, "
        + "agent_ring_timeout, "
        + "reoffer_delay, max_no_answer, "
        + "media_answer_timeout, welcome_max, max_wait, hand_over_timeout, max_call_duration, "
        + "service_level_threshold, state_directory, scenario_directory, sip, routes, handle_call_status, http, mi, snmp, log"

    static let values: [Bad] = [
        Bad(
            "wrapup_time: soon",
            "c.yaml:1: wrapup_time: \"soon\" is not a duration; "
                + "expected seconds from 0 to 86400, such as 30 or 0.5"
        ),
        Bad(
            "wrapup_time: -1",
            "c.yaml:1: wrapup_time: -1 is out of range; "
                + "expected seconds from 0 to 86400, such as 30 or 0.5"
        ),
        Bad(
            "agent_ring_timeout: 0",
            "c.yaml:1: agent_ring_timeout: 0 is out of range; "
                + "expected seconds from 0.1 to 86400, such as 30 or 0.5"
        ),
        Bad(
            "max_wait: 604801",
            "c.yaml:1: max_wait: 604801 is out of range; "
                + "expected seconds from 0.1 to 604800, such as 30 or 0.5"
        ),
        Bad(
            "max_wait: 99999999999999999999",
            "c.yaml:1: max_wait: 99999999999999999999 is out of range; "
                + "expected seconds from 0.1 to 604800, such as 30 or 0.5"
        ),
        Bad(
            "welcome_max: 1.2345",
            "c.yaml:1: welcome_max: \"1.2345\" is not a duration; "
                + "expected seconds from 0.1 to 86400, such as 30 or 0.5"
        ),
        Bad(
            "reoffer_delay:",
            "c.yaml:1: reoffer_delay: nothing is not a duration; "
                + "expected seconds from 0 to 86400, such as 30 or 0.5"
        ),
        Bad(
            "reoffer_delay: [1]",
            "c.yaml:1: reoffer_delay: a list is not a duration; "
                + "expected seconds from 0 to 86400, such as 30 or 0.5"
        ),
        Bad(
            "max_no_answer: 1.5",
            "c.yaml:1: max_no_answer: \"1.5\" is not a whole number; expected a whole number from 0 to 1000"
        ),
        Bad(
            "reject_on_no_agents: maybe",
            "c.yaml:1: reject_on_no_agents: \"maybe\" is not a switch; expected true or false"
        ),
        Bad(
            "b2b_scenario: chat",
            "c.yaml:1: b2b_scenario: \"chat\" is not a known scenario; expected one of: call center"
        ),
        Bad(
            "queue_pos_param: a=b",
            "c.yaml:1: queue_pos_param: \"a=b\" is not a parameter name; "
                + "expected letters, digits and -.!%*_+`'~, such as position"
        ),
        Bad(
            "state_directory: state",
            "c.yaml:1: state_directory: \"state\" is not a path; "
                + "expected an absolute path of at most 4095 bytes such as /var/lib/callcenterd"
        ),
        Bad("db_url: mysql://me:secret@host/db", "c.yaml:1: db_url: is no database address; expected sqlite:/path"),
        Bad("acc_db_url: secret", "c.yaml:1: acc_db_url: is no database address; expected sqlite:/path"),
        Bad(
            "instance: main",
            "c.yaml:1: instance: needs a server; expected rt_db_url: postgres://user@host/database"
        ),
        Bad(
            "instance: two words",
            "c.yaml:1: instance: \"two words\" is not the name of an instance; "
                + "expected letters, digits and -.!%*_+`'~, such as main"
        ),
        Bad("db_url: null", "c.yaml:1: db_url: is no database address; expected sqlite:/path"),
        Bad(
            "log: {level: loud}",
            "c.yaml:1: log.level: \"loud\" is not a log level; "
                + "expected trace, debug, info, notice, warning, error or critical"
        ),
        Bad("log: info", "c.yaml:1: log: \"info\" is not a section; expected keys with values"),
        Bad("[1, 2]", "c.yaml:1: a list is not a section; expected keys with values"),
    ]

    static let network: [Bad] = [
        Bad(
            "sip:\n  trusted:\n    - 10.0.0.0/8\n    - 10.0.0.0/99",
            "c.yaml:4: sip.trusted[1]: \"10.0.0.0/99\" is not an address block; expected CIDR such as 10.0.0.0/8"
        ),
        Bad(
            "sip: {trusted: 10.0.0.0/8}",
            "c.yaml:1: sip.trusted: \"10.0.0.0/8\" is not a list; expected a list of address blocks such as 10.0.0.0/8"
        ),
        Bad(
            "sip: {listen: [\"sctp:0.0.0.0:5060\"]}",
            "c.yaml:1: sip.listen[0]: \"sctp:0.0.0.0:5060\" is not a listening address; "
                + "expected TRANSPORT:ADDRESS:PORT such as udp:192.0.2.1:5060 or tls:192.0.2.1:5061"
        ),
        Bad(
            "sip: {listen: [\"tls:0.0.0.0:5061\"]}",
            "c.yaml:1: sip.listen: has tls: without a certificate; expected sip.tls.certificate beside it"
        ),
        Bad(
            "sip: {tls: {certificate: /c}}",
            "c.yaml:1: sip.tls.certificate: needs sip.tls.private_key beside it; expected both or none"
        ),
        Bad(
            "sip: {tls: {trust_roots: roots}}",
            "c.yaml:1: sip.tls.trust_roots: \"roots\" is not a path; "
                + "expected an absolute path of at most 4095 bytes such as /etc/ssl/certs"
        ),
        Bad(
            "sip: {listen: [\"udp:localhost:5060\"]}",
            "c.yaml:1: sip.listen[0]: \"udp:localhost:5060\" is not a listening address; "
                + "expected TRANSPORT:ADDRESS:PORT such as udp:192.0.2.1:5060 or tls:192.0.2.1:5061"
        ),
        Bad(
            "sip: {listen: [\"udp:2001:db8::1:5060\"]}",
            "c.yaml:1: sip.listen[0]: \"udp:2001:db8::1:5060\" is not a listening address; "
                + "expected TRANSPORT:ADDRESS:PORT such as udp:192.0.2.1:5060 or tls:192.0.2.1:5061"
        ),
        Bad(
            "sip: {listen: [\"udp:127.0.0.1:5060\", \"udp:127.0.0.1:5060\"]}",
            "c.yaml:1: sip.listen: udp:127.0.0.1:5060 is there more than once; expected each address once"
        ),
        Bad(
            "sip: {outbound_proxy: \"http://proxy\"}",
            "c.yaml:1: sip.outbound_proxy: \"http://proxy\" is not a proxy; "
                + "expected a SIP URI such as sip:proxy.example.com;lr"
        ),
        Bad(
            "sip: {nameservers: [dns.example.com]}",
            "c.yaml:1: sip.nameservers[0]: \"dns.example.com\" is not a name server; expected ADDRESS or ADDRESS:PORT"
        ),
        Bad("sip: {listen: []}", "c.yaml:1: sip.listen: has 0 addresses; expected 1 to 16"),
        Bad(
            "sip: {advertised_address: 0.0.0.0}",
            "c.yaml:1: sip.advertised_address: \"0.0.0.0\" is not an address; expected an IP address such as 192.0.2.10"
        ),
        Bad(
            "sip: {untrusted: ignore}",
            "c.yaml:1: sip.untrusted: \"ignore\" is not a policy; expected reject, drop or challenge"
        ),
        Bad(
            "sip: {max_calls: 0}",
            "c.yaml:1: sip.max_calls: 0 is out of range; expected a whole number from 1 to 1000000"
        ),
        Bad(
            "http: {mi: true}",
            "c.yaml:1: http.mi: needs tokens; expected http.token_file beside it"
        ),
        Bad(
            "http: {metrics_token: true, token_file: null}",
            "c.yaml:1: http.metrics_token: needs tokens; expected http.token_file beside it"
        ),
        Bad(
            "http: {tls_certificate: /c}",
            "c.yaml:1: http.tls_certificate: needs http.tls_key beside it; expected both or none"
        ),
        Bad(
            "http: {tls_key: /k, tls_certificate: null}",
            "c.yaml:1: http.tls_key: needs http.tls_certificate beside it; expected both or none"
        ),
        Bad(
            "mi: {fifo: fifo}",
            "c.yaml:1: mi.fifo: \"fifo\" is not a path; expected an absolute path of at most 4095 bytes such as "
                + "/run/callcenterd/mi.fifo"
        ),
        Bad(
            "http: {listen: \":9506\"}",
            "c.yaml:1: http.listen: \":9506\" is not an address and port; expected ADDRESS:PORT such as 127.0.0.1:9506"
        ),
        Bad(
            "http: {listen: \"127.0.0.1:70000\"}",
            "c.yaml:1: http.listen: \"127.0.0.1:70000\" is not an address and port; "
                + "expected ADDRESS:PORT such as 127.0.0.1:9506"
        ),
        Bad(
            "mi: {socket: /\(String(repeating: "x", count: 107))}",
            "c.yaml:1: mi.socket: \"/\(String(repeating: "x", count: 79))\" is not a path; "
                + "expected an absolute path of at most 107 bytes such as /run/callcenterd/mi.sock"
        ),
    ]

    static let shape =
        "expected {match: PATTERN, flow: FLOW}, with uri:, to: or from: in place of match:, "
        + "or with header: NAME beside it, or with agent_login: in place of flow:"

    static let routes: [Bad] = [
        Bad("routes: [help]", "c.yaml:1: routes[0]: \"help\" is not a route; \(shape)"),
        Bad("routes: [{flow: a}]", "c.yaml:1: routes[0]: has no pattern; \(shape)"),
        Bad("routes: [{match: a, to: b, flow: a}]", "c.yaml:1: routes[0]: has several patterns; \(shape)"),
        Bad(
            "routes:\n  - {match: \"{flow}\"}\n  - {match: a}",
            "c.yaml:3: routes[1]: has no flow; expected flow: FLOW, or {flow} in the pattern"
        ),
        Bad(
            "routes: [{match: \"a**\", flow: b}]",
            "c.yaml:1: routes[0].match: \"a**\": two wildcards side by side cannot be told apart"
        ),
        Bad(
            "routes: [{match: a, flow: \"{flow}\"}]",
            "c.yaml:1: routes[0].flow: \"{flow}\" is not in the pattern; expected it there, or a flow ID here"
        ),
        Bad(
            "routes: [{match: \"{flow}\", flow: a}]",
            "c.yaml:1: routes[0].flow: \"a\" beside a pattern with {flow}; expected one or the other"
        ),
        Bad(
            "routes: [{header: X-Q, to: a, flow: a}]",
            "c.yaml:1: routes[0].header: cannot stand beside to:; expected header: NAME with match: PATTERN"
        ),
        Bad(
            "routes: [{header: \"X Q\", match: a, flow: a}]",
            "c.yaml:1: routes[0].header: \"X Q\" is not a header name; "
                + "expected letters, digits and -.!%*_+`'~, such as X-Queue"
        ),
        Bad(
            "routes: [{match: a, flow: a, agent_login: on}]",
            "c.yaml:1: routes[0].flow: cannot stand beside agent_login:; a call of that route enters no flow"
        ),
        Bad(
            "routes: [{match: a, agent_login: maybe}]",
            "c.yaml:1: routes[0].agent_login: \"maybe\" is not what becomes of the agent; expected on, off or toggle"
        ),
        Bad(
            "routes: [{mach: a, flow: a, match: b}]",
            "c.yaml:1: routes[0].mach: is not a known key; did you mean match?"
        ),
        Bad(
            "handle_call_status: {-1: voicemail, -2: 302 tel:1, -3: 200}",
            "c.yaml:1: handle_call_status.-1: \"voicemail\" is not an answer to a caller; expected a status from 400 to 699, "
                + "a SIP URI such as sip:voicemail@192.0.2.9, or \"302 URI\"",
            "c.yaml:1: handle_call_status.-2: \"302 tel:1\" is not an answer to a caller; expected a status from 400 to 699, "
                + "a SIP URI such as sip:voicemail@192.0.2.9, or \"302 URI\"",
            "c.yaml:1: handle_call_status.-3: \"200\" is not an answer to a caller; expected a status from 400 to 699, "
                + "a SIP URI such as sip:voicemail@192.0.2.9, or \"302 URI\""
        ),
        Bad(
            "handle_call_status: {-66: 404}",
            "c.yaml:1: handle_call_status.-66: is not a known key; expected one of -1, -2, -3, -4, -5"
        ),
    ]

    static let syntax: [Bad] = [
        Bad(
            "a: [1\nb: 2",
            "c.yaml:2: is not YAML: while parsing a flow sequence, did not find expected ',' or ']'"
        ),
        Bad(
            "max_wait: 5\n\tlog: 1",
            "c.yaml:2: is not YAML: while scanning a plain scalar, found a tab character that violates indentation"
        ),
        Bad(
            "sip:\n\tkeepalive: 5",
            "c.yaml:2: is not YAML: while scanning for the next token, found character that cannot start any token; "
                + "it is a tab, expected spaces"
        ),
        Bad(
            "sip:\n  keepalive: @5",
            "c.yaml:2: is not YAML: while scanning for the next token, found character that cannot start any token"
        ),
        Bad(
            "wrapup_time: 1\nmax_wait: 2\nwrapup_time: 3",
            "c.yaml:1: wrapup_time: is there more than once; expected each key once"
        ),
        Bad("max_wait: 5\nlog: {level: \u{1}}", "c.yaml:2: is not YAML: control characters are not allowed"),
        Bad(
            "max_wait: 5\n---\nmax_wait: 6",
            "c.yaml:2: is not YAML: expected a single document in the stream, but found another document"
        ),
    ]

    @Test("each has its message", arguments: [keys, values, network, routes, syntax].flatMap { $0 })
    func message(bad: Bad) {
        #expect(problems(bad.yaml) == bad.problems)
    }

    @Test("all problems of a file are reported, in the order of its lines")
    func allOfThem() {
        let yaml = """
            log:
              level: loud
            sip:
              max_calls: many
            wrapup_time: x
            routes:
              - {flow: a}
            """
        let places = problems(yaml).compactMap { $0.split(separator: ":").dropFirst().first }
        #expect(places == ["2", "4", "5", "7"])
    }

    @Test("the column is known too")
    func column() throws {
        let error = try #require(throws: ConfigurationError.self) { try parse("sip: {max_calls: x}") }
        #expect(error.problems.first?.line == 1)
        #expect(error.problems.first?.column == 18)
        #expect(error.problems.first?.key == "sip.max_calls")
    }

    @Test("a missing file, a folder and a file that is no text are refused by name")
    func files() throws {
        try withTemporaryFolder { folder in
            func problem(_ file: String) -> String {
                do throws(ConfigurationError) {
                    _ = try Configuration.load(file: file, checks: checks)
                    return "none"
                } catch {
                    return error.description
                }
            }
            let missing = folder.path + "/none.yaml"
            #expect(problem(missing) == "\(missing): cannot be read: No such file or directory")
            #expect(problem(folder.path) == "\(folder.path): cannot be read; expected a file")
            let binary = folder.appendingPathComponent("b.yaml")
            try Data([0x61, 0x3A, 0x20, 0xFF]).write(to: binary)
            #expect(problem(binary.path) == "\(binary.path): is not UTF-8 text; expected YAML in UTF-8")
            let large = folder.appendingPathComponent("l.yaml")
            try Data(repeating: 0x23, count: 1 << 20 + 1).write(to: large)
            #expect(problem(large.path) == "\(large.path): has more than 1048576 bytes; expected a configuration file")
        }
    }
}
