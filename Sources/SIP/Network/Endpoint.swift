/// Milliseconds of a steady clock whose origin does not matter. Pure code is told the time, it never asks for it.
package typealias Milliseconds = Int64

/// What carries SIP messages (RFC 3261 section 18).
package enum TransportProtocol: UInt8, Sendable, Hashable {
    case udp, tcp, tls

    /// Whether what is sent arrives, or its sender is told: such transports carry streams (RFC 3261 section 17).
    @inlinable package var isStream: Bool { self != .udp }

    /// The port of a URI that names none (RFC 3261 section 19.1.2).
    @inlinable package var defaultPort: UInt16 { self == .tls ? 5061 : 5060 }
}

/// One socket of ours, by its position in `sip.listen`.
package struct ListenerID: Hashable, Sendable {
    package let index: UInt8

    @inlinable package init(_ index: UInt8) { self.index = index }
}

/// Where a peer is, or where we are: address, port and transport.
package struct Endpoint: Hashable, Sendable {
    package var address: IPAddress
    package var port: UInt16
    package var transport: TransportProtocol
    /// Of a TLS peer that was found by name: the number under which the transport knows the name that his certificate must
    /// show (RFC 5922). 0: he shows his address, or came to us.
    package var domain: UInt32 = 0

    @inlinable package init(address: IPAddress, port: UInt16, transport: TransportProtocol = .udp) {
        self.address = address
        self.port = port
        self.transport = transport
    }

    /// Whether two are the same place, whatever name led there.
    @inlinable package func isSamePlace(as other: Endpoint) -> Bool {
        port == other.port && transport == other.transport && address == other.address
    }
}

extension Endpoint: CustomStringConvertible {
    /// As people write it in logs: `udp:192.0.2.1:5060`, `tls:[2001:db8::1]:5061`.
    package var description: String {
        let host = address.isIPv4 ? "\(address)" : "[\(address)]"
        return "\(transport):\(host):\(port)"
    }
}
