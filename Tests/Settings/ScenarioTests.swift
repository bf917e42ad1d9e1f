import Exchange
import Foundation
import SIP
import Settings
import Testing

@Suite("Scenarios are files of a folder")
struct ScenarioTests {
    /// Reads a configuration whose scenario folder has these files.
    private func load(_ files: [String: String], _ yaml: String = "") throws -> Configuration {
        try withTemporaryFolder { folder in
            for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
            return try parse("scenario_directory: \(folder.path)\n\(yaml)")
        }
    }

    /// What is wrong with a file of this text, without its folder.
    private func problems(_ text: String) throws -> [String] {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("x.yaml")
            try Data(text.utf8).write(to: file)
            do throws(ConfigurationError) {
                _ = try Configuration.parse("scenario_directory: \(folder.path)", file: "c.yaml", checks: checks)
                return []
            } catch {
                return error.problems.map { $0.description.replacing(folder.path + "/", with: "") }
            }
        }
    }

    @Test("the shipped file says what is built in, and every key")
    func shipped() throws {
        let file = repository.appendingPathComponent("packaging/scenarios/call-center.yaml").path
        #expect(try Scenario.load(file: file) == Scenario())
        let text = try String(contentsOfFile: file, encoding: .utf8)
        for key in [
            "name", "offer", "early_media", "relay", "policy", "allow", "pass", "to_agent", "hold_media_failure",
        ] {
            #expect(text.contains("\(key):"), "\(key) is missing")
        }
    }

    @Test("every key is taken")
    func full() throws {
        let text = """
            name: our own
            offer: early
            early_media: true
            relay: [NOTIFY]
            refer: {policy: relay, allow: ["sip:*@pbx.example.com"]}
            headers:
              pass: [X-*, Subject]
              to_agent: {X-Flow: "$cc_flow costs $$1"}
            hold_media_failure: end
            """
        let scenario = try load(["own.yaml": text], "b2b_scenario: our own").scenario
        var expected = Scenario()
        expected.name = "our own"
        expected.offer = .early
        expected.relaysEarlyMedia = true
        expected.relayed = [.notify]
        expected.refer = .init(policy: .relay, allowed: [try RoutePattern("sip:*@pbx.example.com")])
        expected.passed = ["X-*", "Subject"].compactMap(HeaderPattern.init)
        expected.added = [try HeaderTemplate(name: "X-Flow", value: "$cc_flow costs $$1")]
        expected.holdMediaFailure = .end
        #expect(scenario == expected)
    }

    @Test("a key that is left out is as in the shipped one")
    func defaults() throws {
        var expected = Scenario()
        expected.name = "plain"
        let scenario = try load(["plain.yaml": "name: plain"], "b2b_scenario: plain").scenario
        #expect(scenario == expected)
    }

    @Test("an unknown name is refused, and the known ones are listed")
    func unknown() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try load(["a.yaml": "name: sales", "b.yaml": "name: after hours"], "b2b_scenario: chat")
        }
        #expect(
            error?.description
                == "c.yaml:2: b2b_scenario: \"chat\" is not a known scenario; "
                + "expected one of: after hours, call center, sales"
        )
    }

    @Test("two files of one name are one too many")
    func doubled() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try load(["a.yaml": "name: sales", "b.yaml": "name: sales"])
        }
        #expect(error?.description.contains("b.yaml:1: name: \"sales\" is the name of another file, too") == true)
    }

    @Test("a changed file is a change of b2b_scenario, which a reload applies")
    func change() throws {
        let before = try load(["a.yaml": "name: a"], "b2b_scenario: a")
        var after = before
        after.scenario.relaysEarlyMedia = true
        #expect(after.changes(comparedTo: before) == ["b2b_scenario"])
        #expect(after.changesNeedingRestart(comparedTo: before).isEmpty)
    }

    @Test(
        "what is wrong is said with file, line, key and what was meant",
        arguments: [
            ("", "x.yaml: is empty; expected a scenario with a name"),
            ("offer: late", "x.yaml:1: has no name; expected name: NAME"),
            ("name: x\nofer: late", "x.yaml:2: ofer: is not a known key; did you mean offer?"),
            ("name: x\noffer: soon", "x.yaml:2: offer: \"soon\" is not an offer mode; expected late or early"),
            (
                "name: x\nrelay: [BYE]",
                "x.yaml:2: relay[0]: \"BYE\" is not a request that can be relayed; "
                    + "expected one of INFO, MESSAGE, NOTIFY, UPDATE"
            ),
            ("name: x\nrefer: {polcy: follow}", "x.yaml:2: refer.polcy: is not a known key; did you mean policy?"),
            (
                "name: x\nrefer: {policy: ask}",
                "x.yaml:2: refer.policy: \"ask\" is not a policy; expected follow, relay or refuse"
            ),
            (
                "name: x\nheaders: {pass: [Call-ID]}",
                "x.yaml:2: headers.pass[0]: \"Call-ID\" is not a header that can pass; "
                    + "expected one that does not belong to a leg, and * only at its end"
            ),
            (
                "name: x\nheaders: {to_agent: {X-A: $cc_flwo}}",
                "x.yaml:2: headers.to_agent.X-A: $cc_flwo is not a pseudo-variable; did you mean $cc_flow?"
            ),
            (
                "name: x\nheaders: {to_agent: {Via: x}}",
                "x.yaml:2: headers.to_agent.Via: is no header that can be added; "
                    + "expected a name that does not belong to a leg"
            ),
            (
                "name: x\nhold_media_failure: wait",
                "x.yaml:2: hold_media_failure: \"wait\" is not a policy; expected retry or end"
            ),
        ]
    )
    func wrong(text: String, problem: String) throws {
        #expect(try problems(text) == [problem])
    }
}
