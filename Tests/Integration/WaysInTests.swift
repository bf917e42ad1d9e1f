import Patience
import Foundation
import Glibc
import Testing

@Suite("Ways in", .staged)
struct WaysInTests {
    private static let list = #"{"jsonrpc":"2.0","id":1,"method":"cc_list_agents"}"#
    private static let logOff = #"{"jsonrpc":"2.0","id":1,"method":"cc_agent_login","params":["anna",0]}"#

    @Test("commands over HTTP need a token with the scope; who asked is in the log; tokens are reloaded")
    func http() async throws {
        let stage = try Stage.here()
        let tokens = try TokenFile(on: stage)
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: 9)],
            agents: [.init(id: "anna", skills: "selling", port: 9)],
            options: .init(http: ", mi: true, token_file: \(tokens.path)")
        )
        func post(_ body: String, _ token: String?) async throws -> String {
            let authorization = token.map { ["--header", "Authorization: Bearer \($0)"] } ?? []
            return try await daemon.curl(
                authorization + ["--header", "Content-Type: application/json", "--data", body],
                "/mi"
            ).text
        }
        #expect(try await post(Self.list, nil).contains("expected a token"))
        #expect(try await post(Self.list, TokenFile.reader).contains(#""id":"anna""#))
        #expect(try await post(Self.logOff, TokenFile.reader).contains(#""code":403"#))
        #expect(try await daemon.agents().map(\.loggedIn) == ["YES"])
        #expect(try await post(Self.logOff, TokenFile.controller).contains(#""result":"OK""#))
        #expect(try await daemon.agents().map(\.loggedIn) == ["NO"])
        try await eventually("who asked to be in the log") {
            daemon.process.text.contains(#"cc_agent_login outcome=done params="[\"anna\",0]" requester="token desk""#)

        }
        #expect(!daemon.process.text.contains(TokenFile.controller))

        try Data("night read another-token-of-the-tests\n".utf8).write(to: URL(fileURLWithPath: tokens.path))
        #expect(try await daemon.ccctl("cc_reload").status == 0)
        #expect(try await post(Self.list, TokenFile.reader).contains("not known"))
        #expect(try await post(Self.list, "another-token-of-the-tests").contains(#""id":"anna""#))
    }

    @Test("a FIFO takes commands in the way of the reference")
    func fifo() async throws {
        let stage = try Stage.here()
        let daemon = try await Daemon.start(
            flows: [],
            agents: [.init(id: "anna", skills: "selling", port: 9)],
            options: .init(mi: ", fifo: \(stage.path("mi.fifo"))")
        )
        // As opensipsctl does it: make a FIFO, write the request, read the reply.
        let script = """
            mkfifo reply
            printf ':cc_agent_login:reply:{"agent_id":"anna","state":0}\\n' >mi.fifo
            timeout 20 cat reply
            """
        let reply = try await ChildProcess.run("fifo", "sh", ["-c", script], in: stage.folder)
        #expect(reply.text == #"{"jsonrpc":"2.0","result":"OK","id":1}"# + "\n")
        #expect(try await daemon.agents().map(\.loggedIn) == ["NO"])
        await daemon.process.stop()
        #expect(!FileManager.default.fileExists(atPath: stage.path("mi.fifo")))
    }

    @Test("a call is followed by events over HTTP and by ccctl, from its arrival to the agent's next freedom")
    func events() async throws {
        struct Event: Decodable {
            let event: String
            let state: String
            let agent_id: String?
            let flow_id: String?
            let wrapup_ends: Double?
        }
        let centre = try await Centre.open(agent: .answers(ring: 100, talk: 400))
        let stage = centre.daemon.stage
        let page = stage.start(
            "events",
            "curl",
            ["-sN", "--max-time", "60", "http://127.0.0.1:\(centre.daemon.httpPort)/events"]
        )
        let control = stage.start(
            "ccctl-events",
            try Binaries.path("ccctl"),
            ["--socket", centre.daemon.socket, "events", "--json"]
        )
        // Both are watching once they have seen this.
        try await eventually("both to watch", every: .milliseconds(200)) {
            for state in ["0", "1"] { _ = try await centre.daemon.ccctl("cc_agent_login", "anna", state) }
            return (page.text.contains("anna") && control.text.contains("anna"))
        }
        let callers = try Sipp.callers("caller", .init(end: .stay), flows: ["sales"], to: centre.daemon.port)
        try await callers.finish()
        func seen() throws -> [Event] {
            try control.text.split(separator: "\n").map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
        }
        try await eventually("the agent to be free again") {
            try seen().contains { $0.state == "wrapup" }
                && seen().last { $0.event == "agent" }?.state == "free" ? () : nil
        }
        let events = try seen()
        let calls = events.filter { $0.event == "call" }
        #expect(calls.first?.state == "arrived")
        #expect(calls.allSatisfy { $0.flow_id == "sales" })
        #expect(
            calls.map(\.state).filter { ["arrived", "toagent", "answered", "ended"].contains($0) }
                == ["arrived", "toagent", "answered", "ended"]
        )
        let agent = events.filter { $0.event == "agent" }.suffix(3)
        #expect(agent.map(\.state) == ["incall", "wrapup", "free"])
        #expect(agent.first?.flow_id == "sales")
        let wrapup = agent.dropFirst().first?.wrapup_ends ?? 0
        #expect(abs(wrapup - Date().timeIntervalSince1970) < 60)
        try await eventually("the page to have seen it all") { page.text.contains(#""state":"wrapup""#) }
        #expect(page.text.contains("event: call\nid: "))
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        await centre.daemon.process.stop()
        #expect(try await control.ended() == 3)
        #expect(try await page.ended() == 0)
    }
}
