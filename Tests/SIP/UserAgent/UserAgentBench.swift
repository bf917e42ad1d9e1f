import Testing

@testable import SIP

/// A user agent at 192.0.2.1, a peer at 198.51.100.7 who speaks bytes, and a clock that tests move.
final class UserAgentBench {
    var agent: UserAgent
    private(set) var now: Milliseconds = 1_000
    /// What the user agent sent since the last `take`, with the time.
    private var sent: [(at: Milliseconds, message: Message, to: Endpoint)] = []
    private(set) var events: [LegEvent] = []
    private var branches = 0

    static let peer = Endpoint(address: IPAddress(v4: 0xC633_6407), port: 5062)
    static let listener = ListenerID(0)
    static let sdp = body(version: 1)

    init(seed: UInt64 = 1) {
        let local = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5060)
        agent = UserAgent(
            configuration: UserAgentConfiguration(
                listeners: [.init(endpoint: local)],
                product: "test",
                hashes: .forTests
            ),
            random: SeededGenerator(seed: seed)
        )
    }

    static func body(version: Int, port: Int = 4_000) -> String {
        "v=0\r\no=peer 7 \(version) IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio \(port) RTP/AVP 0\r\n"
    }

    static func description(version: Int = 1, port: Int = 4_000) throws -> SessionDescription {
        try SessionDescription(parsing: Array(body(version: version, port: port).utf8))
    }

    // MARK: Peer to user agent

    /// A request of the peer's as text. `headers` follow the mandatory ones; `to` is the tag of To.
    func request(
        _ method: String,
        cseq: Int,
        to tag: String? = nil,
        uri: String = "sip:help@192.0.2.1",
        branch: String? = nil,
        callID: String = "call-1",
        maxForwards: Int = 70,
        contact: String? = "<sip:peer@198.51.100.7:5062>",
        headers: [String] = [],
        body: String? = nil
    ) -> String {
        branches += 1
        var lines = [
            "\(method) \(uri) SIP/2.0",
            "Via: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bK-\(branch ?? "\(branches)")",
            "Max-Forwards: \(maxForwards)", "From: \"P\" <sip:peer@198.51.100.7>;tag=remote",
            "To: <sip:help@192.0.2.1>\(tag.map { ";tag=\($0)" } ?? "")", "Call-ID: \(callID)",
            "CSeq: \(cseq) \(method)",
        ]
        if let contact { lines.append("Contact: \(contact)") }
        lines += headers
        if let body {
            if !headers.contains(where: { $0.hasPrefix("Content-Type") }) {
                lines.append("Content-Type: application/sdp")
            }
            lines += ["Content-Length: \(body.utf8.count)", "", body]
            return lines.joined(separator: "\r\n")
        }
        return (lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n")
    }

    func receive(_ text: String, from source: Endpoint = peer) throws {
        guard case .message(let message) = Message.parse(Array(text.utf8)) else {
            Issue.record("not a message: \(text)")
            return
        }
        agent.receive(message, from: source, on: Self.listener, now: now)
        collect()
    }

    /// The peer's response to a request of ours.
    func respond(
        _ status: UInt16,
        to request: Message,
        tag: String = "remote",
        contact: String = "<sip:peer@198.51.100.7:5062>",
        recordRoutes: [String] = [],
        headers: [(HeaderName, String)] = [],
        body: String? = nil
    ) throws {
        let bytes = makeResponse(
            to: request,
            source: Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5060),
            status: status,
            toTag: Array(tag.utf8),
            body: body.map { .sdp(Array($0.utf8)) }
        ) { writer in
            writer.field(.contact, Array(contact.utf8))
            for route in recordRoutes { writer.field(.recordRoute, Array(route.utf8)) }
            for (name, value) in headers { writer.field(name, Array(value.utf8)) }
        }
        try receive(String(decoding: bytes, as: UTF8.self))
    }

    // MARK: Time

    func advance(by delay: Milliseconds) {
        let end = now + delay
        while let next = agent.wheel.nextDeadline, next <= end {
            now = max(now, next)
            var tokens: [TimerToken] = []
            agent.wheel.advance(to: now, into: &tokens)
            for token in tokens { agent.fire(token, now: now) }
            collect()
        }
        now = end
    }

    /// To be called after every call of the user agent's own methods.
    func collect() {
        while let (event, _) = agent.nextEvent() { events.append(event) }
        var out: [Outgoing] = []
        agent.drainDatagrams(into: &out)
        for datagram in out {
            if case .message(let message) = Message.parse(datagram.bytes) {
                sent.append((now, message, datagram.destination))
            } else {
                Issue.record("the user agent sent what is no message")
            }
        }
    }

    func perform(_ body: (inout UserAgent, Milliseconds) -> Void) {
        body(&agent, now)
        collect()
    }

    // MARK: Looking

    var legsAlive: Int { agent.legsAlive }
    var transactionsAlive: Int { agent.transactionsAlive }
    func isAlive(_ leg: LegID) -> Bool { agent.isAlive(leg) }

    /// What was sent since the last time, as `200 INVITE` or `BYE`.
    func take() -> [String] { takeMessages().map(Self.name) }

    func takeMessages() -> [Message] {
        defer { sent = [] }
        return sent.map(\.message)
    }

    func takeTimed() -> [(Milliseconds, String)] {
        defer { sent = [] }
        return sent.map { ($0.at, Self.name($0.message)) }
    }

    func takeDestinations() -> [Endpoint] {
        defer { sent = [] }
        return sent.map(\.to)
    }

    func takeEvents() -> [String] {
        defer { events = [] }
        return events.map { event in
            let name = String(String(describing: event).prefix { $0 != "(" })
            switch event {
            case .refused(_, let status), .progress(_, let status, _): return "\(name) \(status)"
            case .modificationRefused(_, _, let status): return "\(name) \(status)"
            default: return name
            }
        }
    }

    static func name(_ message: Message) -> String {
        message.status.map { "\($0) \(message.cseq.method)".uppercased() } ?? "\(message.method)".uppercased()
    }

    // MARK: Short ways

    func reinvite(_ leg: LegID, port: Int, retries: Bool = true) throws -> ReinviteID {
        let offer = try Self.description(port: port)
        let reinvite = agent.reinvite(leg, relaying: offer, retriesOnGlare: retries, now: now)
        collect()
        return try #require(reinvite)
    }

    /// A caller whose INVITE waits for our answer.
    func invited(withOffer: Bool = true, headers: [String] = []) throws -> LegID {
        try receive(request("INVITE", cseq: 1, headers: headers, body: withOffer ? Self.sdp : nil))
        let leg = try #require(events.last?.leg)
        events = []
        return leg
    }

    /// A caller whom we have answered, and who has acknowledged that. The tag is ours.
    func established(headers: [String] = []) throws -> (leg: LegID, tag: String) {
        let leg = try invited(headers: headers)
        let answer = try Self.description()
        perform { $0.accept(leg, relaying: answer, now: $1) }
        let tag = try #require(takeMessages().last?.toTag)
        try receive(request("ACK", cseq: 1, to: tag))
        events = []
        return (leg, tag)
    }

    /// Somebody whom we have called, who has answered, and whom we have acknowledged. The tag is ours.
    func answered(headers: [(HeaderName, String)] = []) throws -> (leg: LegID, tag: String) {
        let (leg, invite) = try inviting()
        try respond(200, to: invite, headers: headers, body: Self.sdp)
        perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        _ = take()
        events = []
        return (leg, try #require(invite.fromTag))
    }

    /// A request of the peer whom we have called.
    func calledPeersRequest(
        _ method: String,
        cseq: Int,
        of invite: Message,
        headers: [String] = [],
        body: String? = nil
    ) throws -> String {
        request(
            method,
            cseq: cseq,
            to: try #require(invite.fromTag),
            callID: invite.text(of: invite.callID),
            headers: headers,
            body: body
        )
    }

    /// Somebody whom we call, by his address or behind another; the INVITE is taken from what was sent.
    func inviting(withOffer: Bool = true) throws -> (leg: LegID, invite: Message) {
        let target = try #require(URI("sip:agent@198.51.100.7:5062"))
        let offer = withOffer ? try Self.description() : nil
        let invitation = Invitation(
            target: target,
            fromURI: Array("sip:alice@example.com".utf8),
            displayName: "Alice",
            offer: offer,
            owner: 5
        )
        let leg = agent.invite(invitation, now: now)
        collect()
        return (try #require(leg), try #require(takeMessages().first))
    }
}

extension Message {
    var toTag: String? { to.tag.map { text(of: $0) } }
    var fromTag: String? { from.tag.map { text(of: $0) } }
    var uriText: String? { requestURI.map { text(of: $0) } }
    func texts(of name: HeaderName) -> [String] { values(of: name).map { text(of: $0) } }
}
