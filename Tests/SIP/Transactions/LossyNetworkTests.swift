import SIP
import Testing

/// Two transaction layers, between them a network that loses, doubles and reorders.
private struct LossyNetwork {
    private var client: TransactionLayer
    private var server: TransactionLayer
    private var wheel = TimingWheel()
    private var clientWheel = TimingWheel()
    private var now: Milliseconds = 0
    private var random: SeededGenerator
    private let lossPercent: Int
    private var flights: [(at: Milliseconds, toServer: Bool, bytes: [UInt8])] = []

    /// How often each request, by its Call-ID, came up at the server.
    private(set) var requests: [String: Int] = [:]
    /// The final status that the client was told first; 408 for a time-out.
    private(set) var outcomes: [String: UInt16] = [:]
    /// How often the client was told a final response below 200 or above 299.
    private(set) var refusals: [String: Int] = [:]
    private(set) var callIDs: [ClientTransactionID: String] = [:]

    private let clientAddress = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 5060)
    private let serverAddress = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 5061)
    private let listener = ListenerID(0)

    init(seed: UInt64, lossPercent: Int) {
        random = SeededGenerator(seed: seed)
        client = TransactionLayer(random: SeededGenerator(seed: random.next()), limit: 10_000)
        server = TransactionLayer(random: SeededGenerator(seed: random.next()), limit: 10_000)
        self.lossPercent = lossPercent
    }

    var isEmpty: Bool {
        client.aliveClients == 0 && server.aliveServers == 0 && wheel.count == 0 && clientWheel.count == 0
    }

    var strays: UInt64 { client.counters.strayResponses }

    mutating func start(_ method: Method, _ callID: String) throws {
        let reserved = client.reserveClient(owner: 0)
        let (id, token) = try #require(reserved)
        callIDs[id] = callID
        var writer = MessageWriter()
        writer.requestLine(method, "sip:help@127.0.0.1:5061".utf8.map(\.self))
        writer.via(clientAddress, branch: "z9hG4bK".utf8 + token.bytes)
        writer.field(.from, "<sip:a@b>;tag=a")
        writer.field(.to, "<sip:c@d>")
        writer.field(.callID, Array(callID.utf8))
        writer.cseq(1, method)
        var out: [TransactionEvent] = []
        client.start(
            id,
            request: OutboundRequest(bytes: writer.finish(), destination: serverAddress, listener: listener),
            method: method,
            now: now,
            wheel: &clientWheel,
            out: &out
        )
        try handleClient(out)
    }

    mutating func run(until end: Milliseconds) throws {
        while let next = [clientWheel.nextDeadline, wheel.nextDeadline, flights.map(\.at).min()].compactMap(\.self)
            .min(),
            next <= end
        {
            now = max(now, next)
            var tokens: [TimerToken] = []
            var out: [TransactionEvent] = []
            clientWheel.advance(to: now, into: &tokens)
            for token in tokens { client.fire(token, now: now, wheel: &clientWheel, out: &out) }
            try handleClient(out)
            tokens = []
            out = []
            wheel.advance(to: now, into: &tokens)
            for token in tokens { server.fire(token, now: now, wheel: &wheel, out: &out) }
            try handleServer(out)
            let landing = flights.filter { $0.at <= now }
            flights.removeAll { $0.at <= now }
            for flight in landing { try land(flight.bytes, atServer: flight.toServer) }
        }
        now = end
    }

    private mutating func land(_ bytes: [UInt8], atServer: Bool) throws {
        let message = try TransactionBench.parse(bytes)
        var out: [TransactionEvent] = []
        if atServer {
            server.receive(message, from: clientAddress, on: listener, now: now, wheel: &wheel, out: &out)
            try handleServer(out)
        } else {
            client.receive(message, from: serverAddress, on: listener, now: now, wheel: &clientWheel, out: &out)
            try handleClient(out)
        }
    }

    private mutating func send(_ bytes: [UInt8], toServer: Bool) {
        for _ in 0..<(Int.random(in: 0..<5, using: &random) == 0 ? 2 : 1) {
            guard Int.random(in: 0..<100, using: &random) >= lossPercent else { continue }
            let delay = Milliseconds.random(in: 1...300, using: &random)
            flights.append((now + delay, toServer, bytes))
        }
    }

    private mutating func handleClient(_ events: [TransactionEvent]) throws {
        for event in events {
            switch event {
            case .send(let bytes, _, _): send(bytes, toServer: true)
            case .response(let response, let id, _):
                guard let status = response.status, status >= 200, let callID = callIDs[id] else { continue }
                if outcomes[callID] == nil { outcomes[callID] = status }
                if status >= 300 { refusals[callID, default: 0] += 1 }
            case .timedOut(let id, _, _):
                guard let callID = callIDs[id] else { continue }
                #expect(outcomes[callID] == nil)
                outcomes[callID] = 408
            default: break
            }
        }
    }

    private mutating func handleServer(_ events: [TransactionEvent]) throws {
        for event in events {
            switch event {
            case .send(let bytes, _, _): send(bytes, toServer: false)
            case .request(let request, let id, _, _):
                let callID = request.text(of: request.callID)
                requests[callID, default: 0] += 1
                let statuses: [UInt16] = request.method == .invite ? [180, 486] : [200]
                for status in statuses {
                    var out: [TransactionEvent] = []
                    let response = makeResponse(to: request, source: clientAddress, status: status, toTag: [65])
                    server.respond(id, status: status, response: response, now: now, wheel: &wheel, out: &out)
                    try handleServer(out)
                }
            default: break
            }
        }
    }
}

@Suite("Transactions over a network that loses, doubles and reorders")
struct LossyNetworkTests {
    @Test("each request comes up once and gets its answer once; nothing stays", arguments: 1...5 as ClosedRange<UInt64>)
    func twentyPercent(seed: UInt64) throws {
        var network = LossyNetwork(seed: seed, lossPercent: 20)
        for number in 0..<100 {
            try network.start(number % 2 == 0 ? .invite : .bye, "call-\(number)")
            try network.run(until: Milliseconds(number * 20))
        }
        try network.run(until: 200_000)
        for number in 0..<100 {
            let callID = "call-\(number)"
            let status: UInt16 = number % 2 == 0 ? 486 : 200
            #expect(network.requests[callID] == 1)
            #expect(network.outcomes[callID] == status)
            #expect(network.refusals[callID, default: 0] == (number % 2 == 0 ? 1 : 0))
        }
        let isEmpty = network.isEmpty
        #expect(isEmpty)
    }

    @Test(
        "where nearly everything is lost, every request still ends, and nothing stays",
        arguments: [1, 2] as [UInt64]
    )
    func ninetyPercent(seed: UInt64) throws {
        var network = LossyNetwork(seed: seed, lossPercent: 90)
        for number in 0..<100 { try network.start(number % 2 == 0 ? .invite : .bye, "call-\(number)") }
        // An INVITE whose 180 came through, but nothing after it, waits for half an hour.
        try network.run(until: 2_000_000)
        #expect(network.outcomes.count == 100)
        #expect(network.outcomes.values.contains(408))
        #expect(network.requests.values.allSatisfy { $0 == 1 })
        let isEmpty = network.isEmpty
        #expect(isEmpty)
    }
}
