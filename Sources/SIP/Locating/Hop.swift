/// Where a request is to go, as its URI says it: what RFC 3263 turns into addresses.
package struct Hop: Hashable, Sendable {
    /// A host name in lower case, without a dot at its end.
    package let host: String
    /// nil: whatever the name's records say.
    package let port: UInt16?
    /// nil: whatever the name's records say.
    package let transport: TransportProtocol?
    /// `sips:`: nothing but TLS will do.
    package let isSecure: Bool

    package init(host: String, port: UInt16? = nil, transport: TransportProtocol? = nil, isSecure: Bool = false) {
        self.host = host
        self.port = port
        self.transport = transport
        self.isSecure = isSecure
    }
}

extension URI {
    /// What there is to look up; nil if the host is an address, or the transport one that we do not have.
    package var hop: Hop? {
        guard scheme == .sip || scheme == .sips, !namesTransport || impliedTransport != nil else { return nil }
        let named = place
        guard IPAddress(parsing: named) == nil, !named.isEmpty, named.count <= 253 else { return nil }
        var text = String(decoding: named, as: UTF8.self).lowercased()
        if text.hasSuffix(".") { text.removeLast() }
        return Hop(
            host: text,
            port: port,
            transport: parameter(named: "transport") == nil ? nil : impliedTransport,
            isSecure: scheme == .sips
        )
    }
}

/// A question to the domain name system.
package struct DNSQuestion: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case naptr, srv
        /// A and AAAA together.
        case address
    }

    package let name: String
    package let kind: Kind

    package init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// What the domain name system says (RFC 2782, RFC 3403, RFC 1035).
package enum DNSRecord: Hashable, Sendable {
    case naptr(order: UInt16, preference: UInt16, flags: String, service: String, replacement: String)
    case srv(priority: UInt16, weight: UInt16, port: UInt16, target: String)
    case address(IPAddress)
}
