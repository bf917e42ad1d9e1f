import SIP

/// Offer and answer (RFC 3264) of one who plays G.711 over RTP and hears nothing.
struct Negotiation {
    /// Where our RTP comes from, as peers see it.
    let media: Endpoint

    /// What came of a description of the peer's.
    struct Agreement {
        /// Our answer; to be used if the description was an offer.
        let answer: SessionDescription
        let target: MediaStream.Target
    }

    /// Accepts the first audio line that we can serve and refuses all others; nil if there is none (488).
    ///
    /// The law is the first one of the line that is PCMU or PCMA: the order is the peer's preference. An answer of the peer's is
    /// read in the same way.
    func agree(to description: SessionDescription) -> Agreement? {
        for (index, line) in description.media.enumerated() {
            guard let choice = choice(in: line, of: description) else { continue }
            let text = answer(to: description, accepting: index, choice)
            guard let answer = try? SessionDescription(parsing: Array(text.utf8)) else { return nil }
            return Agreement(answer: answer, target: choice.target)
        }
        return nil
    }

    /// What we offer to an INVITE without one.
    var offer: SessionDescription? {
        let formats = G711.allCases.map { (law: $0, number: $0.staticPayloadType) }
        let line = mediaLine(transport: "RTP/AVP", formats: formats, direction: .sendReceive)
        return try? SessionDescription(parsing: Array((session + line).utf8))
    }

    // MARK: Reading

    private struct Choice {
        let target: MediaStream.Target
        let direction: MediaDirection
    }

    /// Whether, and how, we can serve a media line.
    private func choice(in line: SessionDescription.Media, of description: SessionDescription) -> Choice? {
        guard line.port != 0, spells(description.bytes[line.type], "audio"), description.profile(of: line) == .rtp,
            let address = connection(of: line, in: description), address.isIPv4 == media.address.isIPv4,
            let (law, number) = format(of: line, in: description)
        else { return nil }
        let offered = description.direction(of: line)
        // 0.0.0.0 is how RFC 2543 put a call on hold.
        let maySend = (offered == .sendReceive || offered == .receiveOnly) && !address.isUnspecified
        let destination = maySend ? Endpoint(address: address, port: line.port) : nil
        let target = MediaStream.Target(destination: destination, law: law, payloadType: number)
        return Choice(target: target, direction: offered.mirrored)
    }

    /// The address of c=, of the line or else of the session; nil for a name.
    private func connection(of line: SessionDescription.Media, in description: SessionDescription) -> IPAddress? {
        for range in [line.range, description.session] {
            guard let value = description.lines(UInt8(ascii: "c"), in: range).first else { continue }
            let words = description.bytes[value].split(separator: UInt8(ascii: " "))
            guard words.count == 3, let address = words[2].split(separator: UInt8(ascii: "/")).first else { return nil }
            return IPAddress(parsing: address)
        }
        return nil
    }

    /// The first format of a line that is PCMU or PCMA, by a=rtpmap or by its static number.
    private func format(of line: SessionDescription.Media, in description: SessionDescription) -> (G711, UInt8)? {
        var maps: [UInt8: [UInt8]] = [:]
        for value in description.lines(UInt8(ascii: "a"), in: line.range) {
            let words = description.bytes[value].split(separator: UInt8(ascii: " "), maxSplits: 1)
            guard words.count == 2, words[0].starts(with: "rtpmap:".utf8),
                let number = UInt8(String(decoding: words[0].dropFirst(7), as: UTF8.self))
            else { continue }
            maps[number] = Array(words[1])
        }
        for word in description.bytes[line.formats].split(separator: UInt8(ascii: " ")) {
            guard let number = UInt8(String(decoding: word, as: UTF8.self)), number < 128 else { continue }
            let law = G711.allCases.first { law in
                maps[number].map(law.isNamed) ?? (law.staticPayloadType == number)
            }
            if let law { return (law, number) }
        }
        return nil
    }

    // MARK: Writing

    // The leg puts an o= of its own in place of this one.
    private var session: String {
        let connection = "IN \(media.address.isIPv4 ? "IP4" : "IP6") \(media.address)"
        return "v=0\r\no=- 0 0 \(connection)\r\ns=-\r\nc=\(connection)\r\nt=0 0\r\n"
    }

    private func answer(to offer: SessionDescription, accepting accepted: Int, _ choice: Choice) -> String {
        var text = session
        for (index, line) in offer.media.enumerated() {
            func word(_ range: ByteRange) -> String { String(decoding: offer.bytes[range], as: UTF8.self) }
            if index == accepted {
                let format = (law: choice.target.law, number: choice.target.payloadType)
                text += mediaLine(transport: word(line.transport), formats: [format], direction: choice.direction)
            } else {
                text += "m=\(word(line.type)) 0 \(word(line.transport)) \(word(line.firstFormat))\r\n"
            }
        }
        return text
    }

    private func mediaLine(
        transport: String,
        formats: [(law: G711, number: UInt8)],
        direction: MediaDirection
    ) -> String {
        let numbers = formats.map { "\($0.number)" }.joined(separator: " ")
        let maps = formats.map { "a=rtpmap:\($0.number) \($0.law.name)/8000\r\n" }.joined()
        return "m=audio \(media.port) \(transport) \(numbers)\r\n\(maps)a=ptime:20\r\na=\(direction.attribute)\r\n"
    }
}

extension MediaDirection {
    /// What the other side says to it (RFC 3264 section 6.1). To sendrecv it is sendrecv, although we discard what we hear:
    /// many phones take sendonly for being put on hold.
    fileprivate var mirrored: MediaDirection {
        switch self {
        case .sendReceive: .sendReceive
        case .sendOnly: .receiveOnly
        case .receiveOnly: .sendOnly
        case .inactive: .inactive
        }
    }
}

extension G711 {
    /// The number that needs no a=rtpmap (RFC 3551 section 6).
    var staticPayloadType: UInt8 {
        switch self {
        case .mu: 0
        case .a: 8
        }
    }

    var name: StaticString {
        switch self {
        case .mu: "PCMU"
        case .a: "PCMA"
        }
    }

    /// Whether an a=rtpmap, such as `PCMU/8000` or `pcmu/8000/1`, means this law.
    fileprivate func isNamed(_ encoding: [UInt8]) -> Bool {
        let parts = encoding.split(separator: UInt8(ascii: "/"))
        guard let first = parts.first, spells(first, name), parts.count >= 2, parts[1].elementsEqual("8000".utf8)
        else { return false }
        return parts.count == 2 || parts[2].elementsEqual("1".utf8)
    }
}
