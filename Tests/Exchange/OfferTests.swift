import CallCenter
import Exchange
import SIP
import Testing

@Suite("Offering a call to agents")
struct OfferTests {
    @Test("An unanswered caller is offered with his own SDP, hears the ringing, and gets the agent's answer")
    func earlyOffer() {
        let town = Town()
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        #expect(town.anna.log == ["invite sdp=alice"])
        #expect(town.caller.log == ["180 invite"])
        #expect(town.queue.log == [])
        town.bench.run(for: 2_000)
        #expect(town.caller.log == ["180 invite", "200 invite sdp=anna"])
        #expect(town.anna.log == ["invite sdp=alice", "ack"])
        town.bench.run(for: 4_000)
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.anna.log.last == "bye")
        #expect(town.record(0)?.talk == 4_000)
        #expect(town.record(0)?.endedBy == .caller)
        #expect(town.record(0)?.facts == [.inbound, .distributed, .answered])
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("The agent sees the caller's URI under the flow's prefix and the caller's name")
    func callerID() throws {
        let town = Town()
        town.caller.invite("support", sdp: town.caller.sdp(), displayName: "Alice B.")
        town.bench.run()
        let invite = try #require(town.anna.received.first)
        #expect(invite.text(of: invite.from.uri) == "sip:alice@127.0.0.1")
        #expect(String(decoding: invite.from.displayNameText(in: invite.bytes), as: UTF8.self) == "SUP Alice B.")
    }

    @Test("A caller without SDP gets the agent's offer in his 200, and his ACK carries the answer back")
    func callerWithoutSDP() {
        let town = Town()
        let call = town.caller.invite("support", sdp: nil)
        town.bench.run(for: 2_000)
        #expect(town.anna.log == ["invite", "ack sdp=alice"])
        #expect(town.caller.log == ["180 invite", "200 invite sdp=anna"])
        town.bench.run(for: 1_000)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller without SDP hears a welcome, then talks to an agent")
    func callerWithoutSDPAndWelcome() {
        let town = Town(hasWelcome: true)
        let call = town.caller.invite("support", sdp: nil)
        town.bench.run(for: 6_000)
        #expect(town.welcome.log == ["invite", "ack sdp=alice", "200 bye"])
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "A refusing agent leaves a record with the cause, and the next one is a branch of its own to the caller",
        arguments: [
            (486, RefusalCause.busy), (603, .declined), (480, .unreachable), (302, .redirected), (488, .media),
            (500, .failed),
        ]
    )
    func refusal(status: Int, cause: RefusalCause) {
        let town = Town(agents: ["anna", "ben"])
        town.anna.manner = .refuse(status)
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 2_000)
        #expect(town.anna.log == ["invite sdp=alice", "ack"])
        #expect(town.ben.log == ["invite sdp=alice", "ack"])
        let tags = town.callersTags(180) + town.callersTags(200)
        #expect(tags.count == 2)
        #expect(Set(tags).count == 1)
        #expect(town.record(1)?.callType == .refused)
        #expect(town.record(1)?.cause == cause.rawValue)
        #expect(town.record(1)?.sipStatus == status)
        #expect(town.record(1)?.agentID == "anna")
        #expect(town.bench.agent("anna")?.state == .wrapup)
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.record(0)?.refusals == 1)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent who rings and does not answer is cancelled; the next one's responses have another To tag")
    func ringTimeout() {
        let town = Town(agents: ["anna", "ben"]) { $0.agentRingTimeout = 10_000 }
        town.anna.manner = .ring
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 9_999)
        #expect(town.anna.log == ["invite sdp=alice"])
        town.bench.run(for: 1)
        #expect(town.anna.log.contains("cancel"))
        #expect(town.ben.log == ["invite sdp=alice"])
        town.bench.run(for: 2_000)
        #expect(Set(town.callersTags(180)).count == 2)
        #expect(town.record(1)?.cause == "no_answer")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A 200 that crosses our CANCEL is taken, since the caller still waits")
    func crossingAnswer() {
        let town = Town(agents: ["anna", "ben"]) { $0.agentRingTimeout = 10_000 }
        town.anna.manner = .answerOnCancel
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 10_000)
        #expect(town.caller.log.last == "200 invite sdp=anna")
        #expect(town.ben.log == [])
        #expect(town.bench.call?.agentID == "anna")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "A dead agent's phone gets no CANCEL before it has said anything, and the call goes elsewhere after two seconds"
    )
    func silentAgent() {
        let town = Town(agents: ["anna", "ben"]) { $0.agentRingTimeout = 10_000 }
        town.anna.manner = .silent
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 11_999)
        #expect(!town.anna.log.contains("cancel"))
        #expect(town.ben.log == [])
        town.bench.run(for: 1)
        #expect(town.ben.log == ["invite sdp=alice"])
        town.bench.run(for: 2_000)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A call that was refused is not offered to the same agent before the pause is over")
    func reofferDelay() {
        let town = Town { $0.policy.reofferDelay = 20_000 }
        town.anna.manner = .refuse(486)
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 19_999)
        #expect(town.anna.log.filter { $0.hasPrefix("invite") }.count == 1)
        #expect(town.bench.call?.state == .queued)
        town.anna.manner = .ringAndAnswer(after: 0)
        town.bench.run(for: 1)
        #expect(town.anna.log.filter { $0.hasPrefix("invite") }.count == 2)
    }

    @Test("An agent who lets three calls in a row ring is logged off")
    func loggedOffForNoAnswer() {
        let town = Town { configuration in
            configuration.agentRingTimeout = 3_000
            configuration.policy.reofferDelay = 0
        }
        town.anna.manner = .ring
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 60_000)
        #expect(town.bench.agent("anna")?.isLoggedIn == false)
        #expect(town.bench.records.filter { $0.callType == .refused }.count == 3)
    }

    @Test("An agent whose location cannot be called is a refusal as unreachable")
    func badLocation() {
        let town = Town()
        town.bench.provision(
            [FlowDefinition(id: "support", skill: "help", messageQueue: town.queue.uri)],
            [AgentDefinition(id: "anna", location: "sip:anna@nowhere.invalid", isLoggedIn: true, skills: ["help"])]
        )
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 1_000)
        #expect(town.record(1)?.cause == "unreachable")
        #expect(town.bench.call?.state == .queued)
        #expect(town.caller.log == ["182 invite", "200 invite sdp=queue"])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("When the service ends no agent gets a call that is ended right after his own")
    func shutDown() {
        let town = Town {
            $0.policy.wrapupTime = 0
        } flow: { flow, _ in
            flow.maxWrapup = 0
        }
        town.anna.manner = .answer(after: 0)
        town.call(for: 1_000)
        town.call(for: 1_000)
        let heard = town.anna.log.count
        town.bench.exchange.shutDown(now: town.bench.now)
        town.bench.run(for: 1_000)
        #expect(Array(town.anna.log[heard...]) == ["bye"])
        #expect(!town.bench.notices.contains { if case .repaired = $0 { true } else { false } })
        #expect(town.bench.snapshot.calls.isEmpty)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
