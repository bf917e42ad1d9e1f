import SIP

/// Offer and answer (RFC 3264) of one who plays G.711 or G.722 over RTP and hears nothing.
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
    /// The encoding is the first one of the line that is ours, too: the order is the peer's preference. An answer of the peer's is
    /// read in the same way. Telephone events (RFC 4733) are taken if the peer has them, and not listened to: a phone that
    /// may not send them may fall back to tones in the sound, or to INFO.
    func agree(to description: SessionDescription) -> Agreement? {
        for (index, line) in description.media.enumerated() {
            guard let choice = choice(in: line, of: description) else { continue }
            let text = answer(to: description, accepting: index, choice)
            guard let answer = try? SessionDescription(parsing: Array(text.utf8)) else { return nil }
            return Agreement(answer: answer, target: choice.target)
        }
        return nil
    }

    /// Why nothing of it can be served.
    func warning(of description: SessionDescription) -> SessionWarning {
        let audio = description.media.filter { $0.port != 0 && spells(description.bytes[$0.type], "audio") }
        if audio.isEmpty { return .mediaTypeNotAvailable }
        let plain = audio.filter { description.profile(of: $0) == .rtp }
        if plain.isEmpty { return .incompatibleTransport }
        let isReachable = plain.contains { line in
            Self.connection(of: line, in: description).map { $0.isIPv4 == media.address.isIPv4 } ?? false
        }
        return isReachable ? .incompatibleFormat : .incompatibleAddress
    }

    /// What we offer to an INVITE without one.
    ///
    /// - Parameter isWideband: G.722 comes first, as the sound has something for it.
    func offer(isWideband: Bool) -> SessionDescription? {
        let encodings: [Encoding] = isWideband ? [.g722, .pcmu, .pcma] : [.pcmu, .pcma, .g722]
        let formats = encodings.map { (encoding: $0, number: $0.staticPayloadType) }
        let line = mediaLine(transport: "RTP/AVP", formats: formats, events: 101, direction: .sendReceive)
        return try? SessionDescription(parsing: Array((session + line).utf8))
    }

    /// Where the peer wants to hear audio, as far as that can be said before we have an address ourselves.
    static func listener(of description: SessionDescription) -> IPAddress? {
        description.media.first { $0.port != 0 && spells(description.bytes[$0.type], "audio") }
            .flatMap { connection(of: $0, in: description) }
    }

    // MARK: Reading

    private struct Choice {
        let target: MediaStream.Target
        /// The number of telephone events.
        let events: UInt8?
        let direction: MediaDirection
    }

    /// Whether, and how, we can serve a media line.
    private func choice(in line: SessionDescription.Media, of description: SessionDescription) -> Choice? {
        guard line.port != 0, spells(description.bytes[line.type], "audio"), description.profile(of: line) == .rtp,
            let address = Self.connection(of: line, in: description), address.isIPv4 == media.address.isIPv4,
            let format = format(of: line, in: description)
        else { return nil }
        let offered = description.direction(of: line)
        // 0.0.0.0 is how RFC 2543 put a call on hold.
        let maySend = (offered == .sendReceive || offered == .receiveOnly) && !address.isUnspecified
        let destination = maySend ? Endpoint(address: address, port: line.port) : nil
        let target = MediaStream.Target(
            destination: destination,
            control: destination.flatMap { control(of: line, in: description, besides: $0) },
            encoding: format.encoding,
            payloadType: format.number
        )
        return Choice(target: target, events: format.events, direction: offered.mirrored)
    }

    /// The address of c=, of the line or else of the session; nil for a name.
    private static func connection(of line: SessionDescription.Media, in description: SessionDescription) -> IPAddress?
    {
        for range in [line.range, description.session] {
            guard let value = description.lines(UInt8(ascii: "c"), in: range).first else { continue }
            let words = description.bytes[value].split(separator: UInt8(ascii: " "))
            guard words.count == 3, let address = words[2].split(separator: UInt8(ascii: "/")).first else { return nil }
            return IPAddress(parsing: address)
        }
        return nil
    }

    /// Where the peer takes RTCP: at a=rtcp (RFC 3605), or else at the port above that of RTP; nil if there is none.
    private func control(
        of line: SessionDescription.Media,
        in description: SessionDescription,
        besides media: Endpoint
    ) -> Endpoint? {
        for value in description.lines(UInt8(ascii: "a"), in: line.range) {
            let words = description.bytes[value].split(separator: UInt8(ascii: " "))
            guard let first = words.first, first.starts(with: "rtcp:".utf8) else { continue }
            guard let port = UInt16(String(decoding: first.dropFirst(5), as: UTF8.self)), port > 0 else { return nil }
            // a=rtcp:53020 IN IP4 192.0.2.1
            guard words.count == 4 else { return Endpoint(address: media.address, port: port) }
            let address = IPAddress(parsing: words[3]).flatMap { $0.isIPv4 == media.address.isIPv4 ? $0 : nil }
            return address.map { Endpoint(address: $0, port: port) }
        }
        return media.port < .max ? Endpoint(address: media.address, port: media.port + 1) : nil
    }

    /// The first format of a line that we have, by a=rtpmap or by its static number, and that of telephone events.
    private func format(
        of line: SessionDescription.Media,
        in description: SessionDescription
    ) -> (encoding: Encoding, number: UInt8, events: UInt8?)? {
        var maps: [UInt8: [UInt8]] = [:]
        for value in description.lines(UInt8(ascii: "a"), in: line.range) {
            let words = description.bytes[value].split(separator: UInt8(ascii: " "), maxSplits: 1)
            guard words.count == 2, words[0].starts(with: "rtpmap:".utf8),
                let number = UInt8(String(decoding: words[0].dropFirst(7), as: UTF8.self))
            else { continue }
            maps[number] = Array(words[1])
        }
        let numbers = description.bytes[line.formats].split(separator: UInt8(ascii: " "))
            .compactMap { UInt8(String(decoding: $0, as: UTF8.self)) }
            .filter { $0 < 128 }
        let events = numbers.first { maps[$0].map { isNamed($0, "telephone-event") } ?? false }
        for number in numbers {
            let encoding = Encoding.allCases.first { encoding in
                maps[number].map { isNamed($0, encoding.name) } ?? (encoding.staticPayloadType == number)
            }
            if let encoding { return (encoding, number, events) }
        }
        return nil
    }

    /// Whether an a=rtpmap, such as `PCMU/8000` or `pcmu/8000/1`, means this encoding. All of ours count 8,000 a second.
    private func isNamed(_ map: [UInt8], _ name: StaticString) -> Bool {
        let parts = map.split(separator: UInt8(ascii: "/"))
        guard let first = parts.first, spells(first, name), parts.count >= 2, parts[1].elementsEqual("8000".utf8)
        else { return false }
        return parts.count == 2 || parts[2].elementsEqual("1".utf8)
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
                let format = (encoding: choice.target.encoding, number: choice.target.payloadType)
                text += mediaLine(
                    transport: word(line.transport),
                    formats: [format],
                    events: choice.events,
                    direction: choice.direction
                )
            } else {
                text += "m=\(word(line.type)) 0 \(word(line.transport)) \(word(line.firstFormat))\r\n"
            }
        }
        return text
    }

    private func mediaLine(
        transport: String,
        formats: [(encoding: Encoding, number: UInt8)],
        events: UInt8?,
        direction: MediaDirection
    ) -> String {
        let numbers = (formats.map(\.number) + (events.map { [$0] } ?? [])).map { "\($0)" }.joined(separator: " ")
        var maps = formats.map { "a=rtpmap:\($0.number) \($0.encoding.name)/8000\r\n" }.joined()
        if let events { maps += "a=rtpmap:\(events) telephone-event/8000\r\na=fmtp:\(events) 0-15\r\n" }
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
