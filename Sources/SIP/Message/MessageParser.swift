extension Message {
    /// Reads one whole message: a UDP datagram, or what a stream's framing cut out.
    ///
    /// The grammar is RFC 3261 section 25 with these allowances: a bare LF ends a line, empty lines before the start
    /// line are skipped, Max-Forwards may be missing, and bytes behind Content-Length are left out.
    package static func parse(_ bytes: consuming [UInt8], limits: MessageLimits = .standard) -> Parsed {
        guard bytes.count <= limits.bytes, UInt64(bytes.count) < UInt64(UInt32.max) else {
            return .hopeless(MessageError(.tooLarge, at: limits.bytes, expected: "a smaller message"))
        }
        var parser = MessageParser(limits: limits)
        if parser.parse(bytes.span) == .folded {
            MessageParser.unfold(&bytes)
            parser = MessageParser(limits: limits)
            _ = parser.parse(bytes.span)
        }
        return parser.result(bytes)
    }
}

/// One pass over the bytes. After the first error it goes on to collect what a refusal needs.
struct MessageParser {
    let limits: MessageLimits
    var startLine: Message.StartLine?
    var fields: [HeaderField] = []
    var present: UInt64 = 0
    var via = Via.none
    var from = NameAddress.none
    var to = NameAddress.none
    var cseq = CSeq.none
    var callID = ByteRange.none
    var maxForwards: UInt8?
    var contentLength: Int?
    var body = ByteRange.none
    var error: MessageError?

    init(limits: MessageLimits) {
        self.limits = limits
    }

    enum Outcome {
        case done
        /// A header line is continued on the next one: join them, then parse again.
        case folded
    }

    mutating func parse(_ span: Span<UInt8>) -> Outcome {
        var position = 0
        while span.at(position) == 0x0D || span.at(position) == 0x0A { position += 1 }
        guard position < span.count else {
            error = MessageError(.keepAlive, at: 0, expected: "a request line or a status line")
            return .done
        }
        guard let next = parseStartLine(span, position) else { return .done }
        position = next
        fields.reserveCapacity(24)
        while true {
            guard let line = span.line(from: position) else {
                fail(.truncated, nil, position, "an empty line behind the header fields")
                break
            }
            if line.end == position {
                position = line.next
                break
            }
            if span.at(line.next).isBlank { return .folded }
            if line.hasControl { fail(.header, .other, line.control, "no control characters") }
            guard fields.count < limits.fields else {
                fail(.tooManyFields, nil, position, "fewer header fields")
                break
            }
            parseField(span, position, line.end)
            position = line.next
        }
        finish(span, bodyStart: position)
        return .done
    }

    mutating func fail(_ kind: MessageError.Kind, _ header: HeaderName?, _ offset: Int, _ expected: StaticString) {
        if error == nil { error = MessageError(kind, header, at: offset, expected: expected) }
    }

    // MARK: Header fields

    private mutating func parseField(_ span: Span<UInt8>, _ start: Int, _ end: Int) {
        guard let colon = span.firstColon(start, end) else {
            return fail(.header, .other, start, "a header name and ':'")
        }
        var nameEnd = colon
        while nameEnd > start, span.at(nameEnd - 1).isBlank { nameEnd -= 1 }
        let name = HeaderName(span, start, nameEnd)
        // A known name is a token; another one has to be looked at.
        guard name != .other || (nameEnd > start && span.skipToken(start, nameEnd) == nameEnd) else {
            return fail(.header, .other, start, "a header name and ':'")
        }
        let value = span.trimmed(colon + 1, end)
        fields.append(HeaderField(name: name, nameRange: ByteRange(start, nameEnd), value: value))
        if name == .other { return }
        let isFirst = present & name.bit == 0
        present |= name.bit
        guard isFirst || !name.isSingle else {
            fail(.duplicate, name, start, "this header field once")
            return
        }
        do throws(GrammarError) {
            try parseValue(span, name, value, isFirst: isFirst)
        } catch {
            fail(.header, name, error.offset, error.expected)
        }
    }

    @inline(__always)
    private mutating func parseValue(
        _ span: Span<UInt8>,
        _ name: HeaderName,
        _ value: ByteRange,
        isFirst: Bool
    ) throws(GrammarError) {
        var position = Int(value.lower)
        let end = Int(value.upper)
        switch name {
        case .via:
            guard isFirst else { return }
            try span.via(&via, &position, end)
        case .from:
            from = try Self.parseParty(span, value)
        case .to:
            to = try Self.parseParty(span, value)
        case .callID:
            while position < end, !span.at(position).isBlank { position += 1 }
            guard position == end, !value.isEmpty else { throw GrammarError(position, "one word") }
            callID = value
        case .cseq:
            try parseCSeq(span, value)
        case .maxForwards:
            guard let hops = span.number(position, end, maximum: 255) else {
                throw GrammarError(position, "a number from 0 to 255")
            }
            maxForwards = UInt8(truncatingIfNeeded: hops)
        case .contentLength:
            guard let length = span.number(position, end, maximum: UInt64(UInt32.max)),
                contentLength == nil || contentLength == Int(length)
            else { throw GrammarError(position, "one number of bytes") }
            contentLength = Int(length)
        default: break
        }
    }

    /// From or To: one address that fills the value.
    private static func parseParty(_ span: Span<UInt8>, _ value: ByteRange) throws(GrammarError) -> NameAddress {
        var position = Int(value.lower)
        let address = try span.nameAddress(&position, Int(value.upper))
        guard position >= value.upper else { throw GrammarError(position, "one address, not a list") }
        return address
    }

    private mutating func parseCSeq(_ span: Span<UInt8>, _ value: ByteRange) throws(GrammarError) {
        let start = Int(value.lower)
        let end = Int(value.upper)
        let digits = span.skipDigits(start, end)
        guard let number = span.number(start, digits, maximum: UInt64(Int32.max)) else {
            throw GrammarError(start, "a number below 2^31")
        }
        let method = span.skipBlanks(digits, end)
        guard method > digits, method < end, span.skipToken(method, end) == end else {
            throw GrammarError(method, "a space and a method behind the number")
        }
        cseq = CSeq(
            number: UInt32(truncatingIfNeeded: number),
            method: Method(span, method, end),
            methodRange: ByteRange(method, end)
        )
    }
}

// MARK: - Lines

extension Span where Element == UInt8 {
    struct Line {
        /// Offset of the line end.
        var end: Int
        /// Where the next line begins.
        var next: Int
        /// Offset of a control character that has no business in a line; -1 if there is none.
        var control: Int

        var hasControl: Bool { control >= 0 }
    }

    /// The line that begins here; nil if nothing ends it. A control character may stand behind a backslash
    /// (`quoted-pair`), except for CR and LF.
    func line(from start: Int) -> Line? {
        var control = -1
        var offset = start
        while true {
            offset = nextControl(from: offset)
            guard offset < count else { return nil }
            switch at(offset) {
            case 0x0A: return Line(end: offset, next: offset + 1, control: control)
            case 0x0D where at(offset + 1) == 0x0A: return Line(end: offset, next: offset + 2, control: control)
            default:
                if at(offset - 1) != UInt8(ascii: "\\") || at(offset) == 0x0D, control < 0 { control = offset }
                offset += 1
            }
        }
    }
}

extension MessageParser {
    /// Joins folded header lines in place (RFC 3261 section 7.3.1): the line end becomes blanks, so that all offsets
    /// stay.
    static func unfold(_ bytes: inout [UInt8]) {
        var start = 0
        while bytes.span.at(start) == 0x0D || bytes.span.at(start) == 0x0A { start += 1 }
        var isFirst = true
        while let line = bytes.span.line(from: start), line.end > start {
            if !isFirst, bytes.span.at(line.next).isBlank {
                for offset in line.end..<line.next { bytes[offset] = 0x20 }
                // The joined line goes on: look for its end from here.
                start = line.end
            } else {
                start = line.next
            }
            isFirst = false
        }
    }
}
