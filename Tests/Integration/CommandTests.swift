import Testing

@Suite("ccctl", .staged)
struct CommandTests {
    /// Arguments that must be refused, and how.
    struct Refused: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let status: Int32
        let mentions: String

        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let refused: [Refused] = [
        .init(arguments: ["cc_agent_login", "nobody", "1"], status: 1, mentions: "nobody"),
        .init(arguments: ["cc_agent_login", "anna", "perhaps"], status: 2, mentions: "perhaps"),
        .init(arguments: ["cc_agent_login", "anna"], status: 2, mentions: "state"),
        .init(arguments: ["cc_fly"], status: 2, mentions: "cc_fly"),
        .init(arguments: ["get_statistics", "ccg_nonsense"], status: 1, mentions: "ccg_nonsense"),
        .init(arguments: [], status: 2, mentions: "--help"),
    ]

    @Test("what cannot be done is refused in one clear line and a non-zero exit")
    func refusals() async throws {
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: 9)],
            agents: [.init(id: "anna", skills: "selling", port: 9)]
        )
        for refused in Self.refused {
            let program = try Binaries.path("ccctl")
            let result = try await ChildProcess.run(
                "ccctl",
                program,
                ["--socket", daemon.socket] + refused.arguments,
                in: daemon.stage.folder
            )
            let said: Comment = "\(refused): \(result.text)"
            #expect(result.status == refused.status, said)
            #expect(result.text.contains(refused.mentions), said)
            #expect(result.text.split(separator: "\n").count == 1, said)
        }
    }

    @Test("a daemon that is not running is named, with exit code 3")
    func notRunning() async throws {
        let stage = try Stage.here()
        let result = try await ChildProcess.run(
            "ccctl",
            Binaries.path("ccctl"),
            ["--socket", stage.path("nobody.sock"), "cc_list_calls"],
            in: stage.folder
        )
        #expect(result.status == 3)
        #expect(result.text.contains("nobody.sock"))
        #expect(result.text.split(separator: "\n").count == 1, "\(result.text)")
    }

    @Test("agents log in and off, lists show it, and a log-in survives in no table that is provisioned")
    func login() async throws {
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: 9)],
            agents: [.init(id: "anna", skills: "selling", port: 9)]
        )
        #expect(try await daemon.ccctl("cc_agent_login", "anna", "0").status == 0)
        #expect(try await daemon.agents().map(\.loggedIn) == ["NO"])
        #expect(try await daemon.ccctl("cc_agent_login", "anna", "1").status == 0)
        #expect(try await daemon.agents().map(\.loggedIn) == ["YES"])
        let table = try await daemon.ccctl("cc_list_agents")
        #expect(table.text.contains("anna"))
        #expect(table.text.contains("YES"))
        // Whoever expects something to happen is told that nothing did.
        #expect(try await daemon.ccctl("cc_free_agent", "anna").text == "OK: nothing held anna\n")
        let wrapup = try await daemon.ccctl("cc_end_wrapup", "anna")
        #expect(wrapup.text == "ccctl: anna is free; there is no wrap-up to end\n")
        #expect(wrapup.status == 1)
    }
}
