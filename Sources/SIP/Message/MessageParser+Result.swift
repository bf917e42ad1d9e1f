extension MessageParser {
    /// What can only be checked when all header fields are read.
    mutating func finish(_ span: Span<UInt8>, bodyStart: Int) {
        checkMandatory(end: bodyStart)
        if case .request(_, let name, _) = startLine, present & HeaderName.cseq.bit != 0, error == nil,
            !span.equal(name, cseq.methodRange)
        {
            fail(.methodMismatch, .cseq, Int(cseq.methodRange.lower), "the method of the request line")
        }
        let available = max(0, span.count - bodyStart)
        let length = contentLength ?? available
        if length > available {
            fail(.bodyTooShort, .contentLength, span.count, "as many bytes of body as Content-Length says")
        }
        body = ByteRange(bodyStart, bodyStart + min(length, available))
    }

    private mutating func checkMandatory(end: Int) {
        let mandatory =
            HeaderName.via.bit | HeaderName.from.bit | HeaderName.to.bit | HeaderName.callID.bit
            | HeaderName.cseq.bit
        guard present & mandatory != mandatory else { return }
        for name in [HeaderName.via, .from, .to, .callID, .cseq] where present & name.bit == 0 {
            return fail(.missing, name, end, "this header field, which every message has")
        }
    }

    consuming func result(_ bytes: consuming [UInt8]) -> Parsed {
        if let error { return refusal(bytes, error) }
        guard let startLine else {
            return .hopeless(MessageError(.startLine, at: 0, expected: "a request line or a status line"))
        }
        return .message(Message(bytes, startLine, self))
    }

    /// A request other than ACK can be refused if we know where to, and what to copy into the response.
    private func refusal(_ bytes: [UInt8], _ error: MessageError) -> Parsed {
        guard case .request(let method, _, _) = startLine, method != .ack, !via.host.isEmpty,
            let from = raw(.from), let to = raw(.to), let callID = raw(.callID), let cseq = raw(.cseq)
        else { return .hopeless(error) }
        return .refusable(
            MalformedRequest(
                bytes: bytes,
                fields: fields,
                method: method,
                via: via,
                from: from,
                to: to,
                callID: callID,
                cseq: cseq,
                hasToTag: self.to.tag != nil || bytes.span.mentionsTag(to)
            ),
            error
        )
    }

    private func raw(_ name: HeaderName) -> ByteRange? {
        fields.first { $0.name == name && !$0.value.isEmpty }?.value
    }
}

extension Span where Element == UInt8 {
    fileprivate func equal(_ a: ByteRange, _ b: ByteRange) -> Bool {
        guard a.count == b.count else { return false }
        for offset in 0..<a.count where at(Int(a.lower) + offset) != at(Int(b.lower) + offset) { return false }
        return true
    }

    /// Whether a broken address seems to have a tag: `tag=` behind a semicolon, wherever it stands.
    fileprivate func mentionsTag(_ range: ByteRange) -> Bool {
        var position = Int(range.lower)
        let end = Int(range.upper)
        while let semicolon = firstOffset(of: UInt8(ascii: ";"), position, end) {
            let name = skipBlanks(semicolon + 1, end)
            let stop = skipToken(name, end)
            if spells(ByteRange(name, stop), "tag"), at(skipBlanks(stop, end)) == UInt8(ascii: "=") { return true }
            position = semicolon + 1
        }
        return false
    }
}
