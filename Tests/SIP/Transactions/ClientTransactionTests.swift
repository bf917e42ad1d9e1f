import SIP
import Testing

@Suite("Client transactions")
struct ClientTransactionTests {
    @Test("an INVITE that nobody answers is sent seven times and times out after 32 s")
    func inviteSchedule() throws {
        var bench = TransactionBench()
        _ = try bench.start(.invite)
        bench.advance(to: 100_000)
        #expect(
            bench.log == [
                "0 send INVITE", "500 send INVITE", "1500 send INVITE", "3500 send INVITE", "7500 send INVITE",
                "15500 send INVITE", "31500 send INVITE", "32000 timed out INVITE", "32000 client gone",
            ]
        )
        #expect(bench.layer.counters.retransmissionsSent == 6)
        #expect(bench.layer.counters.timeouts == 1)
        expectEmpty(bench)
    }

    @Test("another request that nobody answers is sent eleven times")
    func byeSchedule() throws {
        var bench = TransactionBench()
        _ = try bench.start(.bye)
        bench.advance(to: 100_000)
        let times = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
        #expect(bench.log == times.map { "\($0) send BYE" } + ["32000 timed out BYE", "32000 client gone"])
        expectEmpty(bench)
    }

    @Test("after a provisional response another request is sent every 4 s")
    func proceedingSchedule() throws {
        var bench = TransactionBench()
        let (_, branch) = try bench.start(.options)
        bench.advance(to: 200)
        try bench.response(100, "OPTIONS", branch: branch)
        bench.advance(to: 9_000)
        try bench.response(200, "OPTIONS", branch: branch)
        bench.advance(to: 100_000)
        #expect(
            bench.log == [
                "0 send OPTIONS", "200 response 100 OPTIONS", "500 send OPTIONS", "4500 send OPTIONS",
                "8500 send OPTIONS", "9000 response 200 OPTIONS", "14000 client gone",
            ]
        )
        expectEmpty(bench)
    }

    @Test("over a stream nothing is sent twice, and what is over is gone at once", arguments: [Method.invite, .bye])
    func reliable(method: Method) throws {
        var bench = TransactionBench(transport: .tcp)
        let name = method == .invite ? "INVITE" : "BYE"
        let (_, branch) = try bench.start(method)
        bench.advance(to: 5000)
        try bench.response(500, name, branch: branch)
        bench.advance(to: 5000)
        let ack = method == .invite ? ["5000 send ACK"] : []
        #expect(bench.log == ["0 send \(name)"] + ack + ["5000 response 500 \(name)", "5000 client gone"])
        expectEmpty(bench)
    }

    @Test("a loop that was held up sends once, and then keeps its intervals")
    func heldUp() throws {
        var bench = TransactionBench()
        _ = try bench.start(.invite)
        bench.jump(to: 10_000)
        bench.advance(to: 11_500)
        #expect(bench.log == ["0 send INVITE", "10000 send INVITE", "11000 send INVITE"])
    }

    @Test("a refused INVITE is acknowledged each time the refusal comes, and told once")
    func refusal() throws {
        var bench = TransactionBench()
        let (_, branch) = try bench.start(.invite)
        bench.advance(to: 10)
        try bench.response(180, "INVITE", branch: branch)
        try bench.response(486, "INVITE", branch: branch)
        bench.advance(to: 510)
        try bench.response(486, "INVITE", branch: branch)
        bench.advance(to: 100_000)
        #expect(
            bench.log == [
                "0 send INVITE", "10 response 180 INVITE", "10 send ACK", "10 response 486 INVITE", "510 send ACK",
                "32010 client gone",
            ]
        )
        #expect(bench.layer.counters.requestsSent[.ack] == 1)
        #expect(bench.layer.counters.responsesReceived[4] == 1)
        expectEmpty(bench)
    }

    @Test("the ACK of a refusal takes all from the INVITE but To")
    func acknowledgement() throws {
        var bench = TransactionBench()
        let (_, branch) = try bench.start(
            .invite,
            headers: ["Route: <sip:p1;lr>", "Route: <sip:p2;lr>"],
            body: "v=0\r\n"
        )
        try bench.response(404, "INVITE", branch: branch)
        let sent = try bench.events.compactMap { event -> String? in
            guard case .send(let bytes, let destination, let listener) = event else { return nil }
            try #require(destination == bench.peer && listener == TransactionBench.listener)
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(
            sent.last == """
                ACK sip:agent@192.0.2.1:5062;x=y SIP/2.0\r
                Via: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=\(branch)\r
                Route: <sip:p1;lr>\r
                Route: <sip:p2;lr>\r
                From: "Sales Ann" <sip:ann@192.0.2.9>;tag=ours\r
                To: <sip:agent@192.0.2.1>;tag=theirs\r
                Call-ID: call-1\r
                CSeq: 7 ACK\r
                Max-Forwards: 70\r
                Content-Length: 0\r
                \r

                """
        )
    }

    @Test("every 2xx to an INVITE is told, for half a minute, and later ones are strays")
    func accepted() throws {
        var bench = TransactionBench()
        let (_, branch) = try bench.start(.invite)
        try bench.response(200, "INVITE", branch: branch)
        bench.advance(to: 500)
        try bench.response(200, "INVITE", branch: branch)
        bench.advance(to: 32_000)
        try bench.response(200, "INVITE", branch: branch)
        #expect(
            bench.log == [
                "0 send INVITE", "0 response 200 INVITE", "500 response 200 INVITE", "32000 client gone",
                "32000 stray 200 INVITE",
            ]
        )
        #expect(bench.layer.counters.strayResponses == 1)
        expectEmpty(bench)
    }

    @Test(
        "a response that differs in anything is a stray",
        arguments: ["nonce", "slot", "generation", "cookie", "short", "case", "Call-ID", "CSeq number", "CSeq method"]
    )
    func strays(difference: String) throws {
        var bench = TransactionBench()
        var (_, branch) = try bench.start(.bye)
        var (callID, sequence, method) = ("call-1", 7, "BYE")
        switch difference {
        case "nonce": branch = branch.dropLast() + (branch.hasSuffix("0") ? "1" : "0")
        case "slot": branch = "z9hG4bK00000001" + branch.dropFirst(15)
        case "generation": branch = "z9hG4bK0000000000000001" + branch.dropFirst(23)
        case "cookie": branch = "a" + branch
        case "short": branch = String(branch.dropLast())
        case "case": branch = "z9hG4bK" + branch.dropFirst(7).uppercased()
        case "Call-ID": callID = "call-2"
        case "CSeq number": sequence = 8
        default: method = "OPTIONS"
        }
        try bench.response(200, method, branch: branch, callID: callID, sequence: sequence)
        #expect(bench.log == ["0 send BYE"])
        #expect(bench.layer.counters.strayResponses == 1)
    }

    @Test("a response finds its transaction among many")
    func many() throws {
        var bench = TransactionBench(limit: 1000)
        var started: [(id: ClientTransactionID, branch: String)] = []
        for number in 0..<1000 { started.append(try bench.start(.bye, callID: "call-\(number)")) }
        for (number, one) in started.enumerated().reversed() {
            try bench.response(200, "BYE", branch: one.branch, callID: "call-\(number)")
            guard case .response(_, one.id, TransactionBench.owner) = bench.events.last else {
                Issue.record("no response for \(number)")
                return
            }
        }
        bench.advance(to: 5000)
        expectEmpty(bench)
    }

    @Test("a transport that fails ends what has something to send, and nothing else")
    func transportFailure() throws {
        var bench = TransactionBench()
        let (_, ringing) = try bench.start(.invite, callID: "ringing")
        try bench.response(180, "INVITE", branch: ringing, callID: "ringing")
        _ = try bench.start(.invite, callID: "calling")
        _ = try bench.start(.bye, callID: "trying")
        let (_, done) = try bench.start(.bye, callID: "done")
        try bench.response(200, "BYE", branch: done, callID: "done")
        _ = bench.takeLog()
        let elsewhere = Endpoint(address: bench.peer.address, port: 1, transport: .udp)
        bench.note { $0.transportFailed(elsewhere, now: $1, wheel: &$2, out: &$3) }
        #expect(bench.log == [])
        let peer = bench.peer
        bench.note { $0.transportFailed(peer, now: $1, wheel: &$2, out: &$3) }
        #expect(
            bench.log == [
                "0 transport failed INVITE", "0 client gone", "0 transport failed BYE", "0 client gone",
            ]
        )
        #expect(bench.layer.aliveClients == 2)
        try bench.response(200, "INVITE", branch: ringing, callID: "ringing")
        bench.advance(to: 32_000)
        expectEmpty(bench)
    }

    @Test("there is a bound, and a slot that is given back counts no more")
    func bound() throws {
        var bench = TransactionBench(limit: 2)
        let first = bench.layer.reserveClient(owner: 1)
        _ = try bench.start(.bye)
        let third = bench.layer.reserveClient(owner: 3)
        #expect(third == nil)
        #expect(bench.layer.counters.refused == 1)
        bench.layer.abandon(try #require(first).0)
        _ = try bench.start(.bye)
        bench.advance(to: 32_000)
        expectEmpty(bench)
    }

    @Test("a request that was begun cannot be abandoned or begun again")
    func startedOnce() throws {
        var bench = TransactionBench()
        let (id, _) = try bench.start(.bye)
        bench.layer.abandon(id)
        #expect(bench.layer.aliveClients == 1)
        let peer = bench.peer
        bench.note {
            $0.start(
                id,
                request: OutboundRequest(bytes: [], destination: peer, listener: TransactionBench.listener),
                method: .bye,
                now: $1,
                wheel: &$2,
                out: &$3
            )
        }
        #expect(bench.log == ["0 send BYE"])
    }
}
