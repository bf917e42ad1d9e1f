import CallCenter
import Exchange
import SIP
import Testing

@Suite("Hand-over of an answered caller to an agent")
struct HandOverTests {
    /// A caller with music, and an agent who has just been offered the call.
    private func offered() throws -> (Town, String) {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 1_000)
        try town.logIn("anna")
        return (town, call)
    }

    @Test("A caller who does not take the agent's media keeps the music; the agent is refused for media")
    func refusedByCaller() throws {
        let (town, call) = try offered()
        town.caller.reinviteStatus = 488
        town.bench.run(for: 2_000)
        #expect(town.anna.log.contains { $0.hasPrefix("ack sdp=") })
        #expect(town.anna.dialogs.values.first?.remoteSDP?.ports == [0])
        #expect(town.anna.log.last == "bye")
        #expect(!town.queue.log.contains("bye"))
        #expect(town.record(1)?.cause == "media")
        #expect(town.record(1)?.sipStatus == 488)
        #expect(town.record(1)?.pickup == 2_000)
        #expect(town.bench.call?.state == .queued)
        #expect(town.bench.agent("anna")?.state == .wrapup)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller who does not answer the re-INVITE in time costs the agent his call, and is lost when it times out")
    func timedOut() throws {
        let (town, _) = try offered()
        town.caller.ignoresReinvite = true
        town.bench.run(for: 2_000 + 7_999)
        #expect(town.bench.call?.state == .toagent)
        town.bench.run(for: 1)
        #expect(town.anna.log.last == "bye")
        #expect(town.bench.call?.state == .queued)
        #expect(town.record(1)?.cause == "media")
        // 64 x T1 after the re-INVITE the caller is known to be gone.
        town.bench.run(for: 24_000)
        #expect(town.bench.call == nil)
        #expect(town.record(0)?.cause == "abandoned")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller who is busy with another INVITE is asked again after the pause of the RFC")
    func glare() throws {
        let (town, call) = try offered()
        town.caller.reinviteStatus = 491
        town.bench.run(for: 2_000)
        #expect(town.bench.call?.state == .toagent)
        town.caller.reinviteStatus = 200
        town.bench.run(for: 2_000)
        #expect(town.caller.log.suffix(2) == ["invite sdp=anna", "ack"])
        #expect(town.bench.snapshot.totals.counters.answered == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller of whom the dialog is unknown is gone: 481")
    func callerGone() throws {
        let (town, _) = try offered()
        town.caller.reinviteStatus = 481
        town.bench.run(for: 2_000)
        #expect(town.bench.call == nil)
        #expect(town.record(0)?.cause == "abandoned")
        #expect(town.bench.agent("anna")?.state == .wrapup)
        #expect(town.anna.log.last == "bye")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent's repeated 200 is absorbed while the caller is being joined, and not acknowledged twice")
    func repeatedAnswer() throws {
        let (town, call) = try offered()
        town.caller.ignoresReinvite = true
        town.bench.run(for: 2_000)
        let invite = try #require(town.anna.received.first)
        let id = town.anna.lastCallID
        town.anna.accept(invite, id)
        town.anna.accept(invite, id)
        town.bench.run()
        #expect(!town.anna.log.contains { $0.hasPrefix("ack") })
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent who hangs up before the caller is joined has not taken the call")
    func agentGivesUp() throws {
        let (town, call) = try offered()
        town.caller.ignoresReinvite = true
        town.bench.run(for: 2_500)
        town.anna.hangUp(town.anna.lastCallID)
        town.bench.run()
        #expect(town.bench.call?.state == .queued)
        #expect(town.record(1)?.cause == "failed")
        town.caller.ignoresReinvite = false
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Media lines of the caller never vanish: an agent with audio only is offered to a caller with video padded")
    func mediaLines() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let body = town.caller.sdp(media: "m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 31\r\n")
        let call = town.caller.invite("support", sdp: body)
        town.bench.run(for: 1_000)
        // The music has audio only: its answer refuses the video.
        #expect(town.caller.dialogs[call]?.remoteSDP?.ports == [4_000, 0])
        try town.logIn("anna")
        town.bench.run(for: 2_000)
        #expect(town.caller.dialogs[call]?.remoteSDP?.ports == [4_000, 0])
        let versions = town.caller.received.compactMap { message -> [String]? in
            guard case .sdp(let range) = message.sessionBody(),
                let description = try? SessionDescription(parsing: message.bytes(of: range))
            else { return nil }
            let origin = String(decoding: description.bytes[description.origin.line], as: UTF8.self)
            return origin.split(separator: " ").map(String.init)
        }
        // o=- ID VERSION …: one session, the version rises.
        #expect(Set(versions.map { $0[1] }).count == 1)
        #expect(versions.map { $0[2] } == ["1", "2"])
    }

    @Test("Whose longest wait is over during a hand-over that fails is not handed to another agent")
    func lastHandOver() throws {
        let town = Town(agents: ["anna", "ben"], loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
            $0.maxWait = 4_000
        }
        town.call(for: 1_000)
        town.caller.ignoresReinvite = true
        town.ben.manner = .answer(after: 0)
        try town.logIn("anna")
        try town.logIn("ben")
        // Anna picks up at 3 s, and gives him back at 11 s; Ben has him then.
        town.bench.run(for: 10_500)
        #expect(town.bench.call?.agentID == "ben")
        town.bench.run(for: 1_000)
        #expect(town.bench.call == nil)
        #expect(town.bench.records.last?.cause == "max_wait")
        #expect(town.leftoversAtTheEnd() == [])
    }
}
