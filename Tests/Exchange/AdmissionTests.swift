import CallCenter
import Exchange
import SIP
import Testing

@Suite("Admission and routing")
struct AdmissionTests {
    @Test("A stranger is refused with 403, or not answered at all, and counted", arguments: [true, false])
    func untrusted(isAnswered: Bool) {
        let town = Town { configuration in
            configuration.trusted = [IPNetwork("10.0.0.0/8")].compactMap(\.self)
            configuration.untrusted = isAnswered ? .reject : .drop
        }
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        #expect(town.caller.log == (isAnswered ? ["403 invite"] : []))
        #expect(town.bench.exchange.counters.untrusted == 1)
        #expect(town.bench.exchange.transactionsAlive == 0)
    }

    @Test("An unknown flow is 404, a flow without agents 480, each with its own count")
    func outcomes() {
        let town = Town(loggedIn: false)
        town.caller.invite("nothing", sdp: town.caller.sdp())
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        #expect(town.caller.log == ["404 invite", "480 invite"])
        let counted = zip(RoutingOutcome.allCases, town.bench.exchange.counters.outcomes).filter { $0.1 > 0 }.map(\.0)
        #expect(counted == [.unknownFlow, .noAgents])
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A body that is no SDP is 400, another type of body 415")
    func badBodies() {
        let town = Town()
        town.caller.invite("support", sdp: "this is no SDP\r\n")
        town.bench.run()
        #expect(town.caller.log == ["400 invite"])
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Routes decide in their order, and capture the flow")
    func routes() throws {
        let help = try RoutePattern("sip:help@*")
        let queue = try RoutePattern("sip:q-{flow}@*")
        let town = Town { configuration in
            configuration.routes = [
                Route(pattern: help, flow: "support"), Route(pattern: queue, flow: nil),
            ]
        }
        for user in ["help", "q-support", "q-other"] { town.caller.invite(user, sdp: town.caller.sdp()) }
        town.bench.run()
        #expect(town.bench.snapshot.totals.counters.received == 2)
        #expect(town.caller.log.contains("404 invite"))
    }

    @Test("Routes by header, To and From decide by what stands there; without the header the next one does")
    func routesByHeader() throws {
        let town = Town()
        var configuration = town.bench.exchange.configuration
        configuration.routes = [
            Route(subject: .header("X-Queue"), pattern: try RoutePattern("{flow}"), flow: nil),
            Route(subject: .header("Subject"), pattern: try RoutePattern("to {flow}"), flow: nil),
            Route(subject: .to, pattern: try RoutePattern("sip:{flow}-line@*"), flow: nil),
            Route(subject: .from, pattern: try RoutePattern("sip:alice@*"), flow: "alices"),
        ]
        town.bench.exchange.apply(configuration, now: town.bench.now)
        func outcome(_ user: String, _ extra: [String] = []) -> Int? {
            let call = town.caller.invite(user, sdp: town.caller.sdp(), extra: extra)
            town.bench.run(for: 2_000)
            let dialog = town.caller.dialogs[call]
            town.caller.hangUp(call)
            // Until Anna's wrap-up is over.
            town.bench.run(for: 6_000)
            return dialog?.finalStatus
        }
        // Case of the name does not matter, that of the value does.
        #expect(outcome("nowhere", ["x-queue: support"]) == 200)
        #expect(outcome("support", ["X-Queue: Support"]) == 404)
        #expect(outcome("nowhere", ["s: to support"]) == 200, "the compact form of Subject")
        // Of two, the first counts.
        #expect(outcome("nowhere", ["X-Queue: support", "X-Queue: other"]) == 200)
        #expect(outcome("support-line") == 200)
        // The user part would do, but a route that matches decides.
        #expect(outcome("support") == 404)
        #expect(town.bench.snapshot.totals.counters.received == 4)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("More calls than allowed are refused with 503")
    func full() {
        let town = Town { $0.policy.maxCalls = 1 }
        town.caller.invite("support", sdp: town.caller.sdp())
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        #expect(town.caller.log.contains("503 invite"))
        #expect(town.bench.exchange.counters.overloaded == 1)
    }
}

@Suite("Patterns of routes")
struct RoutePatternTests {
    @Test(
        "Match or not, and what is captured",
        arguments: [
            ("sip:help@*", "sip:help@example.com", true, nil),
            ("sip:help@*", "sip:helper@example.com", false, nil),
            ("{flow}", "support", true, "support"),
            ("sip:{flow}@*", "sip:support@example.com", true, "support"),
            ("sip:{flow}@*", "sip:@example.com", false, nil),
            ("*@b", "a@b@b", true, nil),
            ("*@b", "a@bc", false, nil),
            ("*x*y", "axbxcy", true, nil),
            ("a*a", "a", false, nil),
            ("exact", "exact", true, nil),
            ("exact", "exactly", false, nil),
        ] as [(String, String, Bool, String?)]
    )
    func matches(pattern: String, text: String, isMatch: Bool, flow: String?) throws {
        let match = try RoutePattern(pattern).match(Array(text.utf8)[...])
        #expect((match != nil) == isMatch)
        #expect(match?.flow.map { String(decoding: $0, as: UTF8.self) } == flow)
    }

    @Test(
        "What is no pattern",
        arguments: [("", RoutePattern.Problem.empty), ("**", .adjacentWildcards), ("{flow}x{flow}", .twoFlows)]
    )
    func problems(text: String, problem: RoutePattern.Problem) {
        #expect(throws: problem) { try RoutePattern(text) }
    }

    @Test(
        "Requests of dialogs and transactions that do not exist are counted like others: a flood of them leaves nothing"
    )
    func strayFlood() {
        let town = Town { $0.overload.requestsPerSource = 3 }
        for number in 0..<20 {
            let method = number % 2 == 0 ? "BYE" : "CANCEL"
            town.caller.send(
                [
                    "\(method) sip:x@127.0.0.1:5060 SIP/2.0",
                    "Via: SIP/2.0/UDP 127.0.0.1:7001;branch=z9hG4bK-\(number)",
                    "Max-Forwards: 70", "From: <sip:a@b>;tag=a", "To: <sip:x@y>\(method == "BYE" ? ";tag=zzz" : "")",
                    "Call-ID: stray-\(number)", "CSeq: 1 \(method)", "Content-Length: 0", "", "",
                ].joined(separator: "\r\n")
            )
        }
        town.bench.run()
        #expect(town.caller.received.filter { $0.status == 481 }.count == 3)
        #expect(town.caller.received.filter { $0.status == 503 }.count == 17)
        #expect(town.bench.exchange.transactionsAlive == 0, "what belongs to nothing leaves nothing")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("OPTIONS gets the answer that an INVITE would: 503 from a service that takes no new calls")
    func askedWhileDraining() throws {
        let town = Town()
        func ask(_ number: Int) {
            town.caller.send(
                [
                    "OPTIONS sip:127.0.0.1:5060 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:7001;branch=z9hG4bK-o\(number)",
                    "Max-Forwards: 70", "From: <sip:a@b>;tag=a", "To: <sip:x@y>", "Call-ID: asks-\(number)",
                    "CSeq: 1 OPTIONS", "Content-Length: 0", "", "",
                ].joined(separator: "\r\n")
            )
            town.bench.run()
        }
        ask(1)
        #expect(town.caller.log == ["200 options"])
        town.bench.exchange.refuseNewCalls()
        ask(2)
        #expect(town.caller.log.last == "503 options")
        #expect(try #require(town.caller.received.last).has(.retryAfter))
        #expect(town.leftoversAtTheEnd() == [])
    }
}
