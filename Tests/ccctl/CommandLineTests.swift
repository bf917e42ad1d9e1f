import ArgumentParser
import Foundation
import Store
import Testing

@testable import ccctl

@Suite("The command line")
struct CommandLineTests {
    static let calls: [(arguments: [String], method: String, parameters: Parameters)] = [
        (["cc_list_flows"], "cc_list_flows", []), (["flows"], "cc_list_flows", []),
        (["cc_list_agents"], "cc_list_agents", []), (["agents"], "cc_list_agents", []),
        (["cc_list_queue"], "cc_list_queue", []), (["queue"], "cc_list_queue", []),
        (["cc_list_calls"], "cc_list_calls", []), (["calls"], "cc_list_calls", []),
        (["cc_agent_login", "ann", "1"], "cc_agent_login", [.text("ann"), .integer(1)]),
        (["login", "ann"], "cc_agent_login", [.text("ann"), .integer(1)]),
        (["logout", "ann"], "cc_agent_login", [.text("ann"), .integer(0)]),
        (["cc_reload"], "cc_reload", []), (["reload"], "cc_reload", []),
        (["cc_reset_stats"], "cc_reset_stats", []), (["reset-stats"], "cc_reset_stats", []),
        (["get_statistics"], "get_statistics", []),
        (["stats", "ccg_awt", "ccg_load"], "get_statistics", [.text("ccg_awt"), .text("ccg_load")]),
        (["which"], "which", []), (["version"], "version", []),
        (["which", "cc_reload"], "which", [.text("cc_reload")]), (["health"], "health", []),
        (["flows", "--watch", "--interval", "0.5"], "cc_list_flows", []),
    ]

    static let named: [(arguments: [String], json: String)] = [
        (["flows", "--flow", "a"], #"{"flow":"a"}"#),
        (
            ["agents", "--state", "free", "--flow", "b", "--offset", "5", "--limit", "10"],
            #"{"state":"free","flow":"b","offset":5,"limit":10}"#
        ),
        (["calls", "--agent", "ann", "--json"], #"{"agent_id":"ann"}"#),
        (["queue", "--limit", "1"], #"{"limit":1}"#),
        (["call", "cc_list_calls", "flow=a=b", "limit=2"], #"{"flow":"a=b","limit":"2"}"#),
        (["call", "cc_agent_login", "ann", "1"], #"["ann","1"]"#),
        (["call", "get_statistics", "ccg-a"], #"["ccg-a"]"#),
    ]

    @Test("filters and pages go by name", arguments: named)
    func names(arguments: [String], json: String) throws {
        let command = try #require(try CCControl.parseAsRoot(arguments) as? any DaemonCommand)
        #expect(command.parameters.json == json)
    }

    @Test("events can be picked by kind, agent and flow")
    func picksEvents() throws {
        let arguments = ["events", "--kind", "agent", "--agent", "ann", "--agent", "bob", "--flow", "sales"]
        let events = try #require(try CCControl.parseAsRoot(arguments) as? Events)
        #expect(events.parameters.json == #"{"kinds":["agent"],"agents":["ann","bob"],"flows":["sales"]}"#)
        let plain = try #require(try CCControl.parseAsRoot(["events"]) as? Events)
        #expect(plain.parameters.json == "[]")
    }

    @Test("an event is a line for people")
    func printsEvents() {
        let agent = RawJSON(
            #"{"number":1,"time":"T","agent_id":"ann","state":"incall","flow_id":"sales","logged_in":true}"#
        )
        #expect(Events.line("agent", agent) == "T agent ann incall flow_id=sales logged_in=true\n")
        let wrapup = RawJSON(#"{"time":"T","agent_id":"ann","state":"wrapup","wrapup_ends":1764099916}"#)
        #expect(Events.line("agent", wrapup) == "T agent ann wrapup wrapup_ends=2025-11-25T19:45:16Z\n")
        let call = RawJSON(#"{"number":1,"time":"T","call_id":7,"state":"refused","flow_id":"s","agent_id":"a\nb"}"#)
        #expect(Events.line("call", call) == "T call 7 refused flow_id=s agent_id=a?b\n")
    }

    @Test("each spelling is one request", arguments: calls)
    func parses(arguments: [String], method: String, parameters: Parameters) throws {
        let command = try #require(try CCControl.parseAsRoot(arguments) as? any DaemonCommand)
        #expect(command.method == method)
        #expect(command.parameters == parameters)
        #expect(!command.options.json)
    }

    @Test(
        "options stand before or after the command",
        arguments: [
            ["--socket", "/s", "--json", "flows"], ["flows", "--json", "--socket", "/s"],
            ["--json", "flows", "--socket=/s"],
        ]
    )
    func takesOptions(arguments: [String]) throws {
        let command = try #require(try CCControl.parseAsRoot(arguments) as? ListFlows)
        #expect(command.options.json)
        #expect(command.options.socketPath == "/s")
    }

    @Test(
        "wrong usage has status 2",
        arguments: [
            [], ["bogus"], ["--bogus", "flows"], ["login"], ["flows", "x"], ["cc_agent_login", "ann"],
            ["cc_agent_login", "ann", "2"], ["cc_agent_login", "ann", "one"], ["--socket"],
            ["flows", "--interval", "0"], ["flows", "--times", "0"], ["call"],
            ["call", "x", "a", "b=c"], ["flows", "--limit", "many"],
        ]
    )
    func refuses(arguments: [String]) {
        #expect(CCControl.run(arguments) == 2)
    }

    @Test(
        "records of today and yesterday are those of days of UTC; other moments stay as they are",
        arguments: [
            ("today", "2026-03-01"), ("Yesterday", "2026-02-28"), ("2026-02-03", "2026-02-03"),
            ("2026-02-03 04:05:06", "2026-02-03 04:05:06"),
        ]
    )
    func readsDays(text: String, moment: String) throws {
        // 2026-03-01 00:00:30 UTC.
        let now = Date(timeIntervalSince1970: 1_772_323_230)
        #expect(RecordFilter.moment(text, now: now) == moment)
        let list = try #require(try CCControl.parseAsRoot(["cdr", "list", "--from", text]) as? ListRecords)
        #expect(list.filter.query.from.map(RecordQuery.isMoment) == true)
        #expect(CCControl.run(["cdr", "list", "--from", "\(text)!"]) == 2)
    }

    static let wrong: [(arguments: [String], line: String)] = [
        (["logout"], "M; see ccctl help logout"), (["stats", "--nosuch"], "M; see ccctl help stats"),
        (["--socket", "/s", "--json", "end"], "M; see ccctl help end"), ([], "M; see ccctl --help"),
        (["--nosuch"], "M; see ccctl --help"), (["flow", "add"], "M; see ccctl help flow add"),
        (["logot", "ann"], "logot is no command; did you mean logout?"),
        (["--socket", "/s", "agnets"], "agnets is no command; did you mean agents?"),
        (["frobnicate"], "frobnicate is no command; ccctl --help lists them"),
        (["agent", "sow", "ann"], "sow is no command of ccctl agent; did you mean show?"),
        (["cdr", "frobnicate"], "frobnicate is no command of ccctl cdr; ccctl help cdr lists them"),
    ]

    @Test("wrong usage names the help of the command that was meant, or the command itself", arguments: wrong)
    func hints(arguments: [String], line: String) { #expect(WrongUsage(arguments).line("M") == line) }

    @Test(
        "help is no failure",
        arguments: [["--help"], ["help"], ["help", "flows"], ["stats", "-h"], ["events", "--help"]]
    )
    func helps(arguments: [String]) {
        #expect(CCControl.run(arguments) == 0)
    }
}
