import Testing

@testable import SIP

@Suite("Memory of transactions")
struct TransactionMemoryTests {
    private let offer = String(repeating: "a=candidate:1 1 UDP 2130706431 192.0.2.1 5000 typ host\r\n", count: 60)

    @Test("an ended INVITE of ours keeps its ACK or nothing, and less than 1 KiB", arguments: [200, 486])
    func client(status: Int) throws {
        var bench = TransactionBench()
        let (id, branch) = try bench.start(.invite, body: offer)
        try bench.response(status, "INVITE", branch: branch)
        let sent = try #require(bench.layer.clients[id.handle]?.sent)
        #expect(sent.bytes.isEmpty == (status == 200))
        #expect(sent.bytes.capacity + MemoryLayout<ClientTransaction>.stride < 1024)
    }

    @Test(
        "an ended INVITE of a peer keeps its refusal or nothing, and less than 1 KiB",
        arguments: [200, 486] as [UInt16]
    )
    func server(status: UInt16) throws {
        var bench = TransactionBench()
        try bench.request("INVITE")
        let (invite, id) = try bench.lastRequest()
        #expect(bench.layer.servers[id.handle]?.request.isEmpty == false)
        bench.respond(180, to: invite, id)
        #expect(bench.layer.servers[id.handle]?.request.isEmpty == true)
        bench.respond(status, to: invite, id)
        let server = try #require(bench.layer.servers[id.handle])
        #expect(server.response.isEmpty == (status == 200))
        let kept = server.response.capacity + server.key.capacity + MemoryLayout<ServerTransaction>.stride
        #expect(kept < 1024)
        try bench.request("ACK", toTag: "ours")
        #expect(bench.layer.servers[id.handle]?.response.isEmpty == true)
    }

    @Test("the key of a later request takes no more than that of the first")
    func keys() throws {
        var bench = TransactionBench()
        let sizes = try (100..<700).map { number in
            try bench.request("OPTIONS", branch: "z9hG4bK\(number)")
            let (_, id) = try bench.lastRequest()
            return try #require(bench.layer.servers[id.handle]).key.capacity
        }
        // The heap gives a piece as it is, rather than cut off of it what nobody could use.
        let first = try #require(sizes.first)
        #expect(sizes.allSatisfy { $0 <= first + 16 })
    }
}
