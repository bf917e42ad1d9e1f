import SIP
import Testing

@Suite("Matching of requests")
struct MatchingTests {
    @Test("the same branch is the same request only from the same sent-by and with the same method")
    func branch() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        try bench.request("INVITE", sentBy: "192.0.2.2:5062")
        try bench.request("INVITE", sentBy: "192.0.2.1:5063")
        try bench.request("OPTIONS")
        try bench.request("INVITE", branch: "z9hG4bKabC")
        #expect(bench.log.count == 5)
        try bench.request("INVITE", callID: "another", sequence: 99)
        #expect(bench.log.count == 5)
        #expect(bench.layer.aliveServers == 5)
    }

    @Test("sent-by is compared without regard to case, and 5060 is the default port")
    func sentBy() throws {
        var bench = TransactionBench()
        try bench.request("OPTIONS", sentBy: "PBX.example")
        try bench.request("OPTIONS", sentBy: "pbx.EXAMPLE:5060")
        #expect(bench.log == ["0 request OPTIONS"])
    }

    @Test("the ACK of a refusal belongs to its INVITE, that of another branch to no transaction")
    func ack() throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        let (invite, id) = try bench.lastRequest()
        bench.respond(486, to: invite, id)
        try bench.request("ACK", branch: "z9hG4bKother", toTag: "ours")
        #expect(bench.log.last == "0 ack of a dialog")
        try bench.request("ACK", toTag: "ours")
        bench.advance(to: 5000)
        #expect(bench.log.last == "5000 server gone")
        expectEmpty(bench)
    }

    /// Two ways in which RFC 2543 implementations write Via.
    static let legacy: [String?] = [nil, "1", "z9hG4bK"]

    @Test("a branch without the magic cookie is not relied upon (RFC 2543)", arguments: legacy)
    func legacyRequests(branch: String?) throws {
        var bench = TransactionBench()
        try bench.request("INVITE", branch: branch)
        try bench.request("INVITE", branch: branch)
        #expect(bench.log == ["0 request INVITE"])
        try bench.request("INVITE", branch: branch, uri: "sip:other@192.0.2.9")
        try bench.request("INVITE", branch: branch, callID: "another")
        try bench.request("INVITE", branch: branch, sequence: 2)
        try bench.request("INVITE", branch: branch, toTag: "x")
        try bench.request("INVITE", branch: branch, sentBy: "192.0.2.1:7")
        #expect(bench.log.count == 6)
    }

    @Test("its ACK must have the To tag of the response, its CANCEL that of the request", arguments: legacy)
    func legacyAck(branch: String?) throws {
        var bench = TransactionBench()
        try bench.request("INVITE", branch: branch)
        let (invite, id) = try bench.lastRequest()
        try bench.request("CANCEL", branch: branch)
        #expect(bench.log.last == "0 cancel of INVITE")
        bench.respond(487, to: invite, id)
        try bench.request("ACK", branch: branch, toTag: "wrong")
        #expect(bench.log.last == "0 ack of a dialog")
        try bench.request("ACK", branch: branch, toTag: "ours")
        bench.advance(to: 5000)
        #expect(bench.log.last == "5000 server gone")
        #expect(bench.layer.counters.missingAcks == 0)
    }

    @Test("what shares a key is found whichever of them ends first")
    func chains() throws {
        let methods = ["INVITE", "CANCEL", "OPTIONS", "BYE"]
        for first in methods {
            var bench = TransactionBench()
            var requests: [String: (Message, ServerTransactionID)] = [:]
            for method in methods {
                try bench.request(method)
                requests[method] = try bench.lastRequest()
            }
            let (request, id) = try #require(requests[first])
            bench.respond(486, to: request, id)
            if first == "INVITE" { try bench.request("ACK") }
            bench.advance(to: first == "INVITE" ? 5_000 : 32_000)
            let before = bench.layer.counters.requestsReceived.total
            for method in methods where method != first && (method == "INVITE" || first == "INVITE") {
                try bench.request(method)
            }
            #expect(bench.layer.counters.requestsReceived.total == before, "after the end of \(first)")
            bench.advance(to: 2_000_000)
            expectEmpty(bench)
        }
    }

    @Test("nothing of what happens depends on the seed but the tokens", arguments: [2, 3, 4] as [UInt64])
    func seeds(seed: UInt64) throws {
        func run(_ seed: UInt64) throws -> [String] {
            var bench = TransactionBench(seed: seed)
            for number in 0..<20 { try bench.request("OPTIONS", branch: "z9hG4bK\(number)") }
            _ = try bench.start(.invite)
            bench.advance(to: 40_000)
            expectEmpty(bench)
            return bench.log
        }
        #expect(try run(seed) == run(1))
    }
}
