/// A session description (RFC 8866): its text, and where in it the lines are that we look at. The others we only pass
/// on.
package struct SessionDescription: Hashable, Sendable {
    /// The text. Each line ends with CRLF, whatever the peer wrote.
    package let bytes: [UInt8]
    package let origin: Origin
    /// Everything before the first media description.
    package let session: ByteRange
    /// The media descriptions, in the order that offer and answer count on.
    package let media: [Media]

    /// The o= line: who made this description, and which version of it this is.
    package struct Origin: Hashable, Sendable {
        /// From `o=` to the end of the line, CRLF not included.
        package var line: ByteRange
        package var user: ByteRange
        package var sessionID: ByteRange
        package var version: ByteRange
        /// Network type, address type and address: `IN IP4 192.0.2.1`.
        package var connection: ByteRange
    }

    /// One media description: the m= line and what follows it.
    package struct Media: Hashable, Sendable {
        /// From `m=` to the next m= or the end.
        package var range: ByteRange
        /// `audio`, `video` and so on.
        package var type: ByteRange
        /// 0 refuses or ends the stream.
        package var port: UInt16
        /// `RTP/AVP`, `UDP/TLS/RTP/SAVPF` and so on.
        package var transport: ByteRange
        /// The list of formats; at least one.
        package var formats: ByteRange
        /// The first of them.
        package var firstFormat: ByteRange
    }

    /// Most bytes and media descriptions of a session that we take.
    package static let largest = 65_535
    package static let mostMedia = 64
}

/// Why a body is no session description.
package struct SDPError: Error, Hashable, Sendable {
    package enum Kind: UInt8, Hashable, Sendable {
        case tooLarge
        /// A line is not of the form `x=value`.
        case line
        /// It does not begin with `v=0`.
        case version
        /// o= is missing, doubled or broken.
        case origin
        /// An m= line is broken.
        case media
        /// More media descriptions than we take.
        case tooManyMedia
    }

    package let kind: Kind
    /// Number of the line, from 1.
    package let line: Int

    package init(kind: Kind, line: Int) {
        self.kind = kind
        self.line = line
    }
}

extension SDPError: CustomStringConvertible {
    package var description: String {
        let expected =
            switch kind {
            case .tooLarge: "at most \(SessionDescription.largest) bytes"
            case .line: "a letter, '=' and a value"
            case .version: "v=0"
            case .origin: "one line o=<user> <session id> <version> IN <IP4 or IP6> <address> before the media"
            case .media: "m=<type> <port> <transport> <formats>"
            case .tooManyMedia: "at most \(SessionDescription.mostMedia) media lines"
            }
        return "SDP line \(line): expected \(expected)"
    }
}

extension SessionDescription {
    /// Reads a description. Lines may end with LF alone, empty lines at the end are left out, and what a description
    /// should have but nobody misses (s=, t=) may be absent.
    package init(parsing text: ArraySlice<UInt8>) throws(SDPError) {
        guard text.count <= Self.largest else { throw SDPError(kind: .tooLarge, line: 1) }
        try self.init(lines: Self.normalised(text))
    }

    package init(parsing text: [UInt8]) throws(SDPError) { try self.init(parsing: text[...]) }

    private init(lines text: [UInt8]) throws(SDPError) {
        let span = text.span
        var origin: Origin?
        var media: [Media] = []
        var position = 0
        var number = 0
        while position < span.count {
            number += 1
            guard let lineFeed = span.firstOffset(of: 0x0A, position, span.count), lineFeed - 1 > position + 1,
                span.at(position).isLetter, span.at(position + 1) == UInt8(ascii: "=")
            else { throw SDPError(kind: .line, line: number) }
            // The line without its CRLF.
            let end = lineFeed - 1
            // Nearly all lines have no control character at all, which is seen at a glance.
            if span.nextControl(from: position) < end {
                for offset in position..<end where span.at(offset) == 0 || span.at(offset) == 0x0D {
                    throw SDPError(kind: .line, line: number)
                }
            }
            switch span.at(position) {
            case UInt8(ascii: "v") where number > 1: throw SDPError(kind: .version, line: number)
            case let letter where number == 1:
                guard letter == UInt8(ascii: "v"), span.spells(ByteRange(position + 2, end), "0") else {
                    throw SDPError(kind: .version, line: number)
                }
            case UInt8(ascii: "o"):
                guard origin == nil, media.isEmpty, let found = span.origin(position, end) else {
                    throw SDPError(kind: .origin, line: number)
                }
                origin = found
            case UInt8(ascii: "m"):
                guard media.count < Self.mostMedia else { throw SDPError(kind: .tooManyMedia, line: number) }
                guard let found = span.media(position, end) else { throw SDPError(kind: .media, line: number) }
                if !media.isEmpty { media[media.count - 1].range.upper = UInt32(clamping: position) }
                media.append(found)
            default: break
            }
            position = lineFeed + 1
        }
        guard number > 0 else { throw SDPError(kind: .version, line: 1) }
        guard let origin else { throw SDPError(kind: .origin, line: number) }
        if !media.isEmpty { media[media.count - 1].range.upper = UInt32(clamping: text.count) }
        session = ByteRange(0, media.first.map { Int($0.range.lower) } ?? text.count)
        self.origin = origin
        self.media = media
        bytes = text
    }

    /// Whether each LF has a CR before it.
    private static func hasLineEnds(_ bytes: ArraySlice<UInt8>) -> Bool {
        let text = bytes.span
        var position = 0
        while let lineFeed = text.firstOffset(of: 0x0A, position, text.count) {
            guard text.at(lineFeed - 1) == 0x0D else { return false }
            position = lineFeed + 1
        }
        return true
    }

    /// The text with CRLF at each line end and no empty lines at its end.
    private static func normalised(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var end = text.endIndex
        while end > text.startIndex, text[end - 1] == 0x0A || text[end - 1] == 0x0D { end -= 1 }
        var lines: [UInt8] = []
        lines.reserveCapacity(text.count + 2)
        let content = text[..<end]
        if !content.isEmpty, hasLineEnds(content) {
            lines.append(contentsOf: content)
            lines.append("\r\n")
            return lines
        }
        var previous: UInt8 = 0
        for byte in content {
            if byte == 0x0A, previous != 0x0D { lines.append(0x0D) }
            lines.append(byte)
            previous = byte
        }
        if !lines.isEmpty { lines.append("\r\n") }
        return lines
    }
}

extension Span where Element == UInt8 {
    /// `o=<user> <session id> <version> <net type> <address type> <address>`; read from its end, as some users have
    /// blanks.
    fileprivate func origin(_ start: Int, _ end: Int) -> SessionDescription.Origin? {
        var position = end
        guard let address = lastWord(start + 2, &position), let addressType = lastWord(start + 2, &position),
            let netType = lastWord(start + 2, &position), let version = lastWord(start + 2, &position),
            let sessionID = lastWord(start + 2, &position), !addressType.isEmpty
        else { return nil }
        let user = trimmed(start + 2, position)
        guard !user.isEmpty else { return nil }
        return SessionDescription.Origin(
            line: ByteRange(start, end),
            user: user,
            sessionID: sessionID,
            version: version,
            connection: ByteRange(lower: netType.lower, upper: address.upper)
        )
    }

    /// The last word of a range; `position` goes back to where it begins.
    private func lastWord(_ start: Int, _ position: inout Int) -> ByteRange? {
        let range = trimmed(start, position)
        var lower = Int(range.upper)
        while lower > range.lower, !at(lower - 1).isBlank { lower -= 1 }
        guard lower < range.upper else { return nil }
        position = lower
        return ByteRange(lower, Int(range.upper))
    }

    /// `m=<type> <port>[/<count>] <transport> <format> …`
    fileprivate func media(_ start: Int, _ end: Int) -> SessionDescription.Media? {
        var position = start + 2
        guard let type = nextWord(&position, end), let port = nextWord(&position, end),
            let transport = nextWord(&position, end)
        else { return nil }
        let formats = trimmed(position, end)
        guard let firstFormat = nextWord(&position, end) else { return nil }
        let slash = firstOffset(of: UInt8(ascii: "/"), Int(port.lower), Int(port.upper)) ?? Int(port.upper)
        guard let number = number(Int(port.lower), slash, maximum: 65535) else { return nil }
        return SessionDescription.Media(
            range: ByteRange(start, end),
            type: type,
            port: UInt16(truncatingIfNeeded: number),
            transport: transport,
            formats: formats,
            firstFormat: firstFormat
        )
    }

    private func nextWord(_ position: inout Int, _ end: Int) -> ByteRange? {
        let start = skipBlanks(position, end)
        position = start
        while position < end, !at(position).isBlank { position += 1 }
        return position > start ? ByteRange(start, position) : nil
    }
}
