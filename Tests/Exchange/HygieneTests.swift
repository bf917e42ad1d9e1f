import CallCenter
import Exchange
import SIP
import Testing

/// What a back-to-back user agent must keep to itself, and what it must not take for a call (CALLS.md section 2).
@Suite("Between the sides of a call")
struct HygieneTests {
    @Test("Hygiene: nothing of the caller's side shows on the agent's, but who he is")
    func topology() throws {
        let town = Town()
        let extra = [
            "Record-Route: <sip:inner.example;lr>", "Organization: x", "Via: SIP/2.0/UDP deep.example;branch=z9hG4bKx",
        ]
        let call = town.caller.invite("support", sdp: town.caller.sdp(), extra: extra)
        town.bench.run(for: 3_000)
        let invite = try #require(town.anna.received.first)
        let text = String(decoding: invite.bytes, as: UTF8.self)
        #expect(!text.contains("inner.example"))
        #expect(!text.contains("deep.example"))
        #expect(!text.contains(call))
        #expect(!text.contains(":7001"))
        #expect(text.contains("<sip:alice@127.0.0.1>"))
        #expect(invite.values(of: .via).reduce(0) { count, _ in count + 1 } == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An INVITE of our own that comes back is 482")
    func loop() throws {
        let town = Town()
        let anna = AgentDefinition(
            id: "anna",
            location: "sip:support@127.0.0.1:5060",
            isLoggedIn: true,
            skills: ["help"]
        )
        town.bench.provision([town.flow], [anna])
        town.call(for: 1_000)
        #expect(town.record(1)?.sipStatus == 482)
        #expect(town.bench.snapshot.calls.count == 1)
    }

    @Test("SDP of a multipart body is what the agent is offered, and SDP alone")
    func multipart() throws {
        let town = Town()
        let parts = [
            "--b", "Content-Type: text/plain", "", "hello", "--b", "Content-Type: application/sdp", "",
            town.caller.sdp() + "--b--", "",
        ].joined(separator: "\r\n")
        let call = town.caller.invite("nobody", sdp: nil)
        town.bench.run(for: 100)
        var dialog = try #require(town.caller.dialogs[call])
        dialog.callID = "multipart"
        dialog.remote = "<sip:support@127.0.0.1>"
        dialog.target = "sip:support@127.0.0.1:5060"
        dialog.localTag = "t-multipart"
        let text = town.caller.request("INVITE", in: dialog, branch: "z9hG4bK-multipart", body: parts)
        town.caller.send(
            text.replacing("application/sdp\r\nContent-Length", with: "multipart/mixed;boundary=b\r\nContent-Length")
        )
        town.bench.run(for: 100)
        let invite = try #require(
            (town.anna.received + town.queue.received).last { $0.isRequest && $0.method == .invite }
        )
        #expect(invite.hasContentType("application/sdp"))
        #expect(!String(decoding: invite.bytes, as: UTF8.self).contains("hello"))
        #expect(String(decoding: invite.bytes, as: UTF8.self).contains("a=x-phone:alice"))
    }

    @Test("An agent who has no media for the caller costs him nothing: 488, the next")
    func notAcceptable() {
        let town = Town(agents: ["anna", "ben"])
        town.anna.manner = .refuse(488)
        let call = town.call(for: 3_000)
        #expect(town.record(1)?.cause == "media")
        #expect(town.record(1)?.sipStatus == 488)
        #expect(town.bench.call?.agentID == "ben")
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Hygiene: what passes to the other side inside a dialog may take one hop less than it came with (RFC 7332)")
    func hopsInDialogs() throws {
        let town = Town()
        let call = town.call(for: 3_000)
        var dialog = try #require(town.caller.dialogs[call])
        for method in ["INFO", "INVITE"] {
            dialog.cseq += 1
            town.caller.dialogs[call]?.cseq = dialog.cseq
            town.caller.dialogs[call]?.sentOffer = true
            let body = method == "INVITE" ? town.caller.sdp(version: 2) : nil
            let text = town.caller.request(method, in: dialog, branch: "z9hG4bK-h\(dialog.cseq)", body: body)
            town.caller.send(text.replacing("Max-Forwards: 70", with: "Max-Forwards: 9"))
            town.bench.run()
            let passed = try #require(town.anna.received.last { $0.isRequest && $0.method != .ack })
            #expect("\(passed.method)".uppercased() == method)
            #expect(passed.maxForwards == 8)
        }
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
