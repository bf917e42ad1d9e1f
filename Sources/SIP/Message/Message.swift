/// A SIP message: its bytes, and where in them everything is. Parsing copies nothing; only what is needed to route
/// and match a message is taken apart at once, the rest when it is asked for.
///
/// Nothing of it ever changes. A reference, since it goes through many hands: as a value it would be 300 bytes to copy in each.
package final class Message: Sendable {
    /// The whole message. Folded header lines are joined: CRLF and what follows it have become blanks.
    /// For a span of it the array must be held: `let bytes = bytes`.
    package let bytes: [UInt8]
    package let startLine: StartLine
    /// In the order of the message.
    package let fields: [HeaderField]
    /// The body, cut to Content-Length; empty if there is none.
    package let body: ByteRange
    /// The topmost Via.
    package let via: Via
    package let from: NameAddress
    package let to: NameAddress
    package let callID: ByteRange
    package let cseq: CSeq
    /// nil if the message has none, as those of RFC 2543 do.
    package let maxForwards: UInt8?
    /// One bit for each known header name that is there.
    let present: UInt64

    /// What a parser without an error has found in these bytes.
    init(_ bytes: consuming [UInt8], _ startLine: StartLine, _ parser: borrowing MessageParser) {
        self.bytes = bytes
        self.startLine = startLine
        fields = parser.fields
        body = parser.body
        via = parser.via
        from = parser.from
        to = parser.to
        callID = parser.callID
        cseq = parser.cseq
        maxForwards = parser.maxForwards
        present = parser.present
    }

    package enum StartLine: Hashable, Sendable {
        case request(method: Method, name: ByteRange, uri: ByteRange)
        case response(status: UInt16, reason: ByteRange)
    }
}

/// One header field, without its line end.
package struct HeaderField: Hashable, Sendable {
    package var name: HeaderName
    /// The name as it is written.
    package var nameRange: ByteRange
    /// The value without blanks on either side; may be a list.
    package var value: ByteRange
}

/// The value of CSeq (RFC 3261 section 20.16).
package struct CSeq: Hashable, Sendable {
    /// Below 2^31.
    package var number: UInt32
    package var method: Method
    /// The name of the method as it is written.
    package var methodRange: ByteRange

    static var none: CSeq { CSeq(number: 0, method: .other, methodRange: .none) }
}

// MARK: - Start line

extension Message {
    package var isRequest: Bool {
        if case .request = startLine { true } else { false }
    }

    /// The method of a request; of a response, the method of the request that it answers.
    package var method: Method {
        if case .request(let method, _, _) = startLine { method } else { cseq.method }
    }

    /// The name of `method` as it is written.
    package var methodRange: ByteRange {
        if case .request(_, let name, _) = startLine { name } else { cseq.methodRange }
    }

    /// nil for a request.
    package var status: UInt16? {
        if case .response(let status, _) = startLine { status } else { nil }
    }

    /// nil for a response. Its grammar has been checked.
    package var requestURI: ByteRange? {
        if case .request(_, _, let uri) = startLine { uri } else { nil }
    }
}

// MARK: - Bytes

extension Message {
    package func bytes(of range: ByteRange) -> ArraySlice<UInt8> { bytes[range] }

    package func copy(of range: ByteRange) -> [UInt8] { Array(bytes[range]) }

    /// The text of a range for logs and records; invalid UTF-8 becomes U+FFFD.
    package func text(of range: ByteRange) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// Whether the range spells an ASCII literal, case ignored.
    package func spells(_ range: ByteRange, _ text: StaticString) -> Bool {
        let bytes = bytes
        return bytes.span.spells(range, text)
    }
}

// MARK: - Header fields

extension Message {
    package func has(_ name: HeaderName) -> Bool { present & name.bit != 0 }

    /// The value of the first header field of that name: the whole line, also of a list.
    package func first(_ name: HeaderName) -> ByteRange? {
        guard has(name) else { return nil }
        return fields.first { $0.name == name }?.value
    }

    /// All values of a header in order, lists split at their commas.
    package func values(of name: HeaderName) -> HeaderValues {
        HeaderValues(bytes: bytes, fields: has(name) ? fields : [], name: name)
    }

    /// The value of the first header field of that name, also if it has the compact form of it (RFC 3261 section 7.3.3).
    package func first(named name: [UInt8]) -> ByteRange? {
        fields.first { field in
            equalIgnoringCase(bytes[field.nameRange], name)
                || (field.name != .other && equalIgnoringCase([UInt8](field.name.spelling), name))
        }?.value
    }

    /// The name of a header field in its long form, as it is written in messages of ours if we know it.
    package func fullName(of field: HeaderField) -> [UInt8] {
        field.name == .other ? copy(of: field.nameRange) : [UInt8](field.name.spelling)
    }

    /// Whether a list such as Supported, Require or Allow has this token, case ignored.
    package func lists(_ token: StaticString, in name: HeaderName) -> Bool {
        guard has(name) else { return false }
        return values(of: name).contains { spells($0, token) }
    }

    /// A header whose value is one decimal number, parameters allowed behind it: Expires, RSeq, Min-SE,
    /// Session-Expires. nil if it is absent or no such number.
    package func number(_ name: HeaderName) -> UInt32? {
        guard let value = first(name) else { return nil }
        let bytes = bytes
        let span = bytes.span
        let end = span.skipDigits(Int(value.lower), Int(value.upper))
        let next = span.skipBlanks(end, Int(value.upper))
        guard next == value.upper || [UInt8(ascii: ";"), UInt8(ascii: "(")].contains(span.at(next)) else { return nil }
        return span.number(Int(value.lower), end, maximum: UInt64(UInt32.max)).map(UInt32.init)
    }

    /// Reads a value as an address: Contact, Route, Refer-To and their like.
    package func address(in value: ByteRange) throws(GrammarError) -> NameAddress {
        let bytes = bytes
        let value = value.clamped(to: bytes.count)
        var position = value.lowerBound
        return try bytes.span.nameAddress(&position, value.upperBound)
    }

    /// The address of the first value of a header; nil if it has none, or one that is no address (`Contact: *`).
    package func firstAddress(_ name: HeaderName) -> NameAddress? {
        guard let value = first(name) else { return nil }
        return try? address(in: value)
    }

    /// The addresses of all values of a header in order: Record-Route, Route, Contact.
    package func addresses(of name: HeaderName) throws(GrammarError) -> [NameAddress] {
        var addresses: [NameAddress] = []
        for value in values(of: name) { addresses.append(try address(in: value)) }
        return addresses
    }

    /// A URI of its own: of a Contact or Record-Route that a dialog keeps.
    package func ownedURI(_ range: ByteRange) throws(GrammarError) -> URI { try URI(parsing: bytes[range]) }

    /// Reads a range as a URI.
    package func uri(in range: ByteRange) throws(GrammarError) -> URIRanges {
        let bytes = bytes
        let range = range.clamped(to: bytes.count)
        return try bytes.span.uri(range.lowerBound, range.upperBound)
    }

    /// The parameters behind an address, a media type or another value that has them: the range begins at the first
    /// `;`. Stops at the first one that does not follow the grammar.
    package func parameters(in range: ByteRange) -> Parameters { Parameters(bytes: bytes, range: range) }

    /// The value of a parameter by its name: nil if it is absent; empty if it is a flag.
    package func parameter(_ name: StaticString, in range: ByteRange) -> ByteRange? {
        for parameter in parameters(in: range) where spells(parameter.name, name) {
            return parameter.value ?? ByteRange(lower: parameter.name.upper, upper: parameter.name.upper)
        }
        return nil
    }
}
