import Glibc
import SIP
import Testing

@testable import Transport

@Suite("Sockets that outlive a process", .timeLimit(.minutes(5)))
struct InheritedSocketsTests {
    private static let loopback = IPAddress(v4: 0x7F00_0001)
    private static let udp = Endpoint(address: loopback, port: 0)
    private static let tcp = Endpoint(address: loopback, port: 0, transport: .tcp)

    @Test("hold what arrives while nobody reads: the next one answers datagrams and accepts connections")
    func goOn() async throws {
        let before = try await NetworkBench([Self.tcp, Self.udp])
        let addresses = before.network.listeners.map(\.local)
        let left = try await before.network.copies()
        #expect(Set(left.map(\.local)) == Set(addresses))
        try await before.close()

        let peer = try Peer()
        _ = peer.send(Array("waits".utf8), to: addresses[1].port)
        let caller = try StreamPeer(connectingTo: addresses[0].port)
        caller.send("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n")

        let inherited = InheritedSockets(left.map(\.descriptor))
        #expect(inherited.descriptors(for: addresses) == Set(left.map(\.descriptor)))
        let after = try await NetworkBench(addresses, inherited: inherited)
        #expect(after.network.listeners.map(\.local) == addresses)
        var heard: [String] = []
        for _ in 0..<2 {
            guard case .received(let text, _, let listener) = await after.next() else { break }
            heard.append("\(listener.index) \(text.prefix(7))")
        }
        #expect(heard.sorted() == ["0 OPTIONS", "1 waits"])
        try await after.send("answer", to: peer.endpoint, from: 1)
        #expect(peer.receive()?.bytes == Array("answer".utf8))
        try await after.close()
        // Nothing holds the addresses any more.
        let again = try await NetworkBench(addresses)
        try await again.close()
    }

    @Test("are taken by the listener of their address alone, and only if they listen")
    func matching() async throws {
        let network = try await NetworkBench([Self.udp, Self.tcp])
        let addresses = network.network.listeners.map(\.local)
        let copies = try await network.network.copies()
        let caller = try StreamPeer(connectingTo: addresses[1].port)
        caller.send("\r\n\r\n")
        #expect(caller.receive() == "\r\n", "it is accepted")
        var pipes: [CInt] = [0, 0]
        #expect(pipe(&pipes) == 0)
        let connection = caller.copy()
        defer { for descriptor in copies.map(\.descriptor) + pipes + [connection] { close(descriptor) } }

        let inherited = InheritedSockets(copies.map(\.descriptor) + pipes + [connection, 1 << 20])
        #expect(inherited.descriptor(for: addresses[0]) == copies[0].descriptor)
        #expect(inherited.descriptor(for: addresses[1]) == copies[1].descriptor)
        var secure = addresses[1]
        secure.transport = .tls
        #expect(inherited.descriptor(for: secure) == copies[1].descriptor, "a listening socket knows of no TLS")
        var others = [addresses[0], addresses[0], addresses[0], addresses[0]]
        others[0].port = 1
        others[1].address = IPAddress(v4: 0)
        others[2].address = IPAddress(high: 0, low: 1)
        others[3].transport = .tcp
        for other in others { #expect(inherited.descriptor(for: other) == nil, "\(other)") }
        #expect(inherited.descriptors(for: others) == [])
        try await network.close()
    }
}
