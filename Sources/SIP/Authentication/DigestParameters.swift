/// A challenge or an answer of the Digest scheme, taken apart (RFC 3261 section 25.1, RFC 7616).
///
///     challenge = "Digest" LWS parameter *( "," parameter )
struct DigestParameters {
    private var values: [(name: [UInt8], value: [UInt8])] = []

    /// nil for another scheme, and for what does not follow the grammar.
    init?(_ text: ArraySlice<UInt8>) {
        let bytes = Array(text)
        let span = bytes.span
        let end = bytes.count
        var position = span.skipToken(0, end)
        guard span.spells(ByteRange(0, position), "Digest") else { return nil }
        while true {
            position = span.skipBlanks(position, end)
            let nameEnd = span.skipToken(position, end)
            guard nameEnd > position else { return nil }
            let name = bytes[position..<nameEnd].map(\.lowercased)
            position = span.skipBlanks(nameEnd, end)
            guard position < end, span.at(position) == UInt8(ascii: "=") else { return nil }
            position = span.skipBlanks(position + 1, end)
            if position < end, span.at(position) == UInt8(ascii: "\"") {
                guard let closed = span.skipQuoted(position, end) else { return nil }
                values.append((name, Self.plain(bytes[(position + 1)..<(closed - 1)])))
                position = closed
            } else {
                let stop = span.skipListValue(position, end)
                values.append((name, Array(bytes[span.trimmed(position, stop)])))
                position = stop
            }
            position = span.skipBlanks(position, end)
            if position >= end { return }
            guard span.at(position) == UInt8(ascii: ","), values.count < 32 else { return nil }
            position += 1
        }
    }

    subscript(name: String) -> [UInt8]? { values.first { $0.name.elementsEqual(name.utf8) }?.value }

    /// The algorithm, MD5 if none is named; nil for one that we do not have.
    var algorithm: DigestAlgorithm? {
        guard let name = self["algorithm"] else { return .md5 }
        return DigestAlgorithm.allCases.first { spells(name[...], $0.name) }
    }

    private static func plain(_ quoted: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        var rest = quoted
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                text.append(escaped)
            } else {
                text.append(byte)
            }
        }
        return text
    }
}

/// What a server wants to be convinced of.
struct DigestChallenge: Equatable {
    let realm: [UInt8]
    let nonce: [UInt8]
    let opaque: [UInt8]?
    let algorithm: DigestAlgorithm
    /// Named by the server, so that it is named in the answer.
    let namesAlgorithm: Bool
    /// qop=auth is offered.
    let hasQuality: Bool
    /// Only the nonce was too old.
    let isStale: Bool
    let isProxy: Bool

    /// nil if it is none that we can answer: another scheme or algorithm, or only qop=auth-int.
    init?(_ value: ArraySlice<UInt8>, isProxy: Bool) {
        guard let parameters = DigestParameters(value), let realm = parameters["realm"],
            let nonce = parameters["nonce"], let algorithm = parameters.algorithm
        else { return nil }
        if let qualities = parameters["qop"] {
            let offered = qualities.split(separator: UInt8(ascii: ",")).contains { word in
                spells(word.drop { $0 == 0x20 }.prefix { $0 != 0x20 }, "auth")
            }
            guard offered else { return nil }
            hasQuality = true
        } else {
            hasQuality = false
        }
        self.realm = realm
        self.nonce = nonce
        self.algorithm = algorithm
        self.isProxy = isProxy
        opaque = parameters["opaque"]
        namesAlgorithm = parameters["algorithm"] != nil
        isStale = parameters["stale"].map { spells($0[...], "true") } ?? false
    }
}

extension MessageWriter {
    /// `name="value"` with the escapes that it needs.
    mutating func append(_ name: StaticString, quoted value: [UInt8]) {
        append(name)
        append("=\"")
        for byte in value where byte >= 0x20 && byte != 0x7F {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append("\\") }
            append([byte])
        }
        append("\"")
    }
}
