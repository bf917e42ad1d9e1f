import NIOCore
import NIOPosix
import SIP
import Testing
import Transport

@testable import cc_announcer

@Suite("The address that RTP comes from", .timeLimit(.minutes(5)))
struct MediaSocketTests {
    private static let caller = IPAddress(v4: 0x7F00_0001)
    private static let elsewhere = IPAddress(v4: 0xC633_6407)

    /// What SDP names towards a listener, of a socket on this address.
    private func named(on address: IPAddress, towards listener: IPAddress?) async throws -> IPAddress? {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let socket = try await MediaSocket.open(address, PortRange(lower: 30_000, upper: 39_999), on: loop)
        let endpoint = try await loop.submit {
            socket.endpoint(towards: listener, calledBy: Self.caller)
        }.get()
        #expect(endpoint?.port == socket.local.port)
        await socket.close()
        return endpoint?.address
    }

    @Test("is the one from which this machine reaches the listener, wherever the call came from")
    func listener() async throws {
        let wildcard = IPAddress(v4: 0)
        #expect(try await named(on: wildcard, towards: IPAddress(v4: 0x7F00_0005)) == Self.caller)
        // A machine without a way there names what the caller reaches.
        var finder = LocalAddressFinder()
        let ours = finder.localAddress(reaching: Self.elsewhere, now: 0) ?? Self.caller
        #expect(try await named(on: wildcard, towards: Self.elsewhere) == ours)
    }

    @Test("is that of the default route while nobody has said who listens, or he holds the line, or speaks IPv6")
    func unknown() async throws {
        var finder = LocalAddressFinder()
        let ours = finder.localAddress(reaching: IPAddress(v4: 0xC000_0201), now: 0) ?? Self.caller
        for listener in [nil, IPAddress(v4: 0), IPAddress(high: 0, low: 1)] {
            #expect(try await named(on: IPAddress(v4: 0), towards: listener) == ours)
        }
    }

    @Test("is the one listened on, if that is an address of its own")
    func own() async throws {
        #expect(try await named(on: Self.caller, towards: Self.elsewhere) == Self.caller)
        #expect(try await named(on: Self.caller, towards: nil) == Self.caller)
    }
}
