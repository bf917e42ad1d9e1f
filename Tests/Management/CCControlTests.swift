import Patience
import CallCenter
import Foundation
import Management
import Telemetry
import Testing

/// The built `ccctl` beside the test bundle, nil where it is not.
private let executable: URL? = {
    guard let bundle = CommandLine.arguments.first else { return nil }
    let url = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("ccctl")
    return FileManager.default.isExecutableFile(atPath: url.path) ? url : nil
}()

/// The built `ccctl`, run as a process against a real socket.
@Suite("ccctl as a process", .enabled(if: executable != nil), .timeLimit(.minutes(5)))
struct CCControlTests {
    private let daemon = FakeDaemon()

    private struct Outcome: Equatable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs to the end without holding a thread; what it prints here fits a pipe.
    private func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        let url = try #require(executable)
        process.executableURL = url
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = errors
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self),
            errors: String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        )
    }

    static let tables: [(command: String, output: String)] = [
        (
            "flows",
            """
            id       Avg Call Duration (s)  Processed Calls  Logged Agents  Ongoing Calls  Ref Calls
            sales                       61                1              2              2          2
            support                      0                0              0              0          0

            """
        ),
        (
            "agents",
            """
            id   Ref  Loged in  State   Wrapup-ends (s)
            ann    0  YES       free                  -
            bob    1  YES       incall                -
            cem    0  YES       wrapup               11
            dee    0  NO        -                     -

            """
        ),
        (
            "queue",
            """
            index  id  Media  Caller username  Caller display name  Waiting for (s)  ETW (s)  Flow     Priority  Skill
                0  43  RTP    1003             Caller 1003                        5       30  sales           1  sell
                1  42  RTP    1002             Caller 1002                       10  unknown  support         5  help

            """
        ),
        (
            "calls",
            """
            id  Ref  State    Call Time (s)  Flow     Agent
            41    1  toagent             80  sales    bob
            42    1  queued              10  support  -
            43    1  queued               5  sales    -
            44    1  welcome              0  support  -

            """
        ),
    ]

    @Test("lists are tables, under the full and the short name", arguments: tables)
    func printsTables(command: String, output: String) async throws {
        try await withMI(daemon.bounded) { path async throws in
            #expect(try await run(["--socket", path, command]) == Outcome(status: 0, output: output, errors: ""))
            let full = try await run(["cc_list_\(command)"], environment: ["CALLCENTERD_SOCKET": path])
            #expect(full.output == output)
        }
    }

    @Test("--json is the result as the daemon sent it")
    func printsJSON() async throws {
        try await withMI(daemon.bounded) { path async throws in
            let outcome = try await run(["version", "--json", "--socket", path])
            #expect(outcome == Outcome(status: 0, output: #"{"Server":"callcenterd 0.1.0"}"# + "\n", errors: ""))
        }
    }

    @Test("a reload is reported, and changes are acknowledged")
    func reports() async throws {
        try await withMI(daemon.bounded) { path async throws in
            let reload = try await run(["reload", "--socket", path])
            #expect(reload.output.contains("Flows added:    1 (support)\n"))
            #expect(reload.output.contains("  cc_flows x: priority is -1, expected 0 or more\n"))
            for command in [["login", "ann"], ["logout", "ann"], ["cc_agent_login", "ann", "1"], ["cc_reset_stats"]] {
                let outcome = try await run(["--socket", path] + command)
                #expect(outcome == Outcome(status: 0, output: "OK\n", errors: ""))
            }
        }
        #expect(daemon.orders.map(\.what) == ["reload", "ann in", "ann off", "ann in", "reset"])
    }

    static let steering: [(command: [String], order: String)] = [
        (["dispatching", "0"], "dispatching off"),
        (["cc_free_agent", "ann"], "free ann"),
        (["cc_end_call", "7"], "end 7"),
        (["cc_move_call", "7", "2"], "7 to place 2"),
        (["cc_end_wrapup", "ann"], "end the wrap-up of ann"),
    ]

    @Test("steering commands say whom and what they mean", arguments: steering)
    func steers(command: [String], order: String) async throws {
        try await withMI(daemon.bounded) { path async throws in
            let outcome = try await run(["--socket", path] + command)
            #expect(outcome.status == 0)
            #expect(outcome.errors == "")
        }
        #expect(daemon.orders.map(\.what) == [order])
    }

    @Test("statistics are name = value lines")
    func printsStatistics() async throws {
        try await withMI(daemon.bounded) { path async throws in
            let outcome = try await run(["stats", "ccg_incalls", "--socket", path])
            #expect(outcome == Outcome(status: 0, output: "ccg_incalls = 3\n", errors: ""))
        }
    }

    @Test("health is key: value lines")
    func printsHealth() async throws {
        try await withMI(daemon.bounded) { path async throws in
            let outcome = try await run(["health", "--socket", path])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("Alive:           yes\nReady:           yes\n"))
        }
    }

    @Test("a page of a list says how many there are, any command can be called by name")
    func selects() async throws {
        try await withMI(daemon.bounded) { path async throws in
            let page = try await run(["--socket", path, "agents", "--limit", "1", "--offset", "1"])
            #expect(page.output.contains("\nbob "))
            #expect(!page.output.contains("ann"))
            #expect(page.output.hasSuffix("\n1 of 4, from 1\n"))
            let call = try await run(["--socket", path, "call", "cc_list_calls", "state=welcome"])
            #expect(call.output == "id  Ref  State    Call Time (s)  Flow\n44    1  welcome              0  support\n")
            let refused = try await run(["--socket", path, "agents", "--flow", "nowhere"])
            #expect(refused == Outcome(status: 1, output: "", errors: "ccctl: no flow \"nowhere\"\n"))
        }
    }

    @Test("--watch shows it again and again")
    func watches() async throws {
        try await withMI(daemon.bounded) { path async throws in
            let arguments = ["--socket", path, "stats", "ccg_incalls", "--watch", "--interval", "0.1", "--times", "3"]
            let outcome = try await run(arguments)
            #expect(outcome == Outcome(status: 0, output: String(repeating: "ccg_incalls = 3\n", count: 3), errors: ""))
        }
    }

    /// What `ccctl events` says of one event that happens while it watches.
    private func events(_ arguments: String...) async throws -> Outcome {
        let hub = EventHub()
        let report = AgentReport(agentID: "ann", state: .free, previous: .offline, isLoggedIn: true)
        return try await withMI(daemon.bounded, events: hub) { path async throws in
            async let outcome = run(["--socket", path, "events", "--times", "1"] + arguments)
            try await eventually("somebody to watch") { hub.isWatched }
            hub.publish(CenterEvent(time: 1_764_099_916_123, .agent(report)))
            return try await outcome
        }
    }

    @Test("events are a line each, or an object each")
    func printsEvents() async throws {
        let plain = try await events()
        let line = "2025-11-25T19:45:16.123Z agent ann free previous_state=offline logged_in=true\n"
        #expect(plain == Outcome(status: 0, output: line, errors: ""))
        let json = try await events("--json", "--agent", "ann")
        #expect(json.output.hasPrefix(#"{"event":"agent","number":"#))
        #expect(json.output.hasSuffix(#""state":"free","previous_state":"offline","logged_in":true}"# + "\n"))
    }

    @Test("events that the daemon ends, end with status 3 and its words")
    func endsEvents() async throws {
        let hub = EventHub()
        try await withMI(daemon.bounded, events: hub) { path async throws in
            let closing = Task {
                try await eventually("somebody to watch") { hub.isWatched }
                hub.close()
            }
            defer { closing.cancel() }
            let outcome = try await run(["--socket", path, "events"])
            let line = "ccctl: \(path): the daemon hung up\n"
            #expect(outcome == Outcome(status: 3, output: "", errors: line))
        }
    }

    /// What bash offers for the word at the end of a line, after `ccctl --socket PATH`.
    private func expect(_ names: [String], after words: [String], _ path: String) async {
        do {
            var offered = try await completions(path, words)
            // Whoever waits for a completion does not wait for long: on a machine that is busy there may be none at first.
            for _ in 0..<5 where offered.isEmpty { offered = try await completions(path, words) }
            #expect(offered == names, "\(words)")
        } catch {
            Issue.record(error)
        }
    }

    private func completions(_ path: String, _ words: [String]) async throws -> [String] {
        let url = try #require(executable)
        let script = """
            PATH="$2:$PATH"
            source <(ccctl --generate-completion-script bash)
            COMP_WORDS=(ccctl --socket "$1" "${@:3}")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            COMP_LINE="${COMP_WORDS[*]}"
            COMP_POINT=${#COMP_LINE}
            COMP_TYPE=9
            $(complete -p ccctl | sed 's/.*-F \\([^ ]*\\).*/\\1/') ccctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script, "bash", path, url.deletingLastPathComponent().path] + words
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return text.split(separator: "\n").map { String($0.reversed().drop { $0 == " " }.reversed()) }.sorted()
    }

    @Test("bash completes commands, and the names of agents, flows and commands of the daemon")
    func completes() async throws {
        try await withMI(daemon.bounded) { path async throws in
            await expect(
                ["cc_list_agents", "cc_list_calls", "cc_list_flows", "cc_list_queue"],
                after: ["cc_list_"],
                path
            )
            await expect(["ann", "bob", "cem", "dee"], after: ["login", ""], path)
            await expect(["bob"], after: ["cc_agent_login", "b"], path)
            await expect(["sales", "support"], after: ["cc_list_calls", "--flow", "s"], path)
            await expect(["cc_reset_stats"], after: ["call", "cc_reset"], path)
            await expect(["cca_att_bob"], after: ["get_statistics", "cca_att_b"], path)
            // The short names likewise.
            await expect(["flow", "flows"], after: ["fl"], path)
            await expect(["reload", "reset-stats"], after: ["re"], path)
            await expect(["sales", "support"], after: ["calls", "--flow", "s"], path)
            await expect(["cca_att_bob"], after: ["stats", "cca_att_b"], path)
            await expect(["ann"], after: ["free", "a"], path)
            await expect(["cem"], after: ["dispatch", "7", "c"], path)
            await expect(["--state"], after: ["agents", "--st"], path)
        }
        // Without a daemon there is nothing to offer, and nothing to wait for.
        #expect(try await completions("/nowhere.sock", ["login", ""]) == [])
    }

    @Test("what the daemon refuses is one line and status 1")
    func refuses() async throws {
        try await withMI(daemon.bounded) { path async throws in
            let outcome = try await run(["login", "nobody", "--socket", path])
            #expect(outcome == Outcome(status: 1, output: "", errors: "ccctl: no agent \"nobody\"\n"))
        }
    }

    @Test("wrong usage is one line and status 2")
    func rejects() async throws {
        let outcome = try await run(["login"])
        let line = "ccctl: Missing expected argument '<agent-id>'; see ccctl help login\n"
        #expect(outcome == Outcome(status: 2, output: "", errors: line))
    }

    @Test("a daemon that is not there is one line and status 3")
    func misses() async throws {
        let outcome = try await run(["flows", "--socket", "/nowhere/mi.sock"])
        let line =
            "ccctl: /nowhere/mi.sock: no such socket; is callcenterd running? "
            + "(systemctl status callcenterd, or --socket PATH)\n"
        #expect(outcome == Outcome(status: 3, output: "", errors: line))
    }

    @Test("a daemon that takes no more connections is status 1 with its reason")
    func isTurnedAway() async throws {
        try await withMI(daemon.bounded, configure: { $0.maximumConnections = 0 }) { path async throws in
            let outcome = try await run(["flows", "--socket", path])
            let line = "ccctl: 0 connections are open, no more are taken\n"
            #expect(outcome == Outcome(status: 1, output: "", errors: line))
        }
    }
}
