internal import NIOSSL
internal import SIP

/// Whom a certificate is for, and whether that is the peer we have called (RFC 5922 sections 7.1 and 7.2).
///
/// If it names SIP domains by URI, these count, else its DNS names. Wildcards match nothing, and the common name, which RFC
/// 5922 leaves to choice, is not looked at. A peer that is called by address must have that address in his certificate.
struct PeerIdentity: Equatable {
    /// An entry of subjectAltName.
    enum Name: Equatable {
        case uri(String)
        case dns(String)
        /// 4 or 16 bytes.
        case address([UInt8])
    }

    let names: [Name]

    func isFor(domain: String) -> Bool {
        let sip = sipDomains
        let domains = sip.isEmpty ? dnsNames : sip
        return domains.contains { Self.canonical($0) == Self.canonical(domain) }
    }

    func isFor(address: IPAddress) -> Bool {
        if sipDomains.contains(where: { IPAddress($0) == address }) { return true }
        return names.contains { name in
            guard case .address(let bytes) = name else { return false }
            return Self.address(bytes) == address
        }
    }

    /// Hosts of `sip:` URIs without a user: one with a user is the identity of a person.
    private var sipDomains: [String] {
        names.compactMap { name in
            guard case .uri(let text) = name, let uri = URI(text), uri.scheme == .sip, uri.user == nil else {
                return nil
            }
            return String(decoding: uri.host, as: UTF8.self)
        }
    }

    private var dnsNames: [String] {
        names.compactMap { name in
            if case .dns(let text) = name, !text.contains("*") { text } else { nil }
        }
    }

    private static func canonical(_ domain: String) -> String {
        let lower = domain.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }

    private static func address(_ bytes: [UInt8]) -> IPAddress? {
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: return IPAddress(v4: UInt32(truncatingIfNeeded: word(bytes[...])))
        case 16: return IPAddress(high: word(bytes[..<8]), low: word(bytes[8...]))
        default: return nil
        }
    }
}

extension PeerIdentity {
    /// What a certificate says. SwiftNIO shows names only under this underscored name; its own verification knows neither URIs
    /// nor that RFC 5922 forbids wildcards.
    init(_ certificate: NIOSSLCertificate) {
        names = certificate._subjectAlternativeNames().compactMap { name in
            let bytes = name.contents.withUnsafeBufferPointer { Array($0) }
            switch name.nameType {
            case .uri: return .uri(String(decoding: bytes, as: UTF8.self))
            case .dnsName: return .dns(String(decoding: bytes, as: UTF8.self))
            case .ipAddress: return .address(bytes)
            default: return nil
            }
        }
    }
}
