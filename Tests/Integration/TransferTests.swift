import Patience
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
            try await agent.prints("Incoming call")
            try await agent.accept()
            try await agent.prints("Call established")
            try await daemon.callReaches("toagent")
            return Place(daemon: daemon, caller: caller, agent: agent, desk: desk)
        }

        func isHandedOn() async throws {
            try await daemon.callReaches("transferred")
            try await eventually("the target to hear the caller") {
                try (desk.heard(TransferTests.voice) > 0.5)
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

    /// The agent's phone is a sipp here, since this baresip sends no Replaces; his second line is another one.
    @Test("after a word with a colleague, whom he has called by way of us as well: REFER with Replaces")
    func attended() async throws {
        let queue = try await Announcer.start()
        let colleague = try await Baresip.start("ben", tone: 700, answers: true)
        let caller = try await Baresip.start("carl", tone: Self.voice)
        let port = try Ports.free()
        let daemon = try await Daemon.start(
            flows: [
                .init(id: "sales", skill: "selling", queue: queue.port),
                .init(id: "help", skill: "helping", queue: queue.port),
            ],
            agents: [
                .init(id: "anna", skills: "selling", port: port, isLoggedIn: false),
                .init(id: "ben", skills: "helping", port: colleague.port),
            ]
        )
        let consultation = try Sipp.callers(
            "consultation",
            .init(end: .stay, patience: 60_000),
            flows: ["help"],
            to: daemon.port
        )
        let answer: SIPLogEntry = try await eventually("the colleague's answer") {
            (try? consultation.messages())?.last { !$0.isSent && $0.status == 200 && $0.concerns("INVITE") }
        }
        let ours = try #require(answer.tag(of: "To"))
        let theirs = try #require(answer.tag(of: "From"))
        let callID = answer.callID.replacing("@", with: "%40")
        let replaces = "\(callID)%3Bto-tag%3D\(ours)%3Bfrom-tag%3D\(theirs)"
        #expect(!colleague.isReceiving, "the second line is mute")
        let agent = try await Sipp.callee(
            "anna",
            .refers(to: "sip:ben@elsewhere.example?Replaces=\(replaces)"),
            on: port
        )
        let login = try await daemon.ccctl("cc_agent_login", "anna", "1")
        #expect(login.status == 0, "\(login.text)")
        try await caller.dial("sip:sales@127.0.0.1:\(daemon.port)")
        try await daemon.callReaches("transferred")
        try await eventually("caller and colleague to hear each other") {
            (caller.isReceiving && colleague.isReceiving)
        }
        // The second line has been replaced, and anna's phone let go.
        try await consultation.finish()
        let notified = try agent.messages().filter { $0.method == "NOTIFY" }.compactMap {
            $0.body.split(separator: "\n").first
        }
        #expect(notified.last == "SIP/2.0 200 OK")
        try await caller.hangUp()
        try await colleague.prints("session closed")
        try await daemon.expectQuiet(after: Outcome(answered: 2))
        try await agent.dismiss()
        let records = try await daemon.records()
        #expect(records.first { $0.agent_id == "anna" }?.cause == "transferred")
        #expect(records.first { $0.agent_id == "ben" }?.cause == "answered")
    }
}
