import CallCenter
import Exchange
import SIP
import Testing

/// Re-INVITEs that cross other things: the far side must always learn what was agreed, and nobody may be left without an answer.
@Suite("Relayed re-INVITEs among other events")
struct RelayTests {
    private func talking() -> (Town, String) {
        let town = Town()
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 3_000)
        return (town, call)
    }

    /// A caller with music, no agent.
    private func waiting() -> (Town, String) {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 1_000)
        return (town, call)
    }

    private let hold = "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"

    @Test("A hold that collided and comes again reaches the agent")
    func repeatedAfterGlare() {
        let (town, call) = talking()
        town.anna.reinviteStatus = 491
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2, media: hold))
        town.bench.run()
        #expect(town.caller.log.last == "491 invite")
        town.anna.reinviteStatus = 200
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2, media: hold))
        town.bench.run()
        #expect(town.anna.log.filter { $0 == "invite sdp=alice" }.count == 3)
        #expect(town.caller.log.last == "200 invite sdp=anna")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A re-INVITE that its sender cancels is cancelled on the other side, whose refusal comes back")
    func cancelled() throws {
        let (town, call) = talking()
        town.anna.ignoresReinvite = true
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2, media: hold))
        town.bench.run(for: 100)
        let invite = try #require(town.anna.received.last)
        town.anna.answer(invite, 100, town.anna.lastCallID)
        town.bench.run()
        let dialog = try #require(town.caller.dialogs[call])
        town.caller.send(town.caller.request("CANCEL", in: dialog, branch: dialog.branch))
        town.bench.run()
        #expect(town.anna.log.last == "cancel")
        #expect(!town.caller.log.contains("487 invite"))
        town.anna.answer(invite, 487, town.anna.lastCallID)
        town.bench.run()
        #expect(town.caller.log.last == "487 invite")
        // And the next one goes through.
        town.anna.ignoresReinvite = false
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 3, media: hold))
        town.bench.run()
        #expect(town.caller.log.last == "200 invite sdp=anna")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Music that asks for an offer and ends leaves no offer of the caller unanswered; it is called again")
    func musicAsksAndEnds() {
        let (town, call) = waiting()
        town.bench.loses = { message, toCore in toCore && message.isRequest && message.method == .ack }
        town.queue.reinvite(town.queue.lastCallID, sdp: nil)
        town.bench.run()
        town.bench.loses = { _, _ in false }
        #expect(town.caller.log.last == "invite")
        town.queue.hangUp(town.queue.lastCallID)
        town.bench.run()
        #expect(town.caller.log.last == "ack sdp=-")
        town.bench.run(for: 1_000)
        #expect(town.caller.log.suffix(2) == ["invite sdp=queue", "ack"])
        #expect(town.bench.call?.state == .queued)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent who picks up while music changes is joined by his own re-INVITE, not by the answer to the music's")
    func pickUpDuringRelay() throws {
        let (town, call) = waiting()
        town.caller.ignoresReinvite = true
        town.queue.reinvite(town.queue.lastCallID, sdp: town.queue.sdp(version: 2))
        town.bench.run()
        let invite = try #require(town.caller.received.last)
        town.anna.manner = .answer(after: 0)
        try town.logIn("anna")
        town.bench.run(for: 100)
        #expect(!town.anna.log.contains { $0.hasPrefix("ack") })
        // The caller's late answer is for the music; then he gets the agent's offer, and the agent the answer to that.
        town.caller.accept(invite, call)
        town.bench.run()
        #expect(!town.anna.log.contains { $0.hasPrefix("ack") })
        let last = try #require(town.caller.received.last)
        town.caller.accept(last, call)
        town.bench.run()
        #expect(town.anna.log.last == "ack sdp=alice")
        #expect(town.caller.log.filter { $0 == "invite sdp=anna" }.count == 1)
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A side that answers a re-INVITE without SDP by nothing at all is acknowledged, and the other refused")
    func noOffer() throws {
        let (town, call) = talking()
        town.anna.ignoresReinvite = true
        town.caller.reinvite(call, sdp: nil)
        town.bench.run(for: 100)
        let invite = try #require(town.anna.received.last)
        town.anna.answer(invite, 200, town.anna.lastCallID)
        town.bench.run()
        #expect(town.anna.log.last == "ack")
        #expect(town.caller.log.last == "488 invite")
        #expect(town.caller.warnings == [#"399 callcenterd "No session of this kind""#])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}

@Suite("At the edges of the core")
struct EdgeTests {
    @Test("An agent who cannot be called is tried again after a while, not for ever in one turn")
    func unreachableWithoutPauses() {
        let town = Town { configuration in
            configuration.policy.reofferDelay = 0
            configuration.policy.wrapupTime = 0
        }
        town.bench.provision(
            [FlowDefinition(id: "support", skill: "help", messageQueue: town.queue.uri)],
            [AgentDefinition(id: "anna", location: "sip:anna@nowhere.invalid", isLoggedIn: true, skills: ["help"])]
        )
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 3_500)
        #expect(town.bench.records.filter { $0.callType == .refused }.count == 4)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A shutdown with calls in the queue offers none of them to the agents it frees, and repairs nothing")
    func shutdown() {
        let town = Town()
        for _ in 0..<4 {
            town.caller.invite("support", sdp: town.caller.sdp())
            town.bench.run(for: 1_000)
        }
        #expect(town.bench.snapshot.totals.talking + town.bench.snapshot.totals.offering == 1)
        town.bench.exchange.shutDown(now: town.bench.now)
        #expect(town.leftoversAtTheEnd() == [])
        #expect(town.anna.order.count == 1)
    }

    @Test("An agent whose address is not trusted can still hang up, and gets no call of his own in")
    func untrustedAgent() {
        let town = Town { $0.trusted = [IPNetwork("127.0.0.1/32")].compactMap(\.self) }
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 3_000)
        var configuration = ExchangeConfiguration()
        configuration.trusted = []
        town.bench.exchange.apply(configuration, now: town.bench.now)
        town.anna.invite("support", sdp: town.anna.sdp())
        town.bench.run()
        #expect(town.anna.log.last == "403 invite")
        town.anna.hangUp(town.anna.order[0])
        town.bench.run()
        #expect(town.anna.log.last == "200 bye")
        #expect(town.bench.call == nil)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "A stranger's request with tags that we never gave leaves nothing behind",
        arguments: ["BYE", "INVITE", "ACK"]
    )
    func forgedDialog(method: String) {
        let town = Town { $0.trusted = [] }
        var dialog = Phone.Dialog(
            callID: "forged",
            localTag: "a",
            local: "<sip:x@127.0.0.1>",
            remote: "<sip:support@127.0.0.1>",
            target: "sip:support@127.0.0.1"
        )
        dialog.remoteTag = "00000000000000000123456789abcdef"
        town.caller.send(town.caller.request(method, in: dialog, branch: "z9hG4bK-forged"))
        town.bench.run()
        #expect(town.caller.log == (method == "ACK" ? [] : ["481 \(method.lowercased())"]))
        #expect(town.bench.exchange.transactionsAlive == 0)
    }
}
