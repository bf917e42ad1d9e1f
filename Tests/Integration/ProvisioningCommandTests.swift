import Foundation
import Testing

/// `ccctl flow` and `ccctl agent`, which work on the provisioning database and can tell the daemon.
@Suite("Commands on flows and agents", .staged)
struct ProvisioningCommandTests {
    @Test("an empty centre is provisioned, changed, exported and imported without SQL")
    func provisions() async throws {
        let daemon = try await Daemon.start(flows: [], agents: [])
        let stage = daemon.stage
        let program = try Binaries.path("ccctl")
        func run(_ arguments: String...) async throws -> ChildProcess.Result {
            let options = ["--socket", daemon.socket, "--config", stage.path("callcenterd.yaml")]
            return try await ChildProcess.run("cc", program, arguments + options, in: stage.folder)
        }

        let flow = try await run("flow", "add", "sales", "skill=selling", "message_queue=sip:queue@127.0.0.1:9")
        #expect(flow.status == 0)
        #expect(flow.text == "flow sales added\nccctl reload makes the daemon take it over\n")
        let location = "location=sip:anna@127.0.0.1:9"
        let agent = try await run("agent", "add", "anna", location, "skills=selling", "logstate=1", "--reload")
        #expect(agent.text.contains("Agents added"), "\(agent.text)")
        #expect(try await daemon.agents().map(\.id) == ["anna"])
        #expect(try await run("agent", "add", "anna", location).status == 1)
        #expect(try await run("agent", "set", "anna", "wrapup=5").status == 2)

        let shown = try await run("agent", "show", "anna", "--json")
        #expect(shown.text.contains(#""location":"sip:anna@127.0.0.1:9""#))
        let export = try await run("agent", "export")
        let file = stage.path("agents.csv")
        let more = export.text + "bert,not a uri,1,selling,,,,\r\n"
        try Data(more.utf8).write(to: URL(fileURLWithPath: file))
        let refused = try await run("agent", "import", file, "--reload")
        #expect(refused.status == 1)
        #expect(refused.text.contains("3: agent bert refused: location:"), "\(refused.text)")
        #expect(!refused.text.contains("anna"), "what is right is of no interest: \(refused.text)")
        try Data(more.replacing("not a uri", with: "sip:bert@127.0.0.1:9").utf8).write(to: URL(fileURLWithPath: file))
        let rehearsal = try await run("agent", "import", file, "--dry-run", "--json")
        #expect(rehearsal.text.contains(#""done":false"#))
        #expect(try await run("agent", "import", file, "--reload").status == 0)
        #expect(try await daemon.agents().map(\.id) == ["anna", "bert"])

        let idle = "! no skills, so that no call will reach them: bert\n"
        #expect(try await run("agent", "set", "bert", "skills=").text.contains(idle))
        #expect(try await run("agent", "list").text.hasSuffix(idle))
        #expect(try await run("agent", "set", "bert", "skills=selling").status == 0)
        #expect(try await run("agent", "remove", "anna", "--reload").status == 0)
        let list = try await run("agent", "list")
        #expect(list.text.split(separator: "\n").count == 2)
        #expect(try await daemon.agents().map(\.id) == ["bert"])
    }
}
