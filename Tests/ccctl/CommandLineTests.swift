import ArgumentParser
import Testing

@testable import ccctl

@Suite("The command line")
struct CommandLineTests {
    static let calls: [(arguments: [String], method: String, parameters: [Parameter])] = [
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
    ]

    @Test("each spelling is one request", arguments: calls)
    func parses(arguments: [String], method: String, parameters: [Parameter]) throws {
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
        ]
    )
    func refuses(arguments: [String]) {
        #expect(CCControl.run(arguments) == 2)
    }

    @Test("help is no failure", arguments: [["--help"], ["help"], ["help", "flows"], ["stats", "-h"]])
    func helps(arguments: [String]) {
        #expect(CCControl.run(arguments) == 0)
    }
}
