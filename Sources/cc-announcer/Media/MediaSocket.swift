import NIOCore
import SIP
import Transport

/// The socket that all RTP is sent from, and the one for RTCP above it.
///
/// One pair serves all calls: RTP tells streams apart by source (SSRC) and address, not by our port. So there is no port to run
/// out of or to leak, a firewall has one hole, and the packets of all calls leave in a few system calls every 20 ms. It is
/// symmetric: callers send to the port that they hear from (RFC 4961). What they send, as much as we do, the kernel discards.
struct MediaSocket {
    private static let rtp = ListenerID(0)
    private static let rtcp = ListenerID(1)
    /// Stands for all the world: an address that is nobody's (RFC 5737, RFC 3849), so the way to it is the default route.
    private static let elsewhere = (v4: IPAddress(v4: 0xC000_0201), v6: IPAddress(high: 0x2001_0DB8_0000_0000, low: 1))

    private let transport: DatagramTransport
    private let discard = Discard()

    /// Opens the first free pair of the range.
    static func open(
        _ address: IPAddress,
        _ range: PortRange,
        on eventLoop: any EventLoop
    ) async throws -> MediaSocket {
        for port in range.pairs {
            let pair = [port, port + 1].map { Endpoint(address: address, port: $0) }
            do {
                return MediaSocket(transport: try await DatagramTransport.bind(listeners: pair, on: eventLoop))
            } catch BindError.addressInUse {
                continue
            }
        }
        throw NoFreePort(address: address, range: range)
    }

    private init(transport: DatagramTransport) { self.transport = transport }

    /// As bound; the address may be a wildcard.
    var local: Endpoint { transport.listeners[0].local }

    /// Where our RTP comes from: as the listener sees it or, if nobody has said yet who that is, the address of the default
    /// route; without one, as the caller sees it. nil if there is no way. On the event loop only.
    func endpoint(towards listener: IPAddress?, calledBy peer: IPAddress) -> Endpoint? {
        let elsewhere = local.address.isIPv4 ? Self.elsewhere.v4 : Self.elsewhere.v6
        if let listener, !listener.isUnspecified, listener.isIPv4 == local.address.isIPv4 {
            return endpoint(reaching: listener) ?? endpoint(reaching: peer)
        }
        return endpoint(reaching: elsewhere) ?? endpoint(reaching: peer)
    }

    private func endpoint(reaching peer: IPAddress) -> Endpoint? {
        transport.localEndpoint(of: Self.rtp, reaching: peer)
    }

    /// Starts to discard what callers send. On the event loop only.
    func start() {
        transport.discardIncoming()
        transport.start(discard)
    }

    func send(_ packet: [UInt8], to destination: Endpoint) { transport.send(packet, to: destination, from: Self.rtp) }

    func send(report: [UInt8], to destination: Endpoint) { transport.send(report, to: destination, from: Self.rtcp) }

    func flush() { transport.flush() }

    func close() async { await transport.close() }

    private final class Discard: DatagramHandler, Sendable {
        func received(_ bytes: [UInt8], from peer: Endpoint, on listener: ListenerID) {}
        func batchEnded() {}
        func listenerFailed(_ listener: ListenerID, reason: String) {}
    }
}

/// Every port of the range is in use.
struct NoFreePort: Error, CustomStringConvertible {
    let address: IPAddress
    let range: PortRange

    var description: String { "no free pair of ports for RTP on \(address) in \(range.lower)-\(range.upper)" }
}
