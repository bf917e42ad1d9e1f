import Foundation
import Testing

/// A scenario of somebody's own, from its file to what an agent's phone sees.
@Suite("A scenario of one's own", .staged)
struct ScenarioTests {
    @Test("is taken by a reload for the next call; one that is wrong is refused by name, and nothing changes")
    func reload() async throws {
        let stage = try Stage.here()
        let folder = stage.folder.appendingPathComponent("scenarios")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func write(_ text: String) throws {
            try Data(text.utf8).write(to: folder.appendingPathComponent("own.yaml"))
        }
        try write("name: our own\n")
        let centre = try await Centre.open(
            options: .init(more: "scenario_directory: \(folder.path)\nb2b_scenario: our own\n")
        )
        try write("name: our own\nheaders:\n  to_agent: {X-Flow: $cc_flwo}\n")
        let refused = try await centre.daemon.ccctl("cc_reload")
        #expect(refused.status == 1)
        #expect(refused.text.contains("own.yaml:3: headers.to_agent.X-Flow"), "\(refused.text)")
        try write("name: our own\nheaders:\n  to_agent: {X-Flow: $cc_flow}\n")
        let taken = try await centre.daemon.ccctl("cc_reload")
        #expect(taken.status == 0, "\(taken.text)")
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 200)),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await callers.finish()
        #expect(try centre.agents.invites().map { $0.header("X-Flow") } == ["sales"])
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
    }
}
