/// What the transaction layer must know of a request of ours, from whoever has written it.
struct RequestFacts {
    /// The number of its CSeq.
    var sequence: UInt32
    var callID: [UInt8]
    var hasBody: Bool
}

/// The parts of a request of ours that the transaction layer needs: to recognise its responses, and to build the ACK and
/// the CANCEL that go with it.
///
/// Requests of ours come from `MessageWriter`: one header field a line, names in full, no folding. So reading them takes a
/// walk along the lines and no parser.
struct RequestOutline {
    /// CSeq without the method; 0 if there is none, and no response will ever match.
    private(set) var sequence: UInt32 = 0
    private(set) var callID = ByteRange.none
    /// Whether anything stands behind the header.
    private(set) var hasBody = false
    private var requestURI = ByteRange.none
    /// Whole lines without their ends.
    private var via = ByteRange.none
    private var from = ByteRange.none
    private var to = ByteRange.none
    private var routes: [ByteRange] = []

    init(_ bytes: [UInt8]) {
        let text = bytes.span
        guard let first = text.line(from: 0) else { return }
        if let space = text.firstOffset(of: 0x20, 0, first.end),
            let second = text.firstOffset(of: 0x20, space + 1, first.end)
        {
            requestURI = ByteRange(space + 1, second)
        }
        var start = first.next
        while let found = text.line(from: start) {
            guard found.end > start else {
                hasBody = found.next < bytes.count
                break
            }
            defer { start = found.next }
            let end = found.end
            let line = ByteRange(start, end)
            guard let colon = text.firstOffset(of: UInt8(ascii: ":"), start, end) else { continue }
            let name = ByteRange(start, colon)
            let value = text.trimmed(colon + 1, end)
            switch text.at(start) {
            case UInt8(ascii: "V") where via.isEmpty && text.spells(name, "Via"): via = line
            case UInt8(ascii: "F") where text.spells(name, "From"): from = line
            case UInt8(ascii: "T") where text.spells(name, "To"): to = line
            case UInt8(ascii: "R") where text.spells(name, "Route"): routes.append(line)
            case UInt8(ascii: "C") where text.spells(name, "Call-ID"): callID = value
            case UInt8(ascii: "C") where text.spells(name, "CSeq"):
                let digits = text.skipDigits(Int(value.lower), Int(value.upper))
                sequence = text.number(Int(value.lower), digits, maximum: UInt64(UInt32.max)).map(UInt32.init) ?? 0
            default: break
            }
        }
    }

    /// The ACK for a response of 300 to 699 (RFC 3261 section 17.1.1.3): all from the INVITE, but To from the response.
    static func ack(of invite: [UInt8], to response: Message) -> [UInt8] {
        RequestOutline(invite).request("ACK", of: invite) { bytes in
            bytes.append("To: ")
            bytes.append(response.to.range, of: response.bytes)
            bytes.append("\r\n")
        }
    }

    /// The CANCEL of an INVITE (RFC 3261 section 9.1), with the value of a Reason header field (RFC 3326) if there is one.
    static func cancel(of invite: [UInt8], reason: [UInt8]?) -> [UInt8] {
        let outline = RequestOutline(invite)
        return outline.request("CANCEL", of: invite) { bytes in
            bytes.append(outline.to, of: invite)
            bytes.append("\r\n")
            if let reason {
                bytes.append("Reason: ")
                bytes.append(contentsOf: reason)
                bytes.append("\r\n")
            }
        }
    }

    /// The request with sent-by and transport of another socket of ours in its Via; nil if it has none.
    static func readdressed(_ request: [UInt8], from local: Endpoint) -> [UInt8]? {
        let via = RequestOutline(request).via
        let span = request.span
        guard let parameters = span.firstOffset(of: UInt8(ascii: ";"), Int(via.lower), Int(via.upper)) else {
            return nil
        }
        var writer = MessageWriter(capacity: request.count + 64)
        writer.append(request[..<Int(via.lower)])
        writer.beginVia(local)
        writer.append(request[parameters...])
        return writer.bytes
    }

    private func request(
        _ method: StaticString,
        of invite: [UInt8],
        adding addTo: (inout [UInt8]) -> Void
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes.append(method)
        bytes.append(" ")
        bytes.append(requestURI, of: invite)
        bytes.append(" SIP/2.0\r\n")
        for line in [via] + routes + [from] {
            bytes.append(line, of: invite)
            bytes.append("\r\n")
        }
        addTo(&bytes)
        bytes.append("Call-ID: ")
        bytes.append(callID, of: invite)
        bytes.append("\r\nCSeq: ")
        bytes.append(decimal: UInt64(sequence))
        bytes.append(" ")
        bytes.append(method)
        bytes.append("\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
        return bytes
    }
}
