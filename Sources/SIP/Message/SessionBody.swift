/// What the body of a message holds for offer and answer (RFC 3264).
package enum SessionBody: Hashable, Sendable {
    /// There is no body.
    case none
    /// A session description, alone or inside of multipart (RFC 5621).
    case sdp(ByteRange)
    /// There is a body, but none of its parts that we can read is a session description: 415, if it was to be one.
    case other
}

extension Message {
    /// Finds the session description of the body, also in multipart/mixed and multipart/alternative, nested at most
    /// as deep as the limits say. Of alternatives the last one counts, of mixed parts the first.
    package func sessionBody(limits: MessageLimits = .standard) -> SessionBody {
        guard !body.isEmpty else { return .none }
        guard let type = first(.contentType), !isEncoded else { return .other }
        let bytes = bytes
        if let found = bytes.span.sessionDescription(type, body, depth: limits.multipartDepth) { return .sdp(found) }
        return isOptional(type) ? .none : .other
    }

    /// Whether nobody needs to understand the body: it says so itself, or each of its parts does (RFC 3261 section 20.11, RFC 5621
    /// section 8).
    private func isOptional(_ type: ByteRange) -> Bool {
        let bytes = bytes
        if let disposition = first(.contentDisposition) { return bytes.span.isOptional(disposition) }
        return bytes.span.hasOptionalPartsOnly(type, body)
    }

    /// Whether Content-Type is this type and subtype, `application/sdp` say: case and parameters are ignored.
    package func hasContentType(_ type: StaticString) -> Bool {
        guard let value = first(.contentType) else { return false }
        let bytes = bytes
        return bytes.span.isMediaType(value, type)
    }

    /// Whether the body is compressed, or the like.
    package var isEncoded: Bool { first(.contentEncoding).map { !$0.isEmpty && !spells($0, "identity") } ?? false }
}

extension Span where Element == UInt8 {
    /// Compares `m-type SLASH m-subtype`, blanks around the slash allowed, with a literal.
    fileprivate func isMediaType(_ value: ByteRange, _ type: StaticString) -> Bool {
        let end = firstOffset(of: UInt8(ascii: ";"), Int(value.lower), Int(value.upper)) ?? Int(value.upper)
        var position = Int(value.lower)
        return type.withUTF8Buffer { literal in
            for byte in literal {
                if byte == UInt8(ascii: "/") || at(position) == UInt8(ascii: "/") {
                    position = skipBlanks(position, end)
                }
                guard position < end, at(position).lowercased == byte.lowercased else { return false }
                position += 1
                if byte == UInt8(ascii: "/") { position = skipBlanks(position, end) }
            }
            return skipBlanks(position, end) == end
        }
    }

    fileprivate func sessionDescription(_ type: ByteRange, _ body: ByteRange, depth: Int) -> ByteRange? {
        if isMediaType(type, "application/sdp") { return body.isEmpty ? nil : body }
        let isAlternative = isMediaType(type, "multipart/alternative")
        guard isAlternative || isMediaType(type, "multipart/mixed"), depth > 0, let boundary = boundary(of: type)
        else { return nil }
        var found: ByteRange?
        var position = Int(body.lower)
        while let part = nextPart(&position, Int(body.upper), boundary) {
            if let inside = partContent(part, depth: depth - 1) {
                found = inside
                if !isAlternative { break }
            }
        }
        return found
    }

    /// Whether a Content-Disposition has `handling=optional`.
    fileprivate func isOptional(_ disposition: ByteRange) -> Bool {
        let end = Int(disposition.upper)
        guard var position = firstOffset(of: UInt8(ascii: ";"), Int(disposition.lower), end) else { return false }
        while let parameter = try? nextParameter(&position, end) {
            if spells(parameter.name, "handling") {
                return parameter.value.map { spells($0, "optional") } ?? false
            }
        }
        return false
    }

    fileprivate func hasOptionalPartsOnly(_ type: ByteRange, _ body: ByteRange) -> Bool {
        guard isMediaType(type, "multipart/mixed") || isMediaType(type, "multipart/alternative"),
            let boundary = boundary(of: type)
        else { return false }
        var position = Int(body.lower)
        var hasParts = false
        while let part = nextPart(&position, Int(body.upper), boundary) {
            guard let disposition = head(ofPart: part)?.disposition, isOptional(disposition) else { return false }
            hasParts = true
        }
        return hasParts
    }

    /// The `boundary` parameter of a multipart type, without its quotes.
    private func boundary(of type: ByteRange) -> ByteRange? {
        let end = Int(type.upper)
        guard var position = firstOffset(of: UInt8(ascii: ";"), Int(type.lower), end) else { return nil }
        while let parameter = try? nextParameter(&position, end) {
            guard spells(parameter.name, "boundary"), var value = parameter.value else { continue }
            if at(Int(value.lower)) == UInt8(ascii: "\"") {
                value = ByteRange(lower: value.lower + 1, upper: value.upper - 1)
            }
            // RFC 2046 section 5.1.1: 1 to 70 characters.
            return value.isEmpty || value.count > 70 ? nil : value
        }
        return nil
    }

    /// The next part behind a delimiter line: from its headers to the line end before the next delimiter. nil behind
    /// the last one; a last part that nothing closes ends with the body.
    private func nextPart(_ position: inout Int, _ end: Int, _ boundary: ByteRange) -> ByteRange? {
        var start: Int?
        while position < end {
            let line = position
            let lineEnd = firstOffset(of: 0x0A, line, end) ?? end
            let next = Swift.min(lineEnd + 1, end)
            if isDelimiter(line, lineEnd, boundary) {
                if let start {
                    return ByteRange(start, lineBreak(before: line, start))
                }
                if at(line + 2 + boundary.count) == UInt8(ascii: "-") {
                    position = end
                    return nil
                }
                start = next
            }
            position = next
        }
        return start.map { ByteRange($0, end) }
    }

    private func isDelimiter(_ start: Int, _ end: Int, _ boundary: ByteRange) -> Bool {
        guard start + 2 + boundary.count <= end, at(start) == UInt8(ascii: "-"), at(start + 1) == UInt8(ascii: "-")
        else { return false }
        for offset in 0..<boundary.count where at(start + 2 + offset) != at(Int(boundary.lower) + offset) {
            return false
        }
        // Behind it: nothing, blanks, or the dashes of the last delimiter.
        var rest = start + 2 + boundary.count
        while rest < end, at(rest).isBlank || at(rest) == 0x0D || at(rest) == UInt8(ascii: "-") { rest += 1 }
        return rest == end
    }

    /// The line break in front of a delimiter belongs to the delimiter.
    private func lineBreak(before line: Int, _ start: Int) -> Int {
        var end = line
        if end > start, at(end - 1) == 0x0A { end -= 1 }
        if end > start, at(end - 1) == 0x0D { end -= 1 }
        return end
    }

    /// The session description in one part.
    private func partContent(_ part: ByteRange, depth: Int) -> ByteRange? {
        guard let head = head(ofPart: part), let type = head.type, head.isPlain else { return nil }
        return sessionDescription(type, head.content, depth: depth)
    }

    /// MIME headers and an empty line, behind which the content begins; nil if a part has no such head.
    private func head(ofPart part: ByteRange) -> PartHead? {
        let end = Int(part.upper)
        var position = Int(part.lower)
        var head = PartHead(content: .none)
        while position < end {
            let lineFeed = firstOffset(of: 0x0A, position, end) ?? end
            let lineEnd = lineFeed > position && at(lineFeed - 1) == 0x0D ? lineFeed - 1 : lineFeed
            let next = Swift.min(lineFeed + 1, end)
            if lineEnd == position {
                head.content = ByteRange(next, end)
                return head
            }
            let name = skipToken(position, lineEnd)
            let colon = skipBlanks(name, lineEnd)
            guard colon < lineEnd, at(colon) == UInt8(ascii: ":") else { return nil }
            let value = trimmed(colon + 1, lineEnd)
            switch HeaderName(self, position, name) {
            case .contentType: head.type = value
            case .contentDisposition: head.disposition = value
            default:
                if spells(ByteRange(position, name), "Content-Transfer-Encoding"), !isUnencoded(value) {
                    head.isPlain = false
                }
            }
            position = next
        }
        return nil
    }

    /// Base64 and quoted-printable are not for SIP, whose transports are clean (RFC 5621 section 4.2).
    private func isUnencoded(_ encoding: ByteRange) -> Bool {
        spells(encoding, "binary") || spells(encoding, "8bit") || spells(encoding, "7bit")
    }
}

/// What the head of a part of a multipart body says.
private struct PartHead {
    var type: ByteRange?
    var disposition: ByteRange?
    /// Not in base64 or the like.
    var isPlain = true
    /// What follows it.
    var content: ByteRange
}
