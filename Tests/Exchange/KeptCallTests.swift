import CallCenter
import Exchange
import SIP
import Testing

/// How calls and agents stand in the journal.
@Suite("Kept calls")
struct KeptCallTests {
    /// What a core has had kept in each state of a call.
    private func samples() throws -> [KeptCall] {
        try Situation.State.allCases.flatMap { state in
            try Situation(state).town.bench.keptCalls.values.map { try KeptCall(encoded: $0) }
        }
    }

    @Test("what is written is read back, in every state of a call")
    func roundTrip() throws {
        let samples = try samples()
        #expect(samples.count == Situation.State.allCases.count)
        for call in samples { #expect(try KeptCall(encoded: call.encoded) == call) }
        var named = try #require(samples.first)
        named.caller.names = ["anna.example.com", "b\u{e9}n.example.com"]
        named.caller.source.transport = .tls
        named.caller.source.domain = 2
        named.caller.isSecure = true
        #expect(try KeptCall(encoded: named.encoded) == named)
        for agent in [
            KeptAgent(id: "anna", freeSince: 1_700_000_000_000, wrapupEnds: nil),
            KeptAgent(id: "b\u{e9}n", freeSince: -5, wrapupEnds: 1_700_000_000_000),
        ] {
            #expect(try KeptAgent(encoded: agent.encoded) == agent)
        }
    }

    @Test("what is cut off is refused")
    func cut() throws {
        for call in try samples().prefix(3) {
            let encoded = call.encoded
            for length in stride(from: 0, to: encoded.count, by: 3) {
                #expect(throws: ByteReader.Malformed.self) { try KeptCall(encoded: Array(encoded[..<length])) }
            }
            #expect(throws: ByteReader.Malformed.self) { try KeptCall(encoded: encoded + [0]) }
        }
    }

    @Test("what is damaged is refused, or can be written again, and a core that is given it stays sound")
    func damaged() throws {
        var random = SeededGenerator(seed: 7)
        for sample in try samples() {
            for _ in 0..<40 {
                var encoded = sample.encoded
                for _ in 0...(random.next() % 3) {
                    encoded[Int(random.next() % UInt64(encoded.count))] ^= UInt8(1 << (random.next() % 8))
                }
                guard let call = try? KeptCall(encoded: encoded) else { continue }
                #expect(try KeptCall(encoded: call.encoded) == call)
                let town = Town()
                _ = town.bench.exchange.restore(calls: [call, sample], agents: [], now: town.bench.now)
                #expect(town.bench.exchange.checkInvariants() == [])
            }
        }
    }
}
