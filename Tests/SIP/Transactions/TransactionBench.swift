import Testing

@testable import SIP

/// A transaction layer with a clock that tests move, and a log of what it did: `500 send INVITE`, `510 response 200 INVITE`.
struct TransactionBench {
    var layer: TransactionLayer
    var wheel = TimingWheel()
    private(set) var now: Milliseconds = 0
    /// One line an event, with the time.
    private(set) var log: [String] = []
    private(set) var events: [TransactionEvent] = []

    static let owner: UInt64 = 42
    static let listener = ListenerID(3)
    let peer: Endpoint

    init(transport: TransportProtocol = .udp, limit: Int = 100, seed: UInt64 = 1) {
        layer = TransactionLayer(random: SeededGenerator(seed: seed), limit: limit)
        peer = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5062, transport: transport)
    }

    // MARK: Time

    /// Moves the clock, waking whenever a timer is due.
    mutating func advance(to time: Milliseconds) {
        while let next = wheel.nextDeadline, next <= time {
            now = max(now, next)
            var tokens: [TimerToken] = []
            wheel.advance(to: now, into: &tokens)
            for token in tokens { note { $0.fire(token, now: $1, wheel: &$2, out: &$3) } }
        }
        now = time
    }

    /// Moves the clock in one jump, as if the loop had been held up.
    mutating func jump(to time: Milliseconds) {
        now = time
        var tokens: [TimerToken] = []
        wheel.advance(to: now, into: &tokens)
        for token in tokens { note { $0.fire(token, now: $1, wheel: &$2, out: &$3) } }
    }

    @discardableResult
    mutating func note<Result>(
        _ body: (inout TransactionLayer, Milliseconds, inout TimingWheel, inout [TransactionEvent]) -> Result
    ) -> Result {
        var out: [TransactionEvent] = []
        let result = body(&layer, now, &wheel, &out)
        for event in out {
            events.append(event)
            log.append("\(now) \(Self.describe(event))")
        }
        return result
    }

    mutating func takeLog() -> [String] {
        defer { log = [] }
        return log
    }

    // MARK: Requests of ours

    /// Sends a request as the user agent would.
    mutating func start(
        _ method: Method,
        callID: String = "call-1",
        sequence: Int = 7,
        headers: [String] = [],
        body: String = ""
    ) throws -> (id: ClientTransactionID, branch: String) {
        let reserved = layer.reserveClient(owner: Self.owner)
        let (id, token) = try #require(reserved)
        let branch = "z9hG4bK" + String(decoding: token.bytes, as: UTF8.self)
        let lines =
            [
                "\(Self.name(method)) sip:agent@192.0.2.1:5062;x=y SIP/2.0",
                "Via: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=\(branch)",
                "Max-Forwards: 69",
            ] + headers + [
                "From: \"Sales Ann\" <sip:ann@192.0.2.9>;tag=ours", "To: <sip:agent@192.0.2.1>", "Call-ID: \(callID)",
                "CSeq: \(sequence) \(Self.name(method))", "Contact: <sip:192.0.2.9>",
                "Content-Length: \(body.utf8.count)",
                "", body,
            ]
        let request = Array(lines.joined(separator: "\r\n").utf8)
        let peer = peer
        note {
            $0.start(
                id,
                request: OutboundRequest(bytes: request, destination: peer, listener: Self.listener),
                method: method,
                now: $1,
                wheel: &$2,
                out: &$3
            )
        }
        return (id, branch)
    }

    /// A response comes in.
    mutating func response(
        _ status: Int,
        _ method: String,
        branch: String,
        callID: String = "call-1",
        sequence: Int = 7
    ) throws {
        try receive([
            "SIP/2.0 \(status) Whatever", "Via: SIP/2.0/UDP 192.0.2.9:5060;rport=5060;branch=\(branch)",
            "From: \"Sales Ann\" <sip:ann@192.0.2.9>;tag=ours", "To: <sip:agent@192.0.2.1>;tag=theirs",
            "Call-ID: \(callID)", "CSeq: \(sequence) \(method)", "Content-Length: 0", "", "",
        ])
    }

    // MARK: Requests of the peer

    mutating func request(
        _ method: String,
        branch: String? = "z9hG4bKabc",
        sentBy: String = "192.0.2.1:5062",
        uri: String = "sip:help@192.0.2.9",
        callID: String = "call-2",
        sequence: Int = 1,
        toTag: String? = nil
    ) throws {
        try receive([
            "\(method) \(uri) SIP/2.0", "Via: SIP/2.0/UDP \(sentBy)" + (branch.map { ";rport;branch=\($0)" } ?? ""),
            "From: <sip:bob@192.0.2.1>;tag=bob", "To: <sip:help@192.0.2.9>" + (toTag.map { ";tag=\($0)" } ?? ""),
            "Call-ID: \(callID)", "CSeq: \(sequence) \(method)", "Max-Forwards: 70", "Content-Length: 0", "", "",
        ])
    }

    /// Answers a request as the user agent would. The response says what `makeResponse` says, with the To tag `ours`.
    @discardableResult
    mutating func respond(_ status: UInt16, to request: Message, _ id: ServerTransactionID) -> Bool {
        let response = makeResponse(to: request, source: peer, status: status, toTag: Array("ours".utf8))
        return note { $0.respond(id, status: status, response: response, now: $1, wheel: &$2, out: &$3) }
    }

    mutating func receive(_ lines: [String]) throws {
        let message = try Self.parse(Array(lines.joined(separator: "\r\n").utf8))
        let peer = peer
        note { $0.receive(message, from: peer, on: Self.listener, now: $1, wheel: &$2, out: &$3) }
    }

    /// The last new request, CANCEL included, with its transaction.
    func lastRequest() throws -> (Message, ServerTransactionID) {
        for event in events.reversed() {
            switch event {
            case .request(let message, let id, _, _), .cancel(let message, let id, _, _, _): return (message, id)
            default: continue
            }
        }
        throw NotFound()
    }

    /// The bytes sent last.
    func lastSent() throws -> [UInt8] {
        for event in events.reversed() {
            if case .send(let bytes, _, _) = event { return bytes }
        }
        throw NotFound()
    }

    struct NotFound: Error {}

    // MARK: Text

    static func parse(_ bytes: [UInt8]) throws -> Message {
        guard case .message(let message) = Message.parse(bytes) else { throw NotFound() }
        return message
    }

    private static func name(_ method: Method) -> String {
        method.token.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    }

    private static func describe(_ message: Message) -> String {
        guard let status = message.status else { return name(message.method) }
        return "\(status) \(name(message.method))"
    }

    private static func describe(_ event: TransactionEvent) -> String {
        switch event {
        case .send(let bytes, _, _): "send " + ((try? describe(parse(bytes))) ?? "garbage")
        case .request(let message, _, _, _): "request \(describe(message))"
        case .cancel(_, _, let invite, _, _): invite == nil ? "cancel of nothing" : "cancel of INVITE"
        case .ack(_, let id, _, _): id == nil ? "ack of a dialog" : "ack of an INVITE"
        case .overloaded(let message, _, _): "overloaded \(describe(message))"
        case .response(let message, _, _): "response \(describe(message))"
        case .strayAccept(let message): "stray \(describe(message))"
        case .timedOut(_, _, let method): "timed out \(name(method))"
        case .transportFailed(_, _, let method): "transport failed \(name(method))"
        case .fellBack: "fell back"
        case .ackMissing: "ack missing"
        case .terminatedClient: "client gone"
        case .terminatedServer: "server gone"
        }
    }
}

/// Nothing is left of the past: no transaction, no timer, no entry of an index.
func expectEmpty(_ bench: TransactionBench, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(bench.layer.aliveClients == 0, sourceLocation: sourceLocation)
    #expect(bench.layer.aliveServers == 0, sourceLocation: sourceLocation)
    #expect(bench.layer.serversByHash.count == 0, sourceLocation: sourceLocation)
    #expect(bench.wheel.count == 0, sourceLocation: sourceLocation)
}
