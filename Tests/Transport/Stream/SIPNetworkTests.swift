import NIOCore
import SIP
import Testing

@testable import Transport

private let loopback = IPAddress(v4: 0x7F00_0001)

@Suite("The network over streams", .timeLimit(.minutes(5)))
struct SIPNetworkTests {
    private static func tcp(_ address: IPAddress) -> Endpoint { Endpoint(address: address, port: 0, transport: .tcp) }

    private static let request = "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n"
    private static let response = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"

    @Test(
        "a connection is made where there is none, and used in both directions",
        arguments: [loopback, IPAddress(high: 0, low: 1)]
    )
    func reuse(address: IPAddress) async throws {
        let udp = Endpoint(address: address, port: 0)
        let ours = try await NetworkBench([udp, Self.tcp(address)])
        let theirs = try await NetworkBench([Self.tcp(address)])
        let there = theirs.network.listeners[0].local
        for _ in 0..<3 {
            try await ours.send(Self.request, to: there, from: 1)
            guard case .received(Self.request, let from, ListenerID(0)) = await theirs.next() else {
                Issue.record("no request came")
                return
            }
            #expect(from.address == address)
            #expect(from.transport == .tcp)
            try await theirs.send(Self.response, to: from)
            #expect(await ours.next() == .received(Self.response, from: there, on: ListenerID(1)))
        }
        #expect(theirs.network.streamCounters.accepted == 1)
        #expect(ours.network.streamCounters.connected == 1)
        #expect(ours.network.streamCounters.connections == 1)
        try await ours.close()
        try await theirs.close()
    }

    @Test("datagrams and streams keep their numbers in sip.listen")
    func numbers() async throws {
        let udp = Endpoint(address: loopback, port: 0)
        let bench = try await NetworkBench([Self.tcp(loopback), udp])
        #expect(bench.network.listeners.map(\.local.transport) == [.tcp, .udp])
        let peer = try Peer()
        _ = peer.send(Array("x".utf8), to: bench.network.listeners[1].local.port)
        #expect(await bench.next() == .received("x", from: peer.endpoint, on: ListenerID(1)))
        try await bench.send("y", to: peer.endpoint, from: 1)
        #expect(peer.receive()?.bytes == Array("y".utf8))
        try await bench.close()
    }

    @Test("who cannot be reached is told as such")
    func unreachable() async throws {
        // An address that no other test uses, so that nobody takes the port in between.
        let gone = try await NetworkBench([Self.tcp(IPAddress(v4: 0x7F59_0001))])
        let nobody = gone.network.listeners[0].local
        try await gone.close()
        let bench = try await NetworkBench([Self.tcp(loopback)])
        try await bench.send(Self.request, to: nobody)
        #expect(await bench.next() == .unreachable(nobody))
        #expect(bench.network.streamCounters.connectFailures == 1)
        try await bench.close()
    }

    @Test("a connection that is lost with a request on it is told; one that owes nothing is not")
    func lost() async throws {
        let ours = try await NetworkBench([Self.tcp(loopback)])
        let theirs = try await NetworkBench([Self.tcp(loopback)])
        let there = theirs.network.listeners[0].local
        try await ours.send(Self.request, to: there)
        _ = await theirs.next()
        try await theirs.close()
        #expect(await ours.next() == .unreachable(there))
        try await ours.close()
    }

    @Test("a double CRLF is answered with one (RFC 5626 section 4.4.1)")
    func keepAlive() async throws {
        let bench = try await NetworkBench([Self.tcp(loopback)])
        let peer = try StreamPeer(connectingTo: bench.network.listeners[0].local.port)
        peer.send("\r\n\r\n")
        #expect(peer.receive() == "\r\n")
        peer.send("\r\n")
        peer.send("\r\n" + Self.request)
        #expect(peer.receive() == "\r\n")
        guard case .received(Self.request, _, _) = await bench.next() else {
            Issue.record("no request came")
            return
        }
        try await bench.close()
    }

    @Test("a request without a length gets 400, and its connection ends")
    func withoutLength() async throws {
        let bench = try await NetworkBench([Self.tcp(loopback)])
        let peer = try StreamPeer(connectingTo: bench.network.listeners[0].local.port)
        peer.send(
            "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
                + "To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n"
        )
        let refusal = peer.receive()
        #expect(refusal?.hasPrefix("SIP/2.0 400 ") == true)
        #expect(refusal?.contains("\r\nTo: <sip:a@b>;tag=") == true)
        #expect(peer.receive() == "")
        #expect(bench.network.streamCounters.broken == 1)
        try await bench.close()
    }

    @Test("connections beyond the bound are closed, and those from one address at a quarter of it")
    func bounds() async throws {
        var settings = StreamSettings()
        settings.maximumConnections = 8
        let bench = try await NetworkBench([Self.tcp(loopback)], settings: settings)
        let port = bench.network.listeners[0].local.port
        let first = try StreamPeer(connectingTo: port)
        let second = try StreamPeer(connectingTo: port)
        for peer in 0..<2 {
            // Answered: so it has been accepted.
            if peer == 0 { first.send("\r\n\r\n") } else { second.send("\r\n\r\n") }
            #expect((peer == 0 ? first.receive() : second.receive()) == "\r\n")
        }
        let third = try StreamPeer(connectingTo: port)
        #expect(third.receive() == "")
        #expect(bench.network.streamCounters.refused == 1)
        #expect(bench.network.streamCounters.connections == 2)
        try await bench.close()
    }

    @Test(
        "strangers of one IPv6 network share a quarter, all together half; trusted peers and our own calls keep their part"
    )
    func shares() throws {
        var settings = StreamSettings()
        settings.maximumConnections = 40
        var shares = ConnectionShares()
        func take(_ text: String, isTrusted: Bool = false) throws -> ConnectionShares.Share? {
            shares.take(for: try #require(IPAddress(text)), isTrusted: isTrusted, of: settings)
        }
        let one = try (1...40).compactMap { try take("fd00::\($0)") }
        #expect(one.count == 10)
        let others = try (1...40).compactMap { try take("10.0.0.\($0)") }
        #expect(others.count == 10)
        let trusted = try (1...40).compactMap { try take("fd01::\($0)", isTrusted: true) }
        #expect(trusted.count == 10, "a quarter of all is left for what we connect")
        // What was given back can be had again.
        for share in one + others + trusted { shares.giveBack(share) }
        let again = try (1...40).compactMap { _ in try take("fd01::1", isTrusted: true) }
        #expect(again.count == 10)
    }

    @Test("a stranger who is to hear nothing hears nothing, even of what cannot be read")
    func silence() async throws {
        let bench = try await NetworkBench([Self.tcp(loopback)])
        bench.network.trust(StreamTrust(networks: [], isSilentToStrangers: true))
        let peer = try StreamPeer(connectingTo: bench.network.listeners[0].local.port)
        peer.send(
            "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
                + "To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n"
        )
        #expect(peer.receive() == "")
        try await bench.close()
    }

    @Test("a connection on which nothing happens is closed, and so is one whose message does not end")
    func expiry() async throws {
        var settings = StreamSettings()
        settings.idleTimeout = 50
        settings.messageTimeout = 50
        let bench = try await NetworkBench([Self.tcp(loopback)], settings: settings)
        let port = bench.network.listeners[0].local.port
        let silent = try StreamPeer(connectingTo: port)
        let slow = try StreamPeer(connectingTo: port)
        slow.send("OPTIONS sip:a@b SIP/2.0\r\n")
        #expect(silent.receive() == "")
        #expect(slow.receive() == "")
        #expect(bench.network.streamCounters.expired == 2)
        try await bench.close()
    }

    @Test("a response whose connection is gone opens one to where its Via says (RFC 3261 section 18.2.2)")
    func responseElsewhere() async throws {
        let server = try await NetworkBench([Self.tcp(loopback)])
        let client = try await NetworkBench([Self.tcp(loopback)])
        let port = client.network.listeners[0].local.port
        let response =
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 127.0.0.1:\(port);branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
            + "To: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        let gone = Endpoint(address: loopback, port: 9, transport: .tcp)
        try await server.send(response, to: gone)
        guard case .received(response, _, _) = await client.next() else {
            Issue.record("no response came")
            return
        }
        try await server.close()
        try await client.close()
    }

    @Test("an address in use is named, and nothing stays open")
    func addressInUse() async throws {
        let bench = try await NetworkBench([Self.tcp(loopback)])
        let taken = bench.network.listeners[0].local
        await #expect(throws: BindError.addressInUse(taken)) {
            _ = try await NetworkBench([Self.tcp(loopback), taken])
        }
        try await bench.close()
    }
}
