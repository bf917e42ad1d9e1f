import Exchange
import SIP
import Testing

@Suite("Overload and floods")
struct OverloadTests {
    private func overload(_ town: Town) {
        for _ in 0..<3 { town.bench.exchange.measured(loopDelay: 1_500, now: town.bench.now) }
    }

    private func isOverloaded(_ town: Town) -> Bool { town.bench.exchange.isOverloaded }

    @Test("New calls get 503 with Retry-After while the loop is late; calls in progress go on")
    func newCalls() {
        let town = Town()
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 1_000)
        overload(town)
        #expect(isOverloaded(town))
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        let refusal = town.caller.received.first { $0.status == 503 }
        #expect(refusal?.number(.retryAfter) ?? 0 > 0)
        #expect(town.bench.exchange.counters.overloaded == 1)
        town.bench.run(for: 1_900)
        #expect(
            town.caller.log.filter { $0.hasPrefix("200 invite") }.count == 1,
            "the first call is answered: \(town.caller.log)"
        )
    }

    @Test("It ends when the loop has been in time again for a while, and not at once")
    func hysteresis() {
        let town = Town()
        overload(town)
        for _ in 0..<3 { town.bench.exchange.measured(loopDelay: 0, now: town.bench.now) }
        #expect(isOverloaded(town))
        town.bench.exchange.measured(loopDelay: 0, now: town.bench.now + 2_000)
        #expect(!isOverloaded(town))
        #expect(town.bench.exchange.counters.overloads == 1)
    }

    @Test("One late wake-up, or two, say nothing")
    func hiccup() {
        let town = Town()
        for delay in [5_000, 5_000, 0, 5_000, 5_000, 0] as [Milliseconds] {
            town.bench.exchange.measured(loopDelay: delay, now: town.bench.now)
            #expect(!isOverloaded(town))
        }
    }

    @Test("Transactions: it begins at the bound and ends at three quarters of it")
    func transactions() {
        var control = OverloadControl()
        var limits = OverloadControl.Limits()
        limits.transactions = 100
        var told: [String] = []
        for (transactions, now) in [(99, 0), (100, 0), (75, 9_000), (74, 9_000)] as [(Int, Milliseconds)] {
            guard control.observe(transactions: transactions, limits: limits, now: now) else { continue }
            told.append("\(transactions) \(control.reason?.rawValue ?? "over")")
        }
        #expect(told == ["100 transactions", "74 over"])
    }

    @Test("A source that floods is limited, and hurts no other; its allowance comes back with time")
    func flood() throws {
        var control = OverloadControl()
        var limits = OverloadControl.Limits()
        limits.requestsPerSource = 100
        let noisy = try #require(IPAddress("192.0.2.1"))
        let quiet = try #require(IPAddress("192.0.2.2"))
        let admitted = (0..<1_000).filter { _ in
            control.admits(noisy, isTrusted: true, limits: limits, now: 0)
        }
        #expect(admitted.count == 100)
        let isQuietAdmitted = control.admits(quiet, isTrusted: true, limits: limits, now: 0)
        #expect(isQuietAdmitted)
        let later = (0..<1_000).filter { _ in
            control.admits(noisy, isTrusted: true, limits: limits, now: 500)
        }
        #expect(later.count == 50)
    }

    @Test("A hundred thousand made-up addresses are heard as often as one that is trusted, and take no memory")
    func madeUpAddresses() throws {
        var control = OverloadControl()
        var limits = OverloadControl.Limits()
        limits.requestsPerSource = 5_000
        let trusted = try #require(IPAddress("192.0.2.1"))
        let flooder = try #require(IPAddress("198.51.100.1"))
        var heard = 0
        for number in 0..<100_000 {
            let source = IPAddress(v4: 0x0A00_0000 + UInt32(number))
            if control.admits(source, isTrusted: false, limits: limits, now: Milliseconds(number / 100)) { heard += 1 }
            // One of them floods all the while, and is not forgotten among the others.
            _ = control.admits(flooder, isTrusted: false, limits: limits, now: Milliseconds(number / 100))
        }
        // A second's worth to begin with, and what came in the second.
        #expect((9_000...10_000).contains(heard), "\(heard)")
        #expect(control.sourcesKnown <= 8_192)
        let isTrustedHeard = control.admits(trusted, isTrusted: true, limits: limits, now: 1_000)
        #expect(isTrustedHeard)
        let later = (0..<1_000).count { _ in control.admits(flooder, isTrusted: false, limits: limits, now: 1_000) }
        #expect(later <= 1)
        // Who has sent nothing for a second may send as much as if nothing were known of him.
        control.giveBackMemory(now: 1_999)
        #expect(control.sourcesKnown == 2)
        control.giveBackMemory(now: 2_000)
        #expect(control.sourcesKnown == 0)
    }

    @Test("Strangers of one IPv6 network are one source; trusted ones are each their own")
    func networks() throws {
        var control = OverloadControl()
        var limits = OverloadControl.Limits()
        limits.requestsPerSource = 100
        let addresses = (1...50).compactMap { IPAddress("2001:db8:1:2::\($0)") }
        let strangers = addresses.count { control.admits($0, isTrusted: false, limits: limits, now: 0) }
        #expect(strangers == 2)
        let trusted = addresses.count { control.admits($0, isTrusted: true, limits: limits, now: 0) }
        #expect(trusted == 50)
    }

    /// A request that names a dialog which there is not.
    private func stray(_ town: Town, _ method: String, _ number: Int, tag: String = ";tag=zzz") {
        town.caller.send(
            [
                "\(method) sip:x@127.0.0.1 SIP/2.0",
                "Via: SIP/2.0/UDP 127.0.0.1:7001;branch=z9hG4bK-s\(method)\(number)",
                "Max-Forwards: 70", "From: <sip:a@b>;tag=1", "To: <sip:x@y>\(tag)", "Call-ID: stray-\(number)",
                "CSeq: 1 \(method)", "Content-Length: 0", "", "",
            ].joined(separator: "\r\n")
        )
    }

    @Test("What belongs to no dialog is refused without a transaction, and limited, from whomever it comes")
    func strayRequests() {
        let town = Town { $0.overload.requestsPerSource = 100 }
        for number in 0..<150 {
            stray(town, "BYE", number)
            stray(town, "CANCEL", number, tag: "")
        }
        town.bench.run()
        #expect(town.bench.exchange.transactionsAlive == 0)
        #expect(town.caller.log.count { $0 == "481 bye" || $0 == "481 cancel" } == 100)
        #expect(town.caller.log.count { $0 == "503 bye" || $0 == "503 cancel" } == 200)
        #expect(town.bench.exchange.counters.flooding == 200)
    }

    @Test("An agent who floods inside his dialog is limited; his BYE gets through, and the call of another goes on")
    func floodInDialog() {
        let town = Town { $0.overload.requestsPerSource = 0 }
        let call = town.call(for: 3_000)
        for _ in 0..<1_000 { town.anna.ask("OPTIONS", town.anna.lastCallID) }
        town.bench.run()
        #expect((90...110).contains(town.anna.log.count { $0 == "200 options" }))
        #expect(town.anna.log.count { $0 == "500 options" } >= 890)
        #expect(town.anna.received.last?.number(.retryAfter) == 1)
        #expect(town.bench.exchange.transactionsAlive < 150)
        #expect(town.bench.exchange.counters.flooding >= 890)
        // His allowance comes back.
        town.bench.run(for: 1_000)
        town.anna.ask("OPTIONS", town.anna.lastCallID)
        town.bench.run()
        #expect(town.anna.log.last == "200 options")
        for _ in 0..<200 { town.anna.ask("OPTIONS", town.anna.lastCallID) }
        town.caller.reinvite(call, sdp: town.caller.sdp())
        town.anna.hangUp(town.anna.lastCallID)
        town.bench.run()
        #expect(town.anna.log.last == "200 bye")
        #expect(town.caller.log.last == "bye")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("OPTIONS get what an INVITE would: 503 with Retry-After while calls are refused", arguments: [true, false])
    func options(isDraining: Bool) {
        let town = Town()
        stray(town, "OPTIONS", 1, tag: "")
        town.bench.run()
        if isDraining { town.bench.exchange.refuseNewCalls() } else { overload(town) }
        stray(town, "OPTIONS", 2, tag: "")
        town.bench.run()
        #expect(town.caller.log == ["200 options", "503 options"])
        #expect(town.caller.received.last?.number(.retryAfter) ?? 0 > 0)
    }

    @Test("Strangers get a fiftieth, then silence")
    func strangers() {
        let town = Town { configuration in
            configuration.trusted = []
            configuration.overload.requestsPerSource = 100
        }
        for _ in 0..<10 { town.caller.invite("support", sdp: town.caller.sdp()) }
        town.bench.run()
        #expect(town.caller.log == ["403 invite", "403 invite"])
        #expect(town.bench.exchange.counters.untrusted == 10)
        #expect(town.bench.exchange.counters.flooding == 8)
    }
}
