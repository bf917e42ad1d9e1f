/// A URI with bytes of its own: what dialogs, route sets and settings keep.
package struct URI: Hashable, Sendable {
    package let bytes: [UInt8]
    /// Where its parts are in `bytes`.
    package let parts: URIRanges

    /// Reads a URI; the error says at which byte it is none, and what was expected there.
    package init(parsing bytes: [UInt8]) throws(GrammarError) {
        parts = try bytes.span.uri(0, bytes.count)
        self.bytes = bytes
    }

    package init(parsing bytes: ArraySlice<UInt8>) throws(GrammarError) {
        try self.init(parsing: Array(bytes))
    }

    package init?(_ text: String) {
        guard let uri = try? URI(parsing: Array(text.utf8)) else { return nil }
        self = uri
    }

    package var scheme: URIRanges.Scheme { parts.scheme }

    /// The user part with its escapes undone; nil if there is none.
    package var user: [UInt8]? { parts.user.map { unescaped(bytes[$0]) } }

    package var host: ArraySlice<UInt8> { bytes[parts.host] }

    /// The address of a host that is one, nil for a name.
    package var hostAddress: IPAddress? { IPAddress(parsing: host) }

    /// nil if the URI names none.
    package var port: UInt16? { parts.port }

    /// The value of a parameter, case of its name ignored: nil if it is absent, empty if it has none (`;lr`).
    package func parameter(named name: StaticString) -> ArraySlice<UInt8>? {
        parts.parameter(named: name, in: bytes).map { bytes[$0] }
    }

    /// What the `transport` parameter says; nil if it is absent or names one that we do not speak.
    package var transport: TransportProtocol? {
        guard let name = parameter(named: "transport") else { return nil }
        if spells(name, "udp") { return .udp }
        if spells(name, "tcp") { return .tcp }
        if spells(name, "tls") { return .tls }
        return nil
    }

    /// Whether the proxy of this route is a loose router (RFC 3261 section 16.12).
    package var isLooseRouter: Bool { parameter(named: "lr") != nil }
}

extension URI: CustomStringConvertible {
    package var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension URIRanges {
    /// The value of a parameter in the buffer that was parsed, case of its name ignored: nil if it is absent, an
    /// empty range if it has none (`;lr`).
    package func parameter(named name: StaticString, in bytes: [UInt8]) -> ByteRange? {
        let span = bytes.span
        let end = Int(parameters.upper)
        var start = Int(parameters.lower)
        while start < end {
            // Each begins with its semicolon.
            let stop = span.firstOffset(of: UInt8(ascii: ";"), start + 1, end) ?? end
            let equals = span.firstOffset(of: UInt8(ascii: "="), start + 1, stop) ?? stop
            if span.spells(ByteRange(start + 1, equals), name) { return ByteRange(min(equals + 1, stop), stop) }
            start = stop
        }
        return nil
    }
}

/// The bytes with each `%HH` replaced by what it stands for (RFC 3261 section 19.1.2).
package func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var rest = bytes
    while let byte = rest.popFirst() {
        let digits = rest.prefix(2)
        if byte == UInt8(ascii: "%"), digits.count == 2, let high = digits.first?.hexadecimalValue,
            let low = digits.last?.hexadecimalValue
        {
            text.append(high << 4 | low)
            rest = rest.dropFirst(2)
        } else {
            text.append(byte)
        }
    }
    return text
}
