import Testing

@testable import SIP

@Suite("Calling somebody by name (RFC 3263 section 4.3)")
struct UserAgentLocatingTests {
    private static let first = Endpoint(address: IPAddress(v4: 0xC633_6401), port: 5061)
    private static let second = Endpoint(address: IPAddress(v4: 0xC633_6402), port: 5062)

    private final class Caller {
        var agent: UserAgent
        var now: Milliseconds = 1_000
        private(set) var events: [LegEvent] = []
        private var sent: [Outgoing] = []

        init(outboundProxy: String? = nil) {
            let local = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5060)
            agent = UserAgent(
                configuration: UserAgentConfiguration(
                    listeners: [.init(endpoint: local)],
                    outboundProxy: outboundProxy.flatMap { URI($0) },
                    product: "test"
                ),
                random: SeededGenerator(seed: 7)
            )
        }

        func call(_ uri: String) throws -> LegID {
            let target = try #require(URI(uri))
            let invitation = Invitation(
                target: target,
                fromURI: Array("sip:a@b".utf8),
                displayName: "",
                offer: try UserAgentBench.description(),
                owner: 1
            )
            let leg = agent.invite(invitation, now: now)
            return try #require(leg)
        }

        func lookups() -> [Lookup] {
            var lookups: [Lookup] = []
            agent.drainLookups(into: &lookups)
            return lookups
        }

        func take() -> [Outgoing] {
            while let (event, _) = agent.nextEvent() { events.append(event) }
            var out: [Outgoing] = []
            agent.drainDatagrams(into: &out)
            return out
        }

        func advance(by delay: Milliseconds) -> [Outgoing] {
            let end = now + delay
            var out: [Outgoing] = []
            while let next = agent.wheel.nextDeadline, next <= end {
                now = max(now, next)
                var tokens: [TimerToken] = []
                agent.wheel.advance(to: now, into: &tokens)
                for token in tokens { agent.fire(token, now: now) }
                out += take()
            }
            now = end
            return out
        }

        func respond(_ status: UInt16, to request: Outgoing, contact: String? = nil) throws {
            guard case .message(let message) = Message.parse(request.bytes) else { return }
            let source = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5060)
            let bytes = makeResponse(to: message, source: source, status: status, toTag: Array("t".utf8)) { writer in
                if let contact { writer.field(.contact, Array(contact.utf8)) }
            }
            guard case .message(let response) = Message.parse(bytes) else { return }
            agent.receive(response, from: request.destination, on: request.listener, now: now)
        }

        var refusals: [Int] {
            events.compactMap { if case .refused(_, let status) = $0 { status } else { nil } }
        }
    }

    private func method(_ outgoing: Outgoing) -> String {
        String(decoding: outgoing.bytes, as: UTF8.self).prefix { $0 != " " }.description
    }

    /// A caller whose INVITE has gone to the first of two targets.
    private func calling() throws -> (Caller, LegID, Outgoing) {
        let caller = Caller()
        let leg = try caller.call("sip:anna@agents.test")
        let lookup = try #require(caller.lookups().first)
        #expect(lookup.hop == Hop(host: "agents.test"))
        #expect(caller.take().isEmpty, "nothing is sent before it is known where to")
        caller.agent.located(lookup.id, targets: [Self.first, Self.second], now: caller.now)
        let invite = try #require(caller.take().first)
        #expect(invite.destination == Self.first)
        return (caller, leg, invite)
    }

    @Test("a target that says nothing is given up for the next, and comes last for a while")
    func silence() throws {
        let (caller, _, invite) = try calling()
        let sent = caller.advance(by: 4_000).filter { $0.destination == Self.second }
        #expect(sent.map(method) == ["INVITE"])
        #expect(try #require(sent.first).bytes != invite.bytes, "a branch of its own")
        #expect(caller.refusals.isEmpty)
        _ = try caller.call("sip:anna@agents.test")
        let again = try #require(caller.lookups().first)
        caller.agent.located(again.id, targets: [Self.first, Self.second], now: caller.now)
        #expect(caller.take().first?.destination == Self.second)
    }

    @Test("a target that was given up and rings after all is cancelled")
    func lateRinging() throws {
        let (caller, _, invite) = try calling()
        _ = caller.advance(by: 4_000)
        try caller.respond(180, to: invite)
        let sent = caller.take()
        #expect(sent.map(method) == ["CANCEL"])
        #expect(sent.map(\.destination) == [Self.first])
    }

    @Test("a target that has said anything is waited for")
    func progress() throws {
        let (caller, _, invite) = try calling()
        try caller.respond(100, to: invite)
        #expect(caller.advance(by: 20_000).isEmpty)
    }

    @Test("503 leads to the next target, and from the last to a refusal")
    func unavailable() throws {
        let (caller, _, invite) = try calling()
        try caller.respond(503, to: invite)
        let sent = caller.take()
        #expect(sent.map(method) == ["ACK", "INVITE"])
        let next = try #require(sent.last)
        #expect(next.destination == Self.second)
        #expect(caller.refusals.isEmpty)
        try caller.respond(503, to: next)
        _ = caller.take()
        #expect(caller.refusals == [503])
    }

    @Test("another refusal is final")
    func busy() throws {
        let (caller, _, invite) = try calling()
        try caller.respond(486, to: invite)
        #expect(caller.take().map(method) == ["ACK"])
        #expect(caller.refusals == [486])
    }

    // MARK: Inside a dialog (RFC 3263 section 4.3)

    /// Somebody who has answered from the second place, through a proxy whose name leads to both; his dialog is located.
    private func talking() throws -> (Caller, LegID) {
        let (caller, leg, invite) = try calling()
        try caller.respond(503, to: invite)
        let next = try #require(caller.take().last)
        try caller.respond(200, to: next, contact: "<sip:anna@agents.test>")
        caller.agent.acknowledge(leg, relaying: nil, now: caller.now)
        #expect(caller.take().map(\.destination) == [Self.second])
        let lookup = try #require(caller.lookups().first)
        caller.agent.located(lookup.id, targets: [Self.first, Self.second], now: caller.now)
        return (caller, leg)
    }

    @Test("requests of a dialog go where the peer was heard from, of all the places that his name leads to")
    func aliveFirst() throws {
        let (caller, leg) = try talking()
        // Past the time in which the first place is under suspicion.
        _ = caller.advance(by: 61_000)
        caller.agent.hangUp(leg, status: 480, now: caller.now)
        #expect(caller.take().map(\.destination) == [Self.second])
    }

    @Test("a place that says nothing to a re-INVITE is given up for the next at once, and for the requests behind it")
    func silentInDialog() throws {
        let (caller, leg) = try talking()
        _ = caller.agent.reinvite(leg, relaying: nil, retriesOnGlare: false, now: caller.now)
        let sent = caller.take() + caller.advance(by: 3_900)
        #expect(sent.map(method).allSatisfy { $0 == "INVITE" })
        #expect(sent.map(\.destination) == [Self.second, Self.second, Self.second, Self.first])
        try caller.respond(200, to: try #require(sent.last), contact: "<sip:anna@agents.test>")
        caller.agent.hangUp(leg, status: 480, now: caller.now)
        let end = caller.take()
        #expect(end.map(method) == ["ACK", "BYE"])
        #expect(end.map(\.destination) == [Self.first, Self.first])
        try caller.respond(200, to: try #require(end.last))
        _ = caller.advance(by: 64_000)
        #expect(caller.agent.legsAlive == 0)
    }

    @Test("503 to a request of a dialog leads to the next place")
    func unavailableInDialog() throws {
        let (caller, leg) = try talking()
        caller.agent.hangUp(leg, status: 480, now: caller.now)
        try caller.respond(503, to: try #require(caller.take().first))
        let again = try #require(caller.take().first)
        #expect(method(again) == "BYE" && again.destination == Self.first)
        try caller.respond(200, to: again)
        _ = caller.advance(by: 64_000)
        #expect(caller.agent.legsAlive == 0)
    }

    @Test("a peer who names another host in each re-INVITE has us ask for one at a time")
    func manyNames() throws {
        let bench = UserAgentBench()
        let (_, tag) = try bench.established()
        func lookups() -> [Lookup] {
            var lookups: [Lookup] = []
            bench.agent.drainLookups(into: &lookups)
            return lookups
        }
        for number in 2..<100 {
            let contact = "<sip:x@h\(number).test>"
            try bench.receive(
                bench.request("INVITE", cseq: number, to: tag, contact: contact, body: UserAgentBench.sdp)
            )
            try bench.receive(bench.request("ACK", cseq: number, to: tag))
        }
        let asked = lookups()
        #expect(asked.map(\.hop.host) == ["h2.test"])
        bench.perform { $0.located(asked[0].id, targets: [Self.first], now: $1) }
        #expect(lookups().map(\.hop.host) == ["h99.test"], "the newest that holds")
    }

    @Test("a name that leads nowhere is 503, and so is one that nobody answers for")
    func nowhere() throws {
        let caller = Caller()
        _ = try caller.call("sip:anna@nowhere.test")
        let lookup = try #require(caller.lookups().first)
        caller.agent.located(lookup.id, targets: [], now: caller.now)
        _ = caller.take()
        #expect(caller.refusals == [503])
        _ = try caller.call("sip:anna@nowhere.test")
        _ = caller.advance(by: 10_000)
        #expect(caller.refusals == [503, 503])
        #expect(caller.agent.legsAlive == 0)
    }

    @Test("a call that is taken back while its target is looked for never begins")
    func cancelled() throws {
        let caller = Caller()
        let leg = try caller.call("sip:anna@agents.test")
        let lookup = try #require(caller.lookups().first)
        caller.agent.cancel(leg, now: caller.now)
        _ = caller.take()
        #expect(caller.refusals == [487])
        caller.agent.located(lookup.id, targets: [Self.first], now: caller.now)
        #expect(caller.take().isEmpty)
        #expect(caller.agent.legsAlive == 0)
        #expect(caller.agent.wheel.nextDeadline == nil)
    }

    @Test("calls go through the outbound proxy, which stands in Route")
    func proxy() throws {
        let caller = Caller(outboundProxy: "sip:198.51.100.1:5061;lr")
        _ = try caller.call("sip:anna@agents.test")
        #expect(caller.lookups().isEmpty)
        let invite = try #require(caller.take().first)
        #expect(invite.destination == Self.first)
        let text = String(decoding: invite.bytes, as: UTF8.self)
        #expect(text.hasPrefix("INVITE sip:anna@agents.test SIP/2.0\r\n"))
        #expect(text.contains("\r\nRoute: <sip:198.51.100.1:5061;lr>\r\n"))
    }
}
