/// Which way media flows, as the sender of a description sees it (RFC 8866 section 6.7).
package enum MediaDirection: UInt8, Hashable, Sendable, CaseIterable {
    case sendReceive, sendOnly, receiveOnly, inactive

    package var attribute: StaticString {
        switch self {
        case .sendReceive: "sendrecv"
        case .sendOnly: "sendonly"
        case .receiveOnly: "recvonly"
        case .inactive: "inactive"
        }
    }
}

/// What protects a stream. RTP against SRTP is not converted here: both sides must have the same.
package enum MediaProfile: UInt8, Hashable, Sendable {
    /// RTP/AVP and RTP/AVPF.
    case rtp
    /// RTP/SAVP and RTP/SAVPF, with or without DTLS.
    case srtp
    /// No RTP: MSRP, T.38 and so on.
    case other
}

extension SessionDescription {
    /// The lines of a range that begin with this letter: where their values are, CRLF not included.
    package func lines(_ letter: UInt8, in range: ByteRange) -> [ByteRange] {
        let span = bytes.span
        var found: [ByteRange] = []
        var position = Int(range.lower)
        let end = min(Int(range.upper), span.count)
        while position < end {
            let lineFeed = span.firstOffset(of: 0x0A, position, end) ?? end
            if span.at(position) == letter { found.append(ByteRange(position + 2, max(position + 2, lineFeed - 1))) }
            position = lineFeed + 1
        }
        return found
    }

    /// The value of the first `a=<name>` or `a=<name>:<value>` of a range; empty for the former, nil if there is none.
    package func attribute(_ name: StaticString, in range: ByteRange) -> ByteRange? {
        let span = bytes.span
        for line in lines(UInt8(ascii: "a"), in: range) {
            let end = Int(line.upper)
            let colon = span.firstOffset(of: UInt8(ascii: ":"), Int(line.lower), end) ?? end
            if span.spells(ByteRange(Int(line.lower), colon), name) { return ByteRange(min(colon + 1, end), end) }
        }
        return nil
    }

    /// The direction of a media description, else that of the session, else sendrecv.
    package func direction(of media: Media) -> MediaDirection {
        for range in [media.range, session] {
            for direction in MediaDirection.allCases where attribute(direction.attribute, in: range) != nil {
                return direction
            }
        }
        return .sendReceive
    }

    package func profile(of media: Media) -> MediaProfile {
        let span = bytes.span
        let end = Int(media.transport.upper)
        var word = Int(media.transport.lower)
        var isRTP = false
        while let slash = span.firstOffset(of: UInt8(ascii: "/"), word, end) {
            if span.spells(ByteRange(word, slash), "RTP") { isRTP = true }
            word = slash + 1
        }
        guard isRTP else { return .other }
        let profile = ByteRange(word, end)
        if span.spells(profile, "AVP") || span.spells(profile, "AVPF") { return .rtp }
        if span.spells(profile, "SAVP") || span.spells(profile, "SAVPF") { return .srtp }
        return .other
    }

    /// Whether one side has RTP only and the other SRTP only. Streams that are refused do not count, nor does what is no RTP.
    package func isProtectedUnlike(_ other: SessionDescription) -> Bool {
        let (ours, theirs) = (protections, other.protections)
        return (ours.rtp || ours.srtp) && (theirs.rtp || theirs.srtp)
            && !(ours.rtp && theirs.rtp) && !(ours.srtp && theirs.srtp)
    }

    private var protections: (rtp: Bool, srtp: Bool) {
        var found = (rtp: false, srtp: false)
        for line in media where line.port != 0 {
            switch profile(of: line) {
            case .rtp: found.rtp = true
            case .srtp: found.srtp = true
            case .other: break
            }
        }
        return found
    }

    /// Whether any part of it asks for ICE (RFC 8839): the two ends then have agreed on more than addresses and codecs.
    package var usesICE: Bool { hasAttribute("ice-ufrag") || hasAttribute("candidate") }

    /// Whether any part of it has the fingerprint of a DTLS certificate (RFC 8122).
    package var usesDTLS: Bool { hasAttribute("fingerprint") }

    /// Whether both say the same but for the o= line.
    package func hasSameContent(as other: SessionDescription) -> Bool {
        func content(_ description: SessionDescription) -> [UInt8] {
            Array(description.bytes[..<Int(description.origin.line.lower)])
                + Array(description.bytes[Int(description.origin.line.upper)...])
        }
        return content(self) == content(other)
    }

    /// The same without directions, which are those of a moment: whoever it is offered to may speak and hear. nil if it cannot be
    /// read then.
    package func withoutDirections() -> SessionDescription? {
        var kept: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0A).map { $0 + 1 } ?? rest.endIndex
            let line = rest[..<end]
            rest = rest[end...]
            let text = line.prefix { $0 != 0x0D && $0 != 0x0A }.dropFirst(2)
            let isDirection =
                line.starts(with: "a=".utf8)
                && MediaDirection.allCases.contains { direction in
                    direction.attribute.withUTF8Buffer { $0.elementsEqual(text) }
                }
            if !isDirection { kept += line }
        }
        return try? SessionDescription(parsing: kept[...])
    }

    private func hasAttribute(_ name: StaticString) -> Bool {
        attribute(name, in: ByteRange(0, bytes.count)) != nil
    }
}
