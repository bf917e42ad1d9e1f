import Testing

/// Agents with a real phone's REFER: baresip's own stack at all ends, sockets in between. Who hears whose tone says that the
/// caller has been joined to the target.
@Suite("An agent's phone hands the caller on", .staged)
struct TransferTests {
    private static let voice = 440

    /// Caller and agent, who talk, and a third phone.
    private struct Place {
        let daemon: Daemon
        let caller: Baresip
        let agent: Baresip
        let desk: Baresip

        static func open() async throws -> Place {
            let queue = try await Announcer.start()
            let agent = try await Baresip.start("anna", tone: 880, answers: false)
            let desk = try await Baresip.start("desk", tone: 700, answers: true)
            let caller = try await Baresip.start("carl", tone: TransferTests.voice)
            let daemon = try await Daemon.start(
                flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
                agents: [.init(id: "anna", skills: "selling", port: agent.port)]
            )
            try await caller.dial("sip:sales@127.0.0.1:\(daemon.port)")
            try await agent.prints("Incoming call", within: .seconds(30))
            try await agent.accept()
            try await agent.prints("Call established")
            try await daemon.callReaches("toagent", within: .seconds(30))
            return Place(daemon: daemon, caller: caller, agent: agent, desk: desk)
        }

        func isHandedOn() async throws {
            try await daemon.callReaches("transferred", within: .seconds(30))
            try await eventually("the target to hear the caller", within: .seconds(30)) {
                try (desk.heard(TransferTests.voice) > 0.5).asCondition
            }
            try await caller.hangUp()
            try await desk.prints("session closed")
            try await daemon.expectQuiet(after: Outcome(answered: 1))
            let record = try await daemon.records().first
            #expect(record?.cause == "transferred")
            #expect(record?.transferred_to == "sip:desk@127.0.0.1:\(desk.port)")
        }
    }

    @Test("blindly")
    func blind() async throws {
        let place = try await Place.open()
        try await place.agent.transfer(to: "sip:desk@127.0.0.1:\(place.desk.port)")
        try await place.isHandedOn()
    }
}
