extension MessageParser {
    /// Reads the start line; the offset of the next line, or nil if the bytes are no SIP message at all.
    ///
    ///     Request-Line = Method SP Request-URI SP SIP-Version CRLF
    ///     Status-Line  = SIP-Version SP Status-Code SP Reason-Phrase CRLF
    mutating func parseStartLine(_ span: Span<UInt8>, _ start: Int) -> Int? {
        guard let line = span.line(from: start), !line.hasControl else {
            fail(.startLine, nil, start, "a request line or a status line")
            return nil
        }
        let token = span.skipToken(start, line.end)
        if span.at(token) == UInt8(ascii: "/") {
            parseStatusLine(span, start, line.end)
        } else {
            parseRequestLine(span, start, methodEnd: token, line.end)
        }
        return startLine == nil ? nil : line.next
    }

    private mutating func parseStatusLine(_ span: Span<UInt8>, _ start: Int, _ end: Int) {
        guard let version = skipVersion(span, start, end), span.at(version) == 0x20, version < end else { return }
        let code = version + 1
        guard let status = span.number(code, min(code + 3, end), maximum: 699), status >= 100, code + 3 <= end,
            code + 3 == end || span.at(code + 3) == 0x20
        else {
            return fail(.startLine, nil, code, "a status from 100 to 699")
        }
        let reason = ByteRange(min(code + 4, end), end)
        startLine = .response(status: UInt16(truncatingIfNeeded: status), reason: reason)
    }

    private mutating func parseRequestLine(_ span: Span<UInt8>, _ start: Int, methodEnd: Int, _ end: Int) {
        guard methodEnd > start, span.at(methodEnd) == 0x20, methodEnd < end else {
            return fail(.startLine, nil, start, "a method and one space")
        }
        // The version has no blanks: the last one ends the URI, however broken that is.
        var trimmed = end
        while trimmed > methodEnd, span.at(trimmed - 1).isBlank { trimmed -= 1 }
        var version = trimmed
        while version > methodEnd + 1, !span.at(version - 1).isBlank { version -= 1 }
        let uri = ByteRange(methodEnd + 1, version - 1)
        guard !uri.isEmpty, span.isVersion(version, trimmed) else {
            return fail(.startLine, nil, methodEnd + 1, "a Request-URI, one space and SIP/2.0")
        }
        startLine = .request(
            method: Method(span, start, methodEnd),
            name: ByteRange(start, methodEnd),
            uri: uri
        )
        if skipVersion(span, version, trimmed) == nil { return }
        if trimmed != end { return fail(.startLine, nil, trimmed, "the end of the line behind SIP/2.0") }
        guard uri.count <= limits.requestURI else {
            return fail(.requestURITooLong, nil, Int(uri.lower), "a shorter Request-URI")
        }
        do throws(GrammarError) {
            _ = try span.uri(Int(uri.lower), Int(uri.upper))
        } catch {
            fail(.requestURI, nil, error.offset, error.expected)
        }
    }

    /// The offset behind `SIP/2.0`; nil with an error for another version.
    private mutating func skipVersion(_ span: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        let stop = start + 7
        guard stop <= end, span.spells(ByteRange(start, stop), "SIP/2.0"), stop == end || span.at(stop) == 0x20 else {
            if span.isVersion(start, end) {
                fail(.version, nil, start, "SIP/2.0")
            } else {
                fail(.startLine, nil, start, "SIP/2.0")
            }
            return nil
        }
        return stop
    }
}

extension Span where Element == UInt8 {
    /// `SIP/` with any version behind it.
    fileprivate func isVersion(_ start: Int, _ end: Int) -> Bool {
        guard start + 4 < end, spells(ByteRange(start, start + 4), "SIP/") else { return false }
        return at(start + 4).isDigit
    }
}
