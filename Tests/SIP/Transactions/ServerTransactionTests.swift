import SIP
import Testing

@Suite("Server transactions")
struct ServerTransactionTests {
    @Test("an INVITE is told once, gets a 100 after 200 ms, and the last response when it comes again")
    func trying() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        bench.advance(to: 100)
        try bench.request("INVITE")
        bench.advance(to: 500)
        try bench.request("INVITE")
        let (invite, id) = try bench.lastRequest()
        bench.respond(180, to: invite, id)
        try bench.request("INVITE")
        #expect(
            bench.log == [
                "0 request INVITE", "200 send 100 INVITE", "500 send 100 INVITE", "500 send 180 INVITE",
                "500 send 180 INVITE",
            ]
        )
        #expect(bench.layer.counters.requestsReceived[.invite] == 1)
        #expect(bench.layer.counters.retransmissionsReceived == 3)
        #expect(bench.layer.counters.retransmissionsSent == 2)
        #expect(bench.layer.counters.responsesSent[1] == 2)
    }

    @Test("no 100 when the user has answered in time")
    func inTime() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        let (invite, id) = try bench.lastRequest()
        bench.advance(to: 199)
        bench.respond(180, to: invite, id)
        bench.advance(to: 10_000)
        #expect(bench.log == ["0 request INVITE", "199 send 180 INVITE"])
    }

    @Test("a refusal is repeated until its ACK comes, and then for nobody")
    func refusal() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        let (invite, id) = try bench.lastRequest()
        bench.respond(480, to: invite, id)
        bench.advance(to: 8_000)
        try bench.request("INVITE")
        try bench.request("ACK", toTag: "ours")
        try bench.request("ACK", toTag: "ours")
        try bench.request("INVITE")
        bench.advance(to: 100_000)
        #expect(
            bench.log == [
                "0 request INVITE", "0 send 480 INVITE", "500 send 480 INVITE", "1500 send 480 INVITE",
                "3500 send 480 INVITE", "7500 send 480 INVITE", "8000 send 480 INVITE", "13000 server gone",
            ]
        )
        #expect(bench.layer.counters.requestsReceived[.ack] == 1)
        expectEmpty(bench)
    }

    @Test("a refusal whose ACK is lost for good is repeated eleven times, told, and forgotten")
    func lostAck() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        let (invite, id) = try bench.lastRequest()
        bench.respond(480, to: invite, id)
        bench.advance(to: 100_000)
        let times = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
        #expect(
            bench.log == ["0 request INVITE"] + times.map { "\($0) send 480 INVITE" } + [
                "32000 ack missing", "32000 server gone",
            ]
        )
        #expect(bench.layer.counters.missingAcks == 1)
        expectEmpty(bench)
    }

    @Test("a 2xx is sent when the user says so, INVITEs that come again are absorbed, ACKs pass up")
    func accepted() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        let (invite, id) = try bench.lastRequest()
        bench.respond(200, to: invite, id)
        bench.advance(to: 500)
        bench.respond(200, to: invite, id)
        try bench.request("INVITE")
        try bench.request("ACK", branch: "z9hG4bKack", toTag: "ours")
        try bench.request("ACK", toTag: "ours")
        bench.advance(to: 100_000)
        #expect(
            bench.log == [
                "0 request INVITE", "0 send 200 INVITE", "500 send 200 INVITE", "500 ack of a dialog",
                "500 ack of an INVITE", "32000 server gone",
            ]
        )
        #expect(bench.layer.counters.responsesSent[2] == 1)
        #expect(bench.layer.counters.retransmissionsSent == 1)
        expectEmpty(bench)
    }

    @Test("another request is answered again when it comes again, for 32 s")
    func bye() throws {
        var bench = TransactionBench()
        try bench.request("BYE")
        try bench.request("BYE")
        let (bye, id) = try bench.lastRequest()
        bench.respond(200, to: bye, id)
        bench.advance(to: 500)
        try bench.request("BYE")
        bench.advance(to: 32_000)
        try bench.request("BYE")
        #expect(
            bench.log == [
                "0 request BYE", "0 send 200 BYE", "500 send 200 BYE", "32000 server gone", "32000 request BYE",
            ]
        )
    }

    @Test("another request that nobody answers gets a 100 after 3.5 s and no 408 (RFC 4320)")
    func slow() throws {
        var bench = TransactionBench()
        try bench.request("OPTIONS")
        let (options, id) = try bench.lastRequest()
        #expect(bench.respond(100, to: options, id) == false)
        #expect(bench.respond(180, to: options, id) == false)
        bench.advance(to: 30_000)
        #expect(bench.respond(408, to: options, id) == false)
        bench.advance(to: 100_000)
        #expect(bench.log == ["0 request OPTIONS", "3500 send 100 OPTIONS", "32000 server gone"])
        #expect(bench.layer.counters.unanswered == 1)
        expectEmpty(bench)
    }

    @Test("over a stream, what is over is gone at once")
    func stream() throws {
        var bench = TransactionBench(transport: .tls)
        try bench.request("BYE", branch: "z9hG4bK1")
        let (bye, byeID) = try bench.lastRequest()
        bench.respond(200, to: bye, byeID)
        try bench.request("INVITE", branch: "z9hG4bK2")
        let (invite, inviteID) = try bench.lastRequest()
        bench.respond(486, to: invite, inviteID)
        bench.advance(to: 4000)
        try bench.request("ACK", branch: "z9hG4bK2", toTag: "ours")
        bench.advance(to: 4000)
        #expect(
            bench.log == [
                "0 request BYE", "0 send 200 BYE", "0 request INVITE", "0 send 486 INVITE", "0 server gone",
                "4000 server gone",
            ]
        )
        expectEmpty(bench)
    }

    @Test("there is one final response")
    func once() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        let (invite, id) = try bench.lastRequest()
        #expect(bench.respond(486, to: invite, id) == true)
        #expect(bench.respond(200, to: invite, id) == false)
        bench.advance(to: 100_000)
        #expect(bench.respond(200, to: invite, id) == false)
        #expect(bench.log.allSatisfy { !$0.contains("200 INVITE") })
    }

    @Test("the 100 is made from the request, and goes where answers go")
    func hundred() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        bench.advance(to: 200)
        guard case .send(let bytes, let destination, let listener) = bench.events.last else {
            Issue.record("nothing was sent")
            return
        }
        let response = try TransactionBench.parse(bytes)
        #expect(response.status == 100)
        #expect(response.to.tag == nil)
        #expect(response.text(of: response.callID) == "call-2")
        #expect(destination == bench.peer)
        #expect(listener == TransactionBench.listener)
    }

    @Test("without rport a response goes to the port of sent-by")
    func sentByPort() throws {
        var bench = TransactionBench()
        try bench.receive([
            "OPTIONS sip:192.0.2.9 SIP/2.0", "Via: SIP/2.0/UDP pbx.example:7000;branch=z9hG4bKy",
            "From: <sip:a@b>;tag=1",
            "To: <sip:c@d>", "Call-ID: x", "CSeq: 1 OPTIONS", "Content-Length: 0", "", "",
        ])
        let (options, id) = try bench.lastRequest()
        bench.respond(200, to: options, id)
        guard case .send(_, let destination, _) = bench.events.last else {
            Issue.record("nothing was sent")
            return
        }
        #expect(destination == Endpoint(address: bench.peer.address, port: 7000))
    }

    @Test("events carry whom the transaction was adopted by")
    func adoption() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        let (invite, id) = try bench.lastRequest()
        #expect(bench.layer.owner(of: id) == nil)
        bench.layer.adopt(id, owner: 9)
        #expect(bench.layer.owner(of: id) == 9)
        bench.respond(500, to: invite, id)
        bench.advance(to: 32_000)
        guard case .ackMissing(id, owner: 9) = bench.events.dropLast().last,
            case .terminatedServer(id, owner: 9) = bench.events.last
        else {
            Issue.record("unexpected end: \(bench.log)")
            return
        }
        #expect(bench.layer.owner(of: id) == nil)
    }

    @Test("a transport that fails ends other transactions that have been answered, and no INVITE (RFC 6026)")
    func transportFailure() throws {
        var bench = TransactionBench()
        try bench.request("INVITE", branch: "z9hG4bK1")
        let (invite, inviteID) = try bench.lastRequest()
        bench.respond(486, to: invite, inviteID)
        try bench.request("BYE", branch: "z9hG4bK2")
        let (bye, byeID) = try bench.lastRequest()
        bench.respond(200, to: bye, byeID)
        try bench.request("OPTIONS", branch: "z9hG4bK3")
        let peer = bench.peer
        bench.note { $0.transportFailed(peer, now: $1, wheel: &$2, out: &$3) }
        #expect(bench.log.last == "0 server gone")
        #expect(bench.layer.aliveServers == 2)
    }

    @Test("requests inside of a dialog find room when new ones do not")
    func room() throws {
        var bench = TransactionBench(limit: 8)
        for number in 0..<8 { try bench.request("INVITE", branch: "z9hG4bK\(number)") }
        try bench.request("BYE", branch: "z9hG4bK8")
        try bench.request("BYE", branch: "z9hG4bK9", toTag: "ours")
        #expect(bench.log.suffix(2) == ["0 overloaded BYE", "0 request BYE"])
    }

    @Test("at the bound a request is handed up to be refused")
    func bound() throws {
        var bench = TransactionBench(limit: 1)
        try bench.request("INVITE", branch: "z9hG4bK1")
        try bench.request("INVITE", branch: "z9hG4bK2")
        try bench.request("INVITE", branch: "z9hG4bK1")
        #expect(bench.log == ["0 request INVITE", "0 overloaded INVITE"])
        #expect(bench.layer.counters.refused == 1)
        #expect(bench.layer.aliveServers == 1)
    }
}
