import SIP
import Testing

@Suite("CANCEL")
struct CancelTests {
    private func cancel(_ bench: inout TransactionBench, _ id: ClientTransactionID, reason: String? = nil) -> Bool {
        bench.note {
            $0.cancel(id, reason: reason.map { Array($0.utf8) }, now: $1, wheel: &$2, out: &$3) != nil
        }
    }

    @Test("is a transaction of its own with the branch of its INVITE")
    func ours() throws {
        var bench = TransactionBench()
        let (id, branch) = try bench.start(.invite, headers: ["Route: <sip:p1;lr>"], body: "v=0\r\n")
        bench.advance(to: 100)
        try bench.response(180, "INVITE", branch: branch)
        #expect(cancel(&bench, id, reason: "SIP;cause=200;text=\"Call completed elsewhere\"") == true)
        #expect(
            String(decoding: try bench.lastSent(), as: UTF8.self) == """
                CANCEL sip:agent@192.0.2.1:5062;x=y SIP/2.0\r
                Via: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=\(branch)\r
                Route: <sip:p1;lr>\r
                From: "Sales Ann" <sip:ann@192.0.2.9>;tag=ours\r
                To: <sip:agent@192.0.2.1>\r
                Reason: SIP;cause=200;text="Call completed elsewhere"\r
                Call-ID: call-1\r
                CSeq: 7 CANCEL\r
                Max-Forwards: 70\r
                Content-Length: 0\r
                \r

                """
        )
        bench.advance(to: 700)
        try bench.response(200, "CANCEL", branch: branch)
        try bench.response(487, "INVITE", branch: branch)
        bench.advance(to: 100_000)
        #expect(
            bench.log == [
                "0 send INVITE", "100 response 180 INVITE", "100 send CANCEL", "600 send CANCEL",
                "700 response 200 CANCEL", "700 send ACK", "700 response 487 INVITE", "5700 client gone",
                "32700 client gone",
            ]
        )
        expectEmpty(bench)
    }

    @Test("is not sent before a provisional response, after a final one, or twice")
    func notAllowed() throws {
        var bench = TransactionBench()
        let (early, _) = try bench.start(.invite)
        #expect(cancel(&bench, early) == false)
        for status in [200, 486] {
            let (late, branch) = try bench.start(.invite)
            try bench.response(180, "INVITE", branch: branch)
            try bench.response(status, "INVITE", branch: branch)
            #expect(cancel(&bench, late) == false)
        }
        let (twice, branch) = try bench.start(.invite)
        try bench.response(180, "INVITE", branch: branch)
        #expect(cancel(&bench, twice) == true)
        #expect(cancel(&bench, twice) == false)
        let (bye, _) = try bench.start(.bye)
        #expect(cancel(&bench, bye) == false)
        bench.advance(to: 100_000)
        #expect(cancel(&bench, twice) == false)
        expectEmpty(bench)
    }

    @Test("without a final response the INVITE times out 32 s after it")
    func unanswered() throws {
        var bench = TransactionBench()
        let (id, branch) = try bench.start(.invite)
        try bench.response(100, "INVITE", branch: branch)
        bench.advance(to: 60_000)
        #expect(cancel(&bench, id) == true)
        try bench.response(200, "CANCEL", branch: branch)
        bench.advance(to: 70_000)
        try bench.response(180, "INVITE", branch: branch)
        bench.advance(to: 200_000)
        #expect(
            bench.log == [
                "0 send INVITE", "0 response 100 INVITE", "60000 send CANCEL", "60000 response 200 CANCEL",
                "65000 client gone", "70000 response 180 INVITE", "92000 timed out INVITE", "92000 client gone",
            ]
        )
        expectEmpty(bench)
    }

    @Test("when nothing answers at all, both end together and leave nothing", arguments: [TransportProtocol.udp, .tcp])
    func dead(transport: TransportProtocol) throws {
        var bench = TransactionBench(transport: transport)
        let (id, branch) = try bench.start(.invite)
        try bench.response(100, "INVITE", branch: branch)
        #expect(cancel(&bench, id) == true)
        bench.advance(to: 32_000)
        #expect(bench.log.filter { $0 == "32000 timed out INVITE" }.count == 1)
        expectEmpty(bench)
    }

    @Test("a 200 that crosses it is told")
    func crossed() throws {
        var bench = TransactionBench()
        let (id, branch) = try bench.start(.invite)
        try bench.response(180, "INVITE", branch: branch)
        #expect(cancel(&bench, id) == true)
        try bench.response(200, "INVITE", branch: branch)
        try bench.response(481, "CANCEL", branch: branch)
        #expect(bench.log.suffix(2) == ["0 response 200 INVITE", "0 response 481 CANCEL"])
        bench.advance(to: 100_000)
        expectEmpty(bench)
    }

    @Test("over a stream, an INVITE that is over takes its CANCEL along")
    func stream() throws {
        var bench = TransactionBench(transport: .tcp)
        let (id, branch) = try bench.start(.invite)
        try bench.response(180, "INVITE", branch: branch)
        #expect(cancel(&bench, id) == true)
        try bench.response(487, "INVITE", branch: branch)
        bench.advance(to: 0)
        #expect(bench.log.suffix(2) == ["0 client gone", "0 client gone"])
        expectEmpty(bench)
    }

    @Test("a response to a CANCEL that we never sent is a stray")
    func never() throws {
        var bench = TransactionBench()
        let (_, branch) = try bench.start(.invite)
        try bench.response(200, "CANCEL", branch: branch)
        #expect(bench.layer.counters.strayResponses == 1)
        #expect(bench.log == ["0 send INVITE"])
    }

    @Test("of a caller finds his INVITE, and has its own answer, repeated as needed")
    func theirs() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        let (invite, inviteID) = try bench.lastRequest()
        bench.respond(180, to: invite, inviteID)
        try bench.request("CANCEL")
        let (cancel, cancelID) = try bench.lastRequest()
        guard case .cancel(_, cancelID, inviteID, _, _) = bench.events.last else {
            Issue.record("the CANCEL did not find its INVITE")
            return
        }
        bench.respond(200, to: cancel, cancelID)
        bench.respond(487, to: invite, inviteID)
        try bench.request("CANCEL")
        try bench.request("ACK")
        #expect(
            bench.log == [
                "0 request INVITE", "0 send 180 INVITE", "0 cancel of INVITE", "0 send 200 CANCEL", "0 send 487 INVITE",
                "0 send 200 CANCEL",
            ]
        )
        bench.advance(to: 100_000)
        expectEmpty(bench)
    }

    @Test("of a caller without an INVITE says so", arguments: ["branch", "sent-by host", "sent-by port"])
    func lost(difference: String) throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        switch difference {
        case "branch": try bench.request("CANCEL", branch: "z9hG4bKabd")
        case "sent-by host": try bench.request("CANCEL", sentBy: "192.0.2.2:5062")
        default: try bench.request("CANCEL", sentBy: "192.0.2.1")
        }
        #expect(bench.log.last == "0 cancel of nothing")
    }

    @Test("finds a request that is no INVITE, too: it has come too late for that, and is answered all the same")
    func ofBye() throws {
        var bench = TransactionBench()
        try bench.request("BYE")
        let (_, byeID) = try bench.lastRequest()
        try bench.request("CANCEL")
        guard case .cancel(_, _, byeID, _, _) = bench.events.last else {
            Issue.record("the CANCEL did not find the BYE")
            return
        }
    }

    @Test("finds room when new requests do not")
    func room() throws {
        var bench = TransactionBench(limit: 8)
        for number in 0..<8 { try bench.request("INVITE", branch: "z9hG4bK\(number)") }
        try bench.request("INVITE", branch: "z9hG4bK8")
        try bench.request("CANCEL", branch: "z9hG4bK3")
        #expect(bench.log.suffix(2) == ["0 overloaded INVITE", "0 cancel of INVITE"])
        // There is an end to that, too.
        try bench.request("CANCEL", branch: "z9hG4bK4")
        #expect(bench.log.last == "0 overloaded CANCEL")
        #expect(bench.layer.counters.refused == 2)
    }
}
