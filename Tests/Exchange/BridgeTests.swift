import CallCenter
import Exchange
import SIP
import Testing

@Suite("Callers whom no flow takes (handle_call_status with URIs; CALLS.md section 1, routing)")
struct BridgeTests {
    /// A centre without the flow that the caller asks for, whose answer to that is what the test says.
    private func call(
        _ answer: String,
        manner: Phone.Manner = .ringAndAnswer(after: 1_000),
        withOffer: Bool = true
    ) throws -> (town: Town, voicemail: Phone, call: String) {
        let uri = try #require(URI(answer))
        let town = Town { $0.answerByOutcome = [.unknownFlow: .bridge(uri)] }
        let voicemail = town.bench.phone("voicemail", port: 7050, manner: manner)
        let call = town.caller.invite("nowhere", sdp: withOffer ? town.caller.sdp() : nil)
        town.bench.run(for: 2_000)
        return (town, voicemail, call)
    }

    private let voicemailURI = "sip:voicemail@127.0.0.1:7050"

    @Test("302 redirects the caller to the URI")
    func redirect() throws {
        let uri = try #require(URI("sip:elsewhere@192.0.2.9"))
        let town = Town { $0.answerByOutcome = [.unknownFlow: .redirect(uri)] }
        town.caller.invite("nowhere", sdp: town.caller.sdp())
        town.bench.run()
        let answer = try #require(town.caller.received.last)
        #expect(answer.status == 302)
        #expect(answer.values(of: .contact).map { answer.text(of: $0) } == ["<sip:elsewhere@192.0.2.9>"])
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A URI is called with the caller's own SDP; ringing and answer come back, and his BYE ends it")
    func bridged() throws {
        let (town, voicemail, call) = try call(voicemailURI)
        #expect(voicemail.log == ["invite sdp=alice", "ack"])
        #expect(town.caller.log.filter { $0 != "100 invite" } == ["180 invite", "200 invite sdp=voicemail"])
        let invite = try #require(voicemail.received.first)
        #expect(invite.text(of: invite.from.uri) == "sip:alice@127.0.0.1")
        #expect(invite.maxForwards == 69)
        #expect(town.bench.snapshot.calls.isEmpty)
        town.caller.hangUp(call)
        town.bench.run()
        #expect(voicemail.log.last == "bye")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("The far side's BYE ends it, its refusal goes to the caller", arguments: [true, false])
    func farSide(answers: Bool) throws {
        let (town, _, _) = try call(voicemailURI, manner: answers ? .play(for: 1_500) : .refuse(486))
        #expect(town.caller.log.last == (answers ? "bye" : "486 invite"))
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "A refusal that means something between two only is another to the caller",
        arguments: [(302, 480), (401, 403), (407, 403), (420, 500), (503, 500), (604, 604)]
    )
    func refusals(status: Int, told: Int) throws {
        let (town, _, _) = try call(voicemailURI, manner: .refuse(status))
        #expect(town.caller.log.last == "\(told) invite")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller who cancels takes the INVITE to the URI with him")
    func cancelled() throws {
        let (town, voicemail, call) = try call(voicemailURI, manner: .ring)
        town.caller.cancel(call)
        town.bench.run()
        #expect(voicemail.log.contains("cancel"))
        #expect(town.caller.log.contains("487 invite"))
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller without SDP gets the far side's offer, and his ACK carries the answer")
    func withoutOffer() throws {
        let (town, voicemail, call) = try call(voicemailURI, withOffer: false)
        #expect(voicemail.log == ["invite", "ack sdp=alice"])
        #expect(town.caller.log.last == "200 invite sdp=voicemail")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Re-INVITEs pass in both directions, their refusals too")
    func reinvites() throws {
        let (town, voicemail, call) = try call(voicemailURI)
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2))
        town.bench.run()
        #expect(voicemail.log.suffix(2) == ["invite sdp=alice", "ack"])
        #expect(town.caller.log.last == "200 invite sdp=voicemail")
        voicemail.reinvite(voicemail.lastCallID, sdp: nil)
        town.bench.run()
        #expect(town.caller.log.contains("invite"))
        #expect(town.caller.log.last == "ack sdp=voicemail")
        town.caller.reinviteStatus = 488
        voicemail.reinvite(voicemail.lastCallID, sdp: voicemail.sdp(version: 2))
        town.bench.run()
        #expect(voicemail.log.last == "488 invite")
        #expect(voicemail.warnings.count == 1, "also where the other side gives no reason")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A URI that leads nowhere leaves the default answer; one that never answers is given up")
    func nowhere() throws {
        let (lost, _, _) = try call("sip:voicemail@[::1]:7050")
        #expect(lost.caller.log.last == "404 invite")
        #expect(lost.leftoversAtTheEnd() == [])
        let (town, _, _) = try call(voicemailURI, manner: .ring)
        town.bench.run(for: 200_000)
        #expect(town.caller.log.contains("480 invite"))
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Talk through a bridge ends after max_call_duration, and with the service")
    func ends() throws {
        let (town, voicemail, _) = try call(voicemailURI)
        town.bench.run(for: 43_200_000)
        #expect(voicemail.log.contains("bye"))
        #expect(town.caller.log.contains("bye"))
        #expect(town.leftoversAtTheEnd() == [])
        let (other, _, _) = try call(voicemailURI)
        other.bench.exchange.shutDown(now: other.bench.now)
        other.bench.run()
        #expect(other.caller.log.contains("bye"))
        #expect(other.leftoversAtTheEnd() == [])
    }
}
