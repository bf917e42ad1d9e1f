import NIOCore
import SIP
import Transport

/// The socket that all RTP is sent from, and the one for RTCP above it.
///
/// One pair serves all calls: RTP tells streams apart by source (SSRC) and address, not by our port. So there is no port to run
/// out of or to leak, a firewall has one hole, and the packets of all calls leave in a few system calls every 20 ms. It is
/// symmetric: callers send to the port that they hear from. What they send is read and discarded, for a full
/// buffer would show up as loss in the statistics of the machine.
struct MediaSocket {
    private static let rtp = ListenerID(0)

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

    /// Where a peer sees our RTP coming from. On the event loop only.
    func endpoint(reaching peer: IPAddress) -> Endpoint? { transport.localEndpoint(of: Self.rtp, reaching: peer) }

    /// Starts to discard what callers send. On the event loop only.
    func start() { transport.start(discard) }

    func send(_ packet: [UInt8], to destination: Endpoint) { transport.send(packet, to: destination, from: Self.rtp) }

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
