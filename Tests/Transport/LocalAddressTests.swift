import NIOCore
import NIOPosix
import SIP
import Testing

@testable import Transport

@Suite("The local address towards a peer")
struct LocalAddressTests {
    @Test("is found by the route", arguments: [("127.0.0.1", "127.0.0.1"), ("127.3.2.1", "127.0.0.1"), ("::1", "::1")])
    func found(peer: String, expected: String) throws {
        var finder = LocalAddressFinder()
        let peer = try #require(IPAddress(peer))
        let address = finder.localAddress(reaching: peer, now: 0)
        #expect(address == IPAddress(expected))
    }

    @Test("is none where no route leads")
    func none() {
        var finder = LocalAddressFinder()
        #expect(finder.localAddress(reaching: IPAddress(v4: 0xFFFF_FFFF), now: 0) == nil)
    }

    @Test("is remembered for a bounded number of peers")
    func bounded() {
        var finder = LocalAddressFinder()
        for number in 0..<UInt32(LocalAddressFinder.capacity + 10) {
            let peer = IPAddress(v4: 0x7F01_0000 + number)
            #expect(finder.localAddress(reaching: peer, now: 0) == IPAddress(v4: 0x7F00_0001))
        }
        #expect(finder.count == 10)
    }

    @Test("is the listener's own unless it listens on all, and of the peer's family")
    func listener() async throws {
        let loopback = IPAddress(v4: 0x7F00_0001)
        let listeners = [Endpoint(address: IPAddress(v4: 0), port: 0), Endpoint(address: loopback, port: 0)]
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let transport = try await DatagramTransport.bind(listeners: listeners, on: loop)
        for listener in transport.listeners {
            try await loop.submit {
                let peer = IPAddress(v4: 0x7F00_0009)
                let local = transport.localEndpoint(of: listener.id, reaching: peer)
                #expect(local == Endpoint(address: loopback, port: listener.local.port))
                #expect(transport.localEndpoint(of: listener.id, reaching: IPAddress(high: 0, low: 1)) == nil)
                #expect(transport.localEndpoint(of: ListenerID(9), reaching: peer) == nil)
            }.get()
        }
        await transport.close()
    }
}
