import Testing

@testable import SIP

/// A user agent with a UDP, a TCP and a TLS socket, and what it sends.
private final class TransportBench {
    private(set) var agent: UserAgent
    private var now: Milliseconds = 1_000
    static let peer = IPAddress(v4: 0xC633_6407)

    private struct Unreadable: Error {}

    init() {
        let local = IPAddress(v4: 0xC000_0201)
        agent = UserAgent(
            configuration: UserAgentConfiguration(
                listeners: [
                    .init(endpoint: Endpoint(address: local, port: 5060)),
                    .init(endpoint: Endpoint(address: local, port: 5070, transport: .tcp)),
                    .init(endpoint: Endpoint(address: local, port: 5061, transport: .tls)),
                ],
                product: "test"
            ),
            random: SeededGenerator(seed: 7)
        )
    }

    /// Calls a URI, with an SDP of about so many bytes, and gives what was sent.
    func call(_ uri: String, padding: Int = 0) throws -> [Outgoing] {
        let attributes = String(repeating: "a=padding:0123456789\r\n", count: padding / 22)
        let offer = try SessionDescription(parsing: Array((UserAgentBench.body(version: 1) + attributes).utf8))
        let target = try #require(URI(uri))
        let invitation = Invitation(
            target: target,
            fromURI: Array("sip:a@b".utf8),
            displayName: "",
            offer: offer,
            owner: 1
        )
        try #require(agent.invite(invitation, now: now) != nil)
        return take()
    }

    /// A caller over TCP who has been answered and has acknowledged that.
    func established(from source: Endpoint, contact: String, number: Int) throws -> LegID {
        func receive(_ method: String, to tag: String, body: String) throws {
            let text =
                "\(method) sip:help@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.7;branch=z9hG4bK\(method)\(number)\r\n"
                + "Max-Forwards: 70\r\nFrom: <sip:p@h>;tag=r\r\nTo: <sip:help@192.0.2.1>\(tag)\r\nCall-ID: \(number)\r\n"
                + "CSeq: 1 \(method)\r\nContact: <\(contact)>\r\nContent-Type: application/sdp\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            guard case .message(let message) = Message.parse(Array(text.utf8)) else { throw Unreadable() }
            agent.receive(message, from: source, on: ListenerID(1), now: now)
        }
        try receive("INVITE", to: "", body: UserAgentBench.body(version: 1))
        let leg = try #require(events.last?.leg)
        agent.accept(leg, relaying: try UserAgentBench.description(), now: now)
        let answer = String(decoding: try #require(take().last).bytes, as: UTF8.self)
        let tag = try #require(answer.firstMatch(of: /\r\nTo: [^\r]*(;tag=[^;\r]+)/))
        try receive("ACK", to: String(tag.1), body: "")
        return leg
    }

    /// A re-INVITE in that call.
    func reinvite(_ leg: LegID) throws -> [Outgoing] {
        _ = agent.reinvite(leg, relaying: try UserAgentBench.description(port: 4_444), retriesOnGlare: true, now: now)
        return take()
    }

    /// The answer to a request of ours, and what follows from it.
    func answer(_ request: Outgoing, from source: Endpoint, contact: String) throws -> [Outgoing] {
        guard case .message(let message) = Message.parse(request.bytes) else { throw Unreadable() }
        let text = String(decoding: makeResponse(to: message, source: source, status: 200, toTag: nil), as: UTF8.self)
        let body = UserAgentBench.body(version: 2)
        let whole = text.replacing(
            "Content-Length: 0\r\n\r\n",
            with:
                "Contact: <\(contact)>\r\nContent-Type: application/sdp\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        guard case .message(let response) = Message.parse(Array(whole.utf8)) else { throw Unreadable() }
        agent.receive(response, from: source, on: request.listener, now: now)
        return take()
    }

    func fail(_ peer: Endpoint) -> [Outgoing] {
        agent.transportFailed(peer, now: now)
        return take()
    }

    var events: [LegEvent] {
        var events: [LegEvent] = []
        while let (event, _) = agent.nextEvent() { events.append(event) }
        return events
    }

    private func take() -> [Outgoing] {
        var out: [Outgoing] = []
        agent.drainDatagrams(into: &out)
        return out
    }
}

@Suite("The transport of a request (RFC 3261 section 18.1.1)")
struct UserAgentTransportTests {
    private func via(_ outgoing: Outgoing) -> String {
        let text = String(decoding: outgoing.bytes, as: UTF8.self)
        let line = text.split(separator: "\r\n").first { $0.hasPrefix("Via: ") } ?? ""
        return String(line.prefix { $0 != ";" })
    }

    private func text(_ outgoing: Outgoing) -> String { String(decoding: outgoing.bytes, as: UTF8.self) }

    @Test("a URI that says TCP is called by TCP, and told a Contact that says so")
    func tcp() throws {
        let sent = try TransportBench().call("sip:anna@198.51.100.7;transport=tcp")
        try #require(sent.count == 1)
        #expect(sent[0].destination == Endpoint(address: TransportBench.peer, port: 5060, transport: .tcp))
        #expect(sent[0].listener == ListenerID(1))
        #expect(via(sent[0]) == "Via: SIP/2.0/TCP 192.0.2.1:5070")
        #expect(text(sent[0]).contains("\r\nContact: <sip:192.0.2.1:5070;transport=tcp>\r\n"))
    }

    @Test("what is too large for UDP goes by TCP; by UDP after all if the peer does not take that, and then at once")
    func large() throws {
        let bench = TransportBench()
        let udp = Endpoint(address: TransportBench.peer, port: 5060)
        let tcp = Endpoint(address: TransportBench.peer, port: 5060, transport: .tcp)
        let first = try bench.call("sip:anna@198.51.100.7", padding: 1_300)
        #expect(first.map(\.destination) == [tcp])
        #expect(first.map(via) == ["Via: SIP/2.0/TCP 192.0.2.1:5070"])
        let second = bench.fail(tcp)
        #expect(second.map(\.destination) == [udp])
        #expect(second.map(via) == ["Via: SIP/2.0/UDP 192.0.2.1:5060"])
        #expect(bench.events.isEmpty, "nobody is told of a detour")
        let third = try bench.call("sip:anna@198.51.100.7", padding: 1_300)
        #expect(third.map(\.destination) == [udp])
    }

    @Test(
        "TLS: Via and Contact say so, and a Contact is sips: where the peer's URI is (RFC 3261 section 8.1.1.8)",
        arguments: [
            ("sip:anna@198.51.100.7;transport=tls", "sip:192.0.2.1:5061;transport=tls"),
            ("sips:anna@198.51.100.7", "sips:192.0.2.1:5061"),
        ]
    )
    func secure(uri: String, contact: String) throws {
        let sent = try TransportBench().call(uri)
        try #require(sent.count == 1)
        #expect(sent[0].destination == Endpoint(address: TransportBench.peer, port: 5061, transport: .tls))
        #expect(via(sent[0]) == "Via: SIP/2.0/TLS 192.0.2.1:5061")
        #expect(text(sent[0]).contains("\r\nContact: <\(contact)>\r\n"))
    }

    @Test("a TLS peer who was found by name is the same under the address in his Contact, and nobody else there is")
    func named() throws {
        var heardFrom = Endpoint(address: TransportBench.peer, port: 5061, transport: .tls)
        heardFrom.domain = 3
        var dialog = Dialog(
            callID: [],
            localTag: Token(slot: 1, generation: 1, nonce: 1),
            localAddress: [],
            remoteAddress: [],
            remoteTarget: try #require(URI("sip:anna@198.51.100.7:5061;transport=tls")),
            localCSeq: 1,
            listener: ListenerID(2),
            local: Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5061, transport: .tls)
        )
        dialog.heardFrom = heardFrom
        #expect(dialog.nextHop == heardFrom)
        dialog.remoteTarget = try #require(URI("sip:anna@198.51.100.7:5071;transport=tls"))
        #expect(dialog.nextHop == Endpoint(address: TransportBench.peer, port: 5071, transport: .tls))
    }

    @Test(
        "a caller who cannot be reached where his Contact says is called back on his connection, from then on at once"
    )
    func behindNAT() throws {
        let bench = TransportBench()
        let contact = "sip:p@10.0.0.7:5070;transport=tcp"
        let there = Endpoint(address: IPAddress(v4: 0x0A00_0007), port: 5_070, transport: .tcp)
        let here = Endpoint(address: IPAddress(v4: 0xCB00_7105), port: 6_666, transport: .tcp)
        let first = try bench.established(from: here, contact: contact, number: 1)
        #expect(try bench.reinvite(first).map(\.destination) == [there])
        let again = bench.fail(there)
        try #require(again.map(\.destination) == [here])
        let ack = try bench.answer(again[0], from: here, contact: contact)
        #expect(ack.map { text($0).prefix(4) } == ["ACK "])
        #expect(ack.map(\.destination) == [here])
        let second = try bench.established(from: here, contact: contact, number: 2)
        #expect(try bench.reinvite(second).map(\.destination) == [here])
    }

    @Test("what fits goes by UDP")
    func small() throws {
        let sent = try TransportBench().call("sip:anna@198.51.100.7")
        #expect(sent.map(\.destination) == [Endpoint(address: TransportBench.peer, port: 5060)])
    }

    @Test("a peer who cannot be reached by the only way there is has refused with 503")
    func unreachable() throws {
        let bench = TransportBench()
        _ = try bench.call("sip:anna@198.51.100.7;transport=tcp")
        _ = bench.fail(Endpoint(address: TransportBench.peer, port: 5060, transport: .tcp))
        let statuses = bench.events.compactMap { event -> Int? in
            if case .refused(_, let status) = event { status } else { nil }
        }
        #expect(statuses == [503])
        #expect(bench.agent.legsAlive == 0)
    }

    @Test(
        "a URI says where it leads (RFC 3263 sections 4.1 and 4.2)",
        arguments: [
            ("sip:a@192.0.2.9", "udp:192.0.2.9:5060"), ("sip:a@192.0.2.9:7;transport=TCP", "tcp:192.0.2.9:7"),
            ("sips:a@192.0.2.9", "tls:192.0.2.9:5061"), ("sips:a@[::1];transport=tcp", "tls:[::1]:5061"),
            ("sip:a@h;transport=tls;maddr=192.0.2.8", "tls:192.0.2.8:5061"), ("sips:a@192.0.2.9;transport=udp", "-"),
            ("sip:a@192.0.2.9;transport=sctp", "-"), ("sip:a@example.com", "-"), ("tel:+49", "-"),
        ]
    )
    func endpoint(uri: String, expected: String) throws {
        let endpoint = try #require(URI(uri)).endpoint
        #expect((endpoint.map(String.init(describing:)) ?? "-") == expected)
    }
}
