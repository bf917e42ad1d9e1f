import CallCenter
import Exchange
import Foundation
import SIP
import Testing

/// RFC 3891; CALLS.md section 2: INVITE with Replaces is taken from admitted sources only.
@Suite("An INVITE with Replaces")
struct ReplacingTests {
    private func talking() -> (Town, String) {
        let town = Town()
        return (town, town.call(for: 3_000))
    }

    /// The dialog of a phone as the header names it to us.
    private func value(_ dialog: Phone.Dialog?, more: String = "") throws -> String {
        let dialog = try #require(dialog)
        var tag = dialog.remoteTag
        // Where we have called the phone, our tag stands in its From.
        if let range = dialog.remote.range(of: ";tag=") { tag = String(dialog.remote[range.upperBound...]) }
        return "Replaces: \(dialog.callID);to-tag=\(tag);from-tag=\(dialog.localTag)\(more)"
    }

    @Test("puts another phone in the agent's place", arguments: [true, false])
    func agentsPhone(hasOffer: Bool) throws {
        let (town, call) = talking()
        let body = hasOffer ? town.desk.sdp() : nil
        let pickup = town.desk.invite("anna", sdp: body, extra: [try value(town.anna.last), "Require: replaces"])
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus == 200)
        #expect(town.desk.dialogs[pickup]?.remoteSDP?.sessionName == "alice")
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "desk")
        #expect(town.anna.log.last == "bye")
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(town.bench.agent("anna")?.state == .incall)
        town.desk.hangUp(pickup)
        town.bench.run()
        #expect(town.caller.log.last == "bye")
        #expect(town.record(0)?.endedBy == .agent)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("puts another in the caller's place, also while he waits", arguments: [true, false])
    func callersPhone(isTalking: Bool) throws {
        let town = Town(loggedIn: isTalking) { $0.policy.rejectOnNoAgents = false }
        town.call(for: 3_000)
        let other = isTalking ? town.anna : town.queue
        let pickup = town.desk.invite("support", sdp: town.desk.sdp(), extra: [try value(town.caller.last)])
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.remoteSDP?.sessionName == other.name)
        #expect(other.last?.remoteSDP?.sessionName == "desk")
        #expect(town.caller.log.last == "bye")
        #expect(town.bench.snapshot.calls.count == 1)
        town.desk.hangUp(pickup)
        town.bench.run()
        #expect(other.last?.isOver == true)
        #expect(town.bench.call == nil)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("puts another in the place of somebody whom the caller was handed on to")
    func target() throws {
        let (town, call) = talking()
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 1_500)
        let pickup = town.ben.invite("desk", sdp: town.ben.sdp(), extra: [try value(town.desk.last)])
        town.bench.run()
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "ben")
        #expect(town.desk.last?.isOver == true)
        town.ben.hangUp(pickup)
        town.bench.run()
        #expect(town.bench.call == nil)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("is refused if it names no dialog of ours: every tag must be right")
    func unknown() throws {
        let (town, call) = talking()
        let right = try value(town.anna.last)
        let tag = try #require(town.anna.last).localTag
        let wrong = [
            right.replacing("from-tag=\(tag)", with: "from-tag=other"),
            right.replacing("Replaces: ", with: "Replaces: x"),
            "Replaces: a;to-tag=b;from-tag=c",
        ]
        for (index, header) in wrong.enumerated() {
            let pickup = town.desk.invite("anna\(index)", sdp: town.desk.sdp(), extra: [header])
            town.bench.run()
            #expect(town.desk.dialogs[pickup]?.finalStatus == 481)
        }
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("with early-only is refused where the dialog is confirmed: 486")
    func earlyOnly() throws {
        let (town, call) = talking()
        let header = try value(town.anna.last, more: ";early-only")
        let pickup = town.desk.invite("anna", sdp: town.desk.sdp(), extra: [header])
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus == 486)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("that cannot be read, or comes twice, is refused: 400", arguments: ["Replaces: x", "twice"])
    func malformed(header: String) throws {
        let (town, call) = talking()
        let right = try value(town.anna.last)
        let extra = header == "twice" ? [right, right] : [header]
        let pickup = town.desk.invite("anna", sdp: town.desk.sdp(), extra: extra)
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus == 400)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("does not take a call from the agent whose phone rings, nor an INVITE that we have not answered")
    func early() throws {
        let town = Town()
        let call = town.call(for: 1_000)
        let pickup = town.desk.invite("anna", sdp: town.desk.sdp(), extra: [try value(town.anna.last)])
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus == 603)
        let tag = try #require(town.callersTags(180).last)
        var dialog = try #require(town.caller.dialogs[call])
        dialog.remoteTag = tag
        let second = town.desk.invite("support", sdp: town.desk.sdp(), extra: [try value(dialog)])
        town.bench.run()
        #expect(town.desk.dialogs[second]?.finalStatus == 481)
        town.caller.cancel(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("for a dialog that has just ended is declined: 603")
    func over() throws {
        let (town, call) = talking()
        let header = try value(town.anna.last)
        // The BYE to the agent gets no answer: his leg is still there.
        town.bench.loses = { message, toCore in toCore && message.status != nil && message.cseq.method == .bye }
        town.caller.hangUp(call)
        town.bench.run()
        let pickup = town.desk.invite("anna", sdp: town.desk.sdp(), extra: [header])
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus == 603)
        town.bench.loses = { _, _ in false }
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("whose offer the other side does not take is refused with its status, and all stays as it was")
    func refused() throws {
        let (town, call) = talking()
        town.caller.reinviteStatus = 488
        let pickup = town.desk.invite("anna", sdp: town.desk.sdp(), extra: [try value(town.anna.last)])
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus == 488)
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(!town.anna.log.contains("bye"))
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("that is cancelled, or whose call ends meanwhile, leaves nothing", arguments: [true, false])
    func cancelled(isCancelled: Bool) throws {
        let (town, call) = talking()
        town.caller.ignoresReinvite = true
        let pickup = town.desk.invite("anna", sdp: town.desk.sdp(), extra: [try value(town.anna.last)])
        town.bench.run()
        let reinvite = try #require(town.caller.received.last)
        if isCancelled {
            town.desk.cancel(pickup)
            town.bench.run()
            #expect(town.desk.dialogs[pickup]?.finalStatus == 487)
            town.caller.answer(reinvite, 100, call)
            town.caller.answer(reinvite, 487, call)
            town.bench.run()
            #expect(town.bench.snapshot.totals.talking == 1)
        }
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus != nil)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("of a stranger is refused like any other of his: 403")
    func stranger() throws {
        let (town, call) = talking()
        var configuration = ExchangeConfiguration()
        configuration.trusted = []
        town.bench.exchange.apply(configuration, now: town.bench.now)
        let pickup = town.desk.invite("anna", sdp: town.desk.sdp(), extra: [try value(town.anna.last)])
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus == 403)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "of a stranger who knows Call-ID and From tag of a leg of ours is refused all the same: whom we call knows them"
    )
    func forged() throws {
        let (town, call) = talking()
        var configuration = ExchangeConfiguration()
        configuration.trusted = []
        town.bench.exchange.apply(configuration, now: town.bench.now)
        let dialog = try #require(town.anna.last)
        let invite = try #require(town.anna.received.first { $0.isRequest && $0.method == .invite })
        let body = town.desk.sdp()
        town.desk.send(
            [
                "INVITE sip:x@127.0.0.1:5060 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:7009;branch=z9hG4bK-forged",
                "Max-Forwards: 70", "From: \(invite.text(of: invite.from.range))", "To: <sip:x@127.0.0.1>",
                "Call-ID: \(dialog.callID)", "CSeq: 77 INVITE", "Contact: <\(town.desk.uri)>",
                try value(dialog), "Content-Type: application/sdp", "Content-Length: \(body.utf8.count)", "", body,
            ].joined(separator: "\r\n")
        )
        town.bench.run()
        #expect(town.desk.log == ["403 invite"])
        #expect(!town.anna.log.contains("bye"))
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
