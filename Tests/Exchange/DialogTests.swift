import CallCenter
import Exchange
import SIP
import Testing

@Suite("The dialogs of a call (CALLS.md section 2)")
struct DialogTests {
    private func talking(configure: (inout ExchangeConfiguration) -> Void = { _ in }) -> (Town, String) {
        let town = Town(configure: configure)
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 3_000)
        return (town, call)
    }

    /// A request of the caller's inside of his dialog.
    private func send(_ method: String, by phone: Phone, in callID: String, extra: [String] = [], body: String? = nil) {
        guard var dialog = phone.dialogs[callID] else { return }
        dialog.cseq += 1
        phone.dialogs[callID] = dialog
        let text = phone.request(method, in: dialog, branch: "z9hG4bK-\(callID)-x\(dialog.cseq)", body: body)
        phone.send(text.replacing("Max-Forwards: 70", with: (["Max-Forwards: 70"] + extra).joined(separator: "\r\n")))
    }

    @Test("Hygiene: the hops that a caller's INVITE has left pass to the legs that it causes, one less")
    func maxForwards() {
        let (town, _) = talking()
        let invites = (town.anna.received + town.welcome.received).filter { $0.method == .invite && $0.isRequest }
        #expect(!invites.isEmpty)
        #expect(invites.allSatisfy { $0.maxForwards == 69 })
    }

    @Test("Hygiene: the Reason with which one side hangs up goes to the other")
    func reason() {
        let (town, call) = talking()
        send("BYE", by: town.caller, in: call, extra: ["Reason: Q.850;cause=16;text=\"Normal\""])
        town.bench.run()
        let bye = town.anna.received.last { $0.method == .bye && $0.isRequest }
        #expect(bye?.first(.reason).flatMap { bye?.text(of: $0) } == "Q.850;cause=16;text=\"Normal\"")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Refresh or change: an UPDATE without SDP is answered here, one with a change goes to the other side")
    func update() {
        let (town, call) = talking()
        let before = town.anna.log.count
        send("UPDATE", by: town.caller, in: call)
        town.bench.run()
        #expect(town.caller.log.last == "200 update")
        #expect(town.anna.log.count == before)
        send("UPDATE", by: town.caller, in: call, body: town.caller.sdp(version: 2))
        town.bench.run()
        // The agent's phone has never said that it takes UPDATE.
        #expect(town.anna.log.suffix(2) == ["invite sdp=alice", "ack"])
        #expect(town.caller.log.last == "200 update sdp=anna")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Refresh or change: UPDATE stays UPDATE where the other side allows it")
    func updateRelayedAsUpdate() {
        let (town, call) = talking()
        // The agent's phone shows by a refresh of its own what it takes.
        send("UPDATE", by: town.anna, in: town.anna.lastCallID, extra: ["Allow: INVITE, ACK, BYE, UPDATE"])
        town.bench.run()
        send("UPDATE", by: town.caller, in: call, body: town.caller.sdp(version: 2))
        town.bench.run()
        #expect(town.anna.log.last == "update sdp=alice")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("While two talk, INFO passes in both directions, and so does its answer")
    func info() {
        let (town, call) = talking()
        send("INFO", by: town.caller, in: call)
        send("INFO", by: town.anna, in: town.anna.lastCallID)
        town.bench.run()
        #expect(town.anna.log.suffix(2).sorted() == ["200 info", "info"])
        #expect(town.caller.log.suffix(2).sorted() == ["200 info", "info"])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Dead peers: an agent who no longer knows the dialog when he is asked is gone, and the call is over")
    func deadAgent() {
        let (town, _) = talking { $0.keepAlive = 20_000 }
        town.bench.loses = { message, toCore in
            toCore && message.cseq.method == .options && message.via.port == town.bench.endpoint.port
        }
        town.bench.run(for: 25_000)
        #expect(town.anna.log.contains("options"))
        #expect(town.caller.log.contains("options"))
        #expect(town.bench.call != nil)
        town.bench.run(for: 33_000)
        #expect(town.bench.call == nil)
        #expect(town.record(0)?.callType == .answered)
        town.bench.loses = { _, _ in false }
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Dead peers: a caller silent for over 30 s is probed while the agent's phone rings")
    func probedCaller() throws {
        let town = Town(loggedIn: false) {
            $0.keepAlive = 0
            $0.policy.rejectOnNoAgents = false
        }
        town.anna.manner = .ring
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 45_000)
        #expect(town.caller.log.contains("200 invite sdp=queue"))
        #expect(!town.caller.log.contains("options"))
        try town.logIn("anna")
        town.bench.run(for: 100)
        #expect(town.anna.log.contains { $0.hasPrefix("invite") })
        #expect(town.caller.log.contains("options"))
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Session timers are negotiated per leg, and refreshed on each")
    func sessionTimers() {
        let (town, call) = talking { $0.sessionExpires = 90 }
        let invite = town.anna.received.first { $0.method == .invite && $0.isRequest }
        #expect(invite?.number(.sessionExpires) == 90)
        // Neither phone knows session timers: nothing is refreshed, and nobody loses his call.
        town.bench.run(for: 300_000)
        #expect(town.bench.call != nil)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("100rel: a caller who requires it gets reliable provisional responses, which stop with his PRACK")
    func reliable() throws {
        let town = Town(hasWelcome: false)
        town.anna.manner = .ring
        town.caller.invite("support", sdp: town.caller.sdp(), extra: ["Require: 100rel"])
        town.bench.run()
        let ringing = try #require(town.caller.received.last { $0.status == 180 })
        let rseq = try #require(ringing.number(.rseq))
        town.bench.run(for: 1_600)
        #expect(town.caller.log.filter { $0 == "180 invite" }.count == 3)
        guard var dialog = town.caller.last else { return }
        dialog.remoteTag = ringing.to.tag.map { ringing.text(of: $0) } ?? ""
        town.caller.dialogs[dialog.callID] = dialog
        send("PRACK", by: town.caller, in: dialog.callID, extra: ["RAck: \(rseq) 1 INVITE"])
        town.bench.run(for: 10_000)
        #expect(town.caller.log.contains("200 prack"))
        #expect(town.caller.log.filter { $0 == "180 invite" }.count == 3)
        town.caller.cancel(dialog.callID)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
