import Foundation
import Glibc
import Patience
import Testing

@Suite("The configuration file", .staged)
struct ConfigurationTests {
    /// A file that is wrong, and what the message must name.
    struct Wrong: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String
        let line: Int
        let mentions: [String]
    }

    static let wrong: [Wrong] = [
        .init(
            testDescription: "unknown key",
            text: "wrapup_time: 5\nwrapup_tiem: 30\n",
            line: 2,
            mentions: ["wrapup_tiem", "wrapup_time"]
        ),
        .init(
            testDescription: "word where a number belongs",
            text: "agent_ring_timeout: soon\n",
            line: 1,
            mentions: ["agent_ring_timeout", "soon"]
        ),
        .init(
            testDescription: "negative time",
            text: "# a comment\n\nmax_wait: -4\n",
            line: 3,
            mentions: ["max_wait", "-4"]
        ),
        .init(
            testDescription: "nested: address that is none",
            text: "sip:\n  listen: [\"udp:127.0.0.1:5060\"]\n  trusted: [\"10.0.0.0/99\"]\n",
            line: 3,
            mentions: ["trusted", "10.0.0.0/99"]
        ),
        .init(
            testDescription: "one of several words",
            text: "sip:\n  untrusted: perhaps\n",
            line: 2,
            mentions: ["untrusted", "reject", "drop"]
        ),
        .init(
            testDescription: "scenario that is none",
            text: "wrapup_time: 5\nb2b_scenario: chat\n",
            line: 2,
            mentions: ["b2b_scenario", "chat", "call center"]
        ),
        .init(
            testDescription: "status beyond 699",
            text: "handle_call_status: {-1: 999}\n",
            line: 1,
            mentions: ["handle_call_status", "999"]
        ),
        .init(
            testDescription: "no YAML at all",
            text: "sip:\n  listen: [\"udp:127.0.0.1:5060\"\nhttp: {listen: x\n",
            line: 3,
            mentions: []
        ),
    ]

    @Test("a mistake is refused with file, line, key and what was expected, and exit code 78", arguments: wrong)
    func mistakes(_ wrong: Wrong) async throws {
        let stage = try Stage.here()
        let file = stage.path("wrong.yaml")
        try Data(wrong.text.utf8).write(to: URL(fileURLWithPath: file))
        for options in [[], ["--check"]] {
            let result = try await callcenterd(["--config", file] + options)
            #expect(result.status == 78)
            #expect(result.text.contains("\(file):\(wrong.line)"), "\(result.text)")
            for word in wrong.mentions { #expect(result.text.contains(word), "\(result.text)") }
        }
    }

    @Test("a file that is not there is refused by name")
    func missing() async throws {
        let file = try Stage.here().path("nowhere.yaml")
        let result = try await callcenterd(["--config", file])
        #expect(result.status == 78)
        let reason = "cannot be read: No such file or directory; --config names another"
        #expect(result.text == "callcenterd: \(file): \(reason)\n")
    }

    @Test("--check accepts a good file and does nothing else")
    func check() async throws {
        let stage = try Stage.here()
        let file = stage.path("good.yaml")
        let port = try Ports.free()
        let text = """
            db_url: sqlite:\(stage.path("untouched.db"))
            state_directory: \(stage.folder.path)
            sip: {listen: ["udp:127.0.0.1:\(port)"]}

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let result = try await callcenterd(["--config", file, "--check"])
        #expect(result.status == 0, "\(result.text)")
        #expect(!FileManager.default.fileExists(atPath: stage.path("untouched.db")))
        let lines = result.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.contains(["db_url", "restart", "line", "1", "sqlite:\(stage.path("untouched.db"))"]))
        #expect(lines.contains(["wrapup_time", "reload", "default", "30"]))
    }

    /// A line of the file that names one that cannot be used, and what is said of it.
    static let unusable: [(line: String, reason: String)] = [
        ("http: {token_file: STAGE/open}", "can be read by everybody"),
        ("http: {token_file: STAGE/none}", "cannot be read"),
        ("http: {tls_certificate: STAGE/none, tls_key: STAGE/none}", "no certificates in PEM"),
        ("mi: {socket: STAGE/none/mi.sock}", "there is no folder STAGE/none"),
    ]

    @Test("--check reads the files that the configuration names, as a start does", arguments: unusable)
    func checksFiles(line: String, reason: String) async throws {
        let stage = try Stage.here()
        let (file, open) = (stage.path("file.yaml"), stage.path("open"))
        try Data("wall read reader-reader-reader\n".utf8).write(to: URL(fileURLWithPath: open))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: open)
        func staged(_ text: String) -> String { text.replacingOccurrences(of: "STAGE", with: stage.folder.path) }
        try Data(staged("state_directory: STAGE\n\(line)\n").utf8).write(to: URL(fileURLWithPath: file))
        let result = try await callcenterd(["--config", file, "--check"])
        #expect(result.status == 78)
        #expect(result.text.contains(staged(reason)), "\(result.text)")
        if !line.hasPrefix("mi:") { #expect(result.text.contains("\(file):2: http."), "\(result.text)") }
    }

    /// A line of the file that is right, and what `--check` says of it nevertheless.
    static let hardlyMeant: [(line: String, caution: String)] = [
        ("mi: {socket: /run/nobody/mi.sock}", "FILE:2: mi.socket: /run/nobody/mi.sock: there is no folder /run/nobody"),
        ("db_url: sqlite:STAGE/none/x.db", "FILE:2: db_url: STAGE/none/x.db: there is no folder STAGE/none"),
        ("sip: {untrusted: challenge}", "FILE:2: sip.untrusted: challenge lets nobody in"),
    ]

    @Test("--check says of what is right, and hardly meant, that it is so", arguments: hardlyMeant)
    func cautions(line: String, caution: String) async throws {
        let stage = try Stage.here()
        let file = stage.path("odd.yaml")
        func staged(_ text: String) -> String {
            text.replacingOccurrences(of: "STAGE", with: stage.folder.path).replacingOccurrences(of: "FILE", with: file)
        }
        try Data(staged("state_directory: STAGE/state\n\(line)\n").utf8).write(to: URL(fileURLWithPath: file))
        let result = try await callcenterd(["--config", file, "--check"])
        #expect(result.status == 0)
        #expect(result.text.contains("\(file): correct, but:\n"), "\(result.text)")
        #expect(result.text.contains(staged("  \(caution)")), "\(result.text)")
    }

    @Test("a start and a reload log what is hardly meant")
    func logsCautions() async throws {
        let route = "- {match: \"sip:help@*\", flow: support}"
        let daemon = try await Daemon.start(
            flows: [],
            agents: [],
            options: .init(more: "routes:\n  \(route)\n  \(route)\n")
        )
        #expect(try await daemon.ccctl("cc_reload").status == 0)
        let warning = /warning [^\n]*\/callcenterd\.yaml:[0-9]+: routes\[1\]: has the pattern of routes\[0\]/
        try await eventually("the warnings of the start and of a reload") {
            daemon.process.text.matches(of: warning).count >= 2 ? () : nil
        }
    }

    @Test("a start that cannot have its socket says only that, before it opens anything")
    func noFolder() async throws {
        let stage = try Stage.here()
        let file = stage.path("lost.yaml")
        let text = """
            db_url: sqlite:\(stage.path("callcenterd.db"))
            state_directory: \(stage.folder.path)
            mi: {socket: /run/nobody-\(stage.folder.lastPathComponent)/mi.sock}

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let result = try await callcenterd(["--config", file])
        #expect(result.status == 71)
        #expect(result.text.hasPrefix("callcenterd: \(file):3: mi.socket: /run/nobody-"), "\(result.text)")
    }

    @Test("ccctl config show tells file, environment and defaults apart, and shows no password")
    func show() async throws {
        let stage = try Stage.here()
        let file = stage.path("shown.yaml")
        try Data("# databases\ndb_url: postgres://me:secret@127.0.0.1:1/centre\n".utf8)
            .write(to: URL(fileURLWithPath: file))
        let ccctl = [
            "CALLCENTERD_ACC_DB_URL=postgres://me:secret@127.0.0.1:2/records", try Binaries.path("ccctl"), "config",
            "show",
        ]
        func shown(_ variable: String, _ options: [String]) async throws -> ChildProcess.Result {
            let arguments = ["CALLCENTERD_CONFIG=\(variable)"] + ccctl + options
            return try await ChildProcess.run("env", "/usr/bin/env", arguments, in: stage.folder)
        }
        let result = try await shown(file, [])
        #expect(try await shown(stage.path("none.yaml"), ["--config", file]).text == result.text)
        let missing = try await shown(stage.path("none.yaml"), [])
        #expect(missing.status == 1)
        #expect(missing.text.hasSuffix("No such file or directory; --config, or CALLCENTERD_CONFIG, names another\n"))
        #expect(result.status == 0, "\(result.text)")
        #expect(!result.text.contains("secret"))
        let lines = result.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.contains(["db_url", "postgres://127.0.0.1:1/centre", "line", "2", "restart"]))
        #expect(
            lines.contains(["acc_db_url", "postgres://127.0.0.1:2/records", "CALLCENTERD_ACC_DB_URL", "restart"])
        )
        #expect(lines.contains(["wrapup_time", "30", "default", "reload"]))
    }

    @Test("a port in use ends the start with exit code 71 and names the port")
    func portInUse() async throws {
        let stage = try Stage.here()
        let socket = try Socket(SOCK_DGRAM, boundTo: "127.0.0.1", Ports.free())
        defer { socket.close() }
        let file = stage.path("busy.yaml")
        let text = """
            db_url: sqlite:\(stage.path("callcenterd.db"))
            state_directory: \(stage.folder.path)
            sip: {listen: ["udp:127.0.0.1:\(socket.port)"]}
            http: {listen: "127.0.0.1:\(try Ports.free())"}
            mi: {socket: \(stage.path("mi.sock"))}

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let result = try await callcenterd(["--config", file])
        #expect(result.status == 71)
        #expect(result.text.contains("\(socket.port)"), "\(result.text)")
    }

    private func callcenterd(_ arguments: [String]) async throws -> ChildProcess.Result {
        let program = try Binaries.path("callcenterd")
        let folder = try Stage.here().folder
        return try await ChildProcess.run("callcenterd", program, arguments, in: folder, within: .seconds(10))
    }
}
