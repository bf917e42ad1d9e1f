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
            try Situation(state).town.bench.keptCalls.values.map { try KeptCall(entries: $0) }
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

    @Test("what has changed is kept without the rest, and all of it together is the call as it is")
    func changes() throws {
        let town = Town(hasWelcome: true)
        town.call(for: 10_000)
        let entries = try #require(town.bench.keptCalls.values.first)
        let call = try KeptCall(entries: entries)
        guard case .talking("anna", _, _) = call.stage else {
            Issue.record("not talking")
            return
        }
        #expect(entries.count > 4)
        let changes = entries.dropFirst().map(\.count).reduce(0, +)
        let wholes = try (2...entries.count).map { try KeptCall(entries: Array(entries[..<$0])).encoded.count }
        #expect(changes * 4 < wholes.reduce(0, +) * 3, "less than three quarters of the whole")
        // A pass has everything kept as a whole.
        town.bench.exchange.beginKeepingAll()
        while !town.bench.exchange.keepMore(atMost: 10, now: town.bench.now) {}
        town.bench.run()
        let whole = try #require(town.bench.keptCalls.values.first)
        #expect(whole.count == 1)
        #expect(try KeptCall(entries: whole) == call)
    }

    @Test("a change that is missing or damaged leaves what was kept before")
    func brokenChanges() throws {
        let town = Town(hasWelcome: true)
        town.call(for: 10_000)
        let entries = try #require(town.bench.keptCalls.values.first)
        let last = entries.count - 1
        let before = try KeptCall(entries: Array(entries[..<last]))
        #expect(try KeptCall(entries: entries) != before)
        var damaged = entries
        damaged[last].removeLast()
        #expect(try KeptCall(entries: damaged) == before)
        var gap = entries
        gap.remove(at: 2)
        #expect(try KeptCall(entries: gap) == KeptCall(entries: Array(entries[..<2])))
        #expect(throws: ByteReader.Malformed.self) { try KeptCall(entries: Array(entries.dropFirst())) }
        #expect(throws: ByteReader.Malformed.self) { try KeptCall(entries: []) }
    }

    @Test("what nobody is told of is kept a second later, or when the process is about to end")
    func quiet() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        // His ACK: nobody is told of that.
        town.call()
        let told = town.bench.keepings
        town.bench.run(for: 900)
        #expect(town.bench.keepings == told)
        town.bench.run(for: 200)
        #expect(town.bench.keepings == told + 1)
        town.bench.run(for: 10_000)
        #expect(town.bench.keepings == told + 1)

        town.call()
        let second = town.bench.keepings
        town.bench.exchange.keepQuiet(now: town.bench.now)
        town.bench.run()
        #expect(town.bench.keepings == second + 1)
    }

    @Test("what found no room is made good by what is kept next")
    func noRoom() throws {
        let town = Town(hasWelcome: true)
        town.call(for: 2_000)
        town.bench.exchange.keepingFailed()
        town.bench.run(for: 8_000)
        let call = try #require(town.bench.keptCalls.values.first)
        guard case .talking = try KeptCall(entries: call).stage else {
            Issue.record("not talking")
            return
        }
        #expect(try KeptCall(encoded: call[0]).callIDs.count > 1, "begun again with the whole call")
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
