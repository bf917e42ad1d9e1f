import NIOCore
import NIOPosix
import SIP
import Testing

@testable import Transport

@Suite("Opening listeners", .timeLimit(.minutes(5)))
struct BindTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test("names the address that is already in use, and opens none of the others")
    func addressInUse() async throws {
        let peer = try Peer()
        // An address that no other test uses, so that nobody takes the port in between.
        let anyPort = Endpoint(address: IPAddress(v4: 0x7F58_0001), port: 0)
        let probe = try await DatagramTransport.bind(listeners: [anyPort], on: loop)
        let free = probe.listeners[0].local
        await probe.close()
        await #expect(throws: BindError.addressInUse(peer.endpoint)) {
            try await DatagramTransport.bind(listeners: [free, peer.endpoint], on: loop)
        }
        let transport = try await DatagramTransport.bind(listeners: [free], on: loop)
        #expect(transport.listeners.map(\.local) == [free])
        await transport.close()
        let again = try await DatagramTransport.bind(listeners: [free], on: loop)
        await again.close()
    }

    @Test("names an address that the machine does not have")
    func notAvailable() async throws {
        let endpoint = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5060)
        await #expect(throws: BindError.addressNotAvailable(endpoint)) {
            try await DatagramTransport.bind(listeners: [endpoint], on: loop)
        }
    }

    @Test("refuses what is not UDP")
    func notUDP() async throws {
        let endpoint = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 0, transport: .tcp)
        await #expect(throws: BindError.notUDP(endpoint)) {
            try await DatagramTransport.bind(listeners: [endpoint], on: loop)
        }
    }

    @Test("says in one line what to do about it")
    func words() {
        let endpoint = Endpoint(address: IPAddress(v4: 0), port: 5060)
        let error = BindError.addressInUse(endpoint)
        #expect("\(error)" == "address already in use: udp:0.0.0.0:5060; another SIP server?")
    }

    @Test("listens on IPv4 and IPv6 at the same port", arguments: ["::1", "::"])
    func bothFamilies(text: String) async throws {
        let fourth = Endpoint(address: IPAddress(v4: 0), port: 0)
        let wildcard = try await DatagramTransport.bind(listeners: [fourth], on: loop)
        let address = try #require(IPAddress(text))
        let sixth = Endpoint(address: address, port: wildcard.listeners[0].local.port)
        let other = try await DatagramTransport.bind(listeners: [sixth], on: loop)
        #expect(other.listeners[0].local == sixth)
        await other.close()
        await wildcard.close()
    }
}
