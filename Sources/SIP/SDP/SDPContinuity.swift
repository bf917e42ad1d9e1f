/// The one place that decides what session description is sent on a leg (RFC 3264 section 8). The far end of the
/// bridge may change, from welcome to music to agent; the peer on this leg sees one session all the same:
///
/// - o= is the leg's own: user, session id and address never change, and the version rises by one when, and only when,
///   anything else differs from what was sent last.
/// - Media lines are matched by position and never vanish: an offer has at least as many as any before on this leg, an
///   answer exactly those of the offer that it answers. What is missing is padded with port 0.
/// - What the far end says of itself and nobody needs, s=, i=, u=, e= and p=, stays hidden as its address in o= does.
/// - Every other line passes byte for byte, payload numbers included.
package struct SDPContinuity: Sendable {
    let user: [UInt8]
    let sessionID: UInt64
    let address: IPAddress
    var version: UInt64
    /// The media lines of this leg, by position, each as it is refused, in one piece: `m=audio 0 RTP/AVP 0` and CRLF.
    private var lines: [UInt8] = []
    /// How many media lines this leg has had.
    package private(set) var mediaCount = 0
    /// Session id and version of the description received last, with a blank between them; empty if there was none.
    var received: [UInt8] = []
    /// The body sent last, and what stands in it before and behind the o= line.
    var sent: Body?
    /// The body of ours that holds now: not the one sent last if that was an offer which the peer refused.
    var inForce: Body?
    /// Until our last offer is answered: what held before it.
    private var beforeOffer: BeforeOffer?

    struct Body: Sendable {
        var bytes: [UInt8]
        var origin: ByteRange
    }

    private struct BeforeOffer: Sendable {
        /// nil: nothing.
        var body: Body?
    }

    /// The user of all legs (RFC 8866 section 5.2: the host has none).
    static let noUser = [UInt8(ascii: "-")]

    /// A leg that has sent nothing yet; `version` is that of its first body.
    package init(user: StaticString? = nil, sessionID: UInt64, version: UInt64 = 1, address: IPAddress) {
        self.user = user.map { [UInt8]($0) } ?? Self.noUser
        self.sessionID = sessionID
        self.version = version
        self.address = address
    }

    /// Rises whenever what is kept of the bodies sent changes.
    var revision: UInt64 { sent == nil ? 0 : version }

    /// The body sent last on this leg. nil if none was sent.
    package var lastSent: [UInt8]? { sent?.bytes }

    // MARK: Received

    /// Notes a description that came in on this leg, offer or answer.
    package mutating func received(_ description: SessionDescription) {
        received = Self.join(
            description.bytes[description.origin.sessionID],
            description.bytes[description.origin.version]
        )
        beforeOffer = nil
    }

    static func join(_ sessionID: ArraySlice<UInt8>, _ version: ArraySlice<UInt8>) -> [UInt8] {
        var joined: [UInt8] = []
        joined.reserveCapacity(sessionID.count + 1 + version.count)
        joined.append(contentsOf: sessionID)
        joined.append(UInt8(ascii: " "))
        joined.append(contentsOf: version)
        return joined
    }

    /// Whether a description only repeats the one received last: session id and version are the same.
    package func isRefresh(_ incoming: SessionDescription) -> Bool {
        let (sessionID, version) = (incoming.origin.sessionID, incoming.origin.version)
        guard received.count == sessionID.count + 1 + version.count else { return false }
        return received.starts(with: incoming.bytes[sessionID])
            && received.suffix(version.count).elementsEqual(incoming.bytes[version])
            && received[sessionID.count] == UInt8(ascii: " ")
    }

    // MARK: Sent

    /// The offer to send on this leg for a description, offer or answer, that came in on the other one.
    package mutating func offer(relaying description: SessionDescription) -> [UInt8] {
        var text = ByteBuffer(capacity: description.bytes.count + Self.additions)
        let origin = begin(session: description, in: &text)
        for media in description.media { text.append(media.range, of: description.bytes) }
        let missing = refusedLines(from: description.media.count)
        if !missing.isEmpty {
            let hasConnection = !description.lines(UInt8(ascii: "c"), in: description.session).isEmpty
            for line in missing { appendRefused(line, hasConnection: hasConnection, to: &text) }
        }
        remember(description)
        beforeOffer = BeforeOffer(body: inForce)
        return send(Body(bytes: text.bytes, origin: origin))
    }

    /// The peer has refused our last offer: what held before it holds again (RFC 3264 section 8).
    package mutating func offerRefused() {
        guard let beforeOffer else { return }
        inForce = beforeOffer.body
        self.beforeOffer = nil
    }

    /// What holds now once more: the answer to a mere refresh. nil if nothing was sent yet.
    package mutating func repeated() -> [UInt8]? {
        inForce.map { send($0) }
    }

    /// The answer to send on this leg to the offer received on it, for the answer that came in on the other one:
    /// media that the offer does not have are dropped, those that the answer lacks, or answers with another type of
    /// media, are refused.
    package mutating func answer(
        relaying description: SessionDescription,
        to offer: SessionDescription
    ) -> [UInt8] {
        var text = ByteBuffer(capacity: description.bytes.count + Self.additions)
        let origin = begin(session: description, in: &text)
        let hasConnection = !description.lines(UInt8(ascii: "c"), in: description.session).isEmpty
        for (index, wanted) in offer.media.enumerated() {
            if index < description.media.count,
                equalIgnoringCase(description.bytes[description.media[index].type], offer.bytes[wanted.type])
            {
                text.append(description.media[index].range, of: description.bytes)
            } else {
                appendRefused(Self.refused(wanted, in: offer.bytes)[...], hasConnection: hasConnection, to: &text)
            }
        }
        remember(offer)
        return send(Body(bytes: text.bytes, origin: origin))
    }

    /// The answer that refuses every media line of an offer received on this leg.
    package mutating func refusal(of offer: SessionDescription) -> [UInt8] {
        var text = ByteBuffer(capacity: offer.bytes.count + Self.additions)
        text.append("v=0\r\n")
        let origin = appendOrigin(to: &text)
        text.append("\r\ns=-\r\nc=")
        appendConnection(to: &text)
        // The answer's times are those of the offer (RFC 3264 section 6).
        text.append("\r\nt=")
        if let times = offer.lines(UInt8(ascii: "t"), in: offer.session).first {
            text.append(times, of: offer.bytes)
        } else {
            text.append("0 0")
        }
        text.append("\r\n")
        for media in offer.media {
            appendRefused(Self.refused(media, in: offer.bytes)[...], hasConnection: true, to: &text)
        }
        remember(offer)
        return send(Body(bytes: text.bytes, origin: origin))
    }

    // MARK: Pieces

    /// The session part of a description with an o= of our own.
    ///
    /// - Returns: where that stands.
    private func begin(session description: SessionDescription, in text: inout ByteBuffer) -> ByteRange {
        let line = description.origin.line
        text.append(ByteRange(lower: 0, upper: line.lower), of: description.bytes)
        let origin = appendOrigin(to: &text)
        let start = Int(line.upper)
        appendSession(description.bytes[start..<max(start, Int(description.session.upper))], to: &text)
        return origin
    }

    /// By how much a body of ours is mostly longer than what it passes on.
    static let additions = 128

    /// What follows o= in the session part. A session must have a name (RFC 8866 section 5.3), but it need not say anything.
    private func appendSession(_ rest: ArraySlice<UInt8>, to text: inout ByteBuffer) {
        var start = rest.startIndex
        while start < rest.endIndex {
            let end = rest[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? rest.endIndex
            switch rest[start] {
            case UInt8(ascii: "i"), UInt8(ascii: "u"), UInt8(ascii: "e"), UInt8(ascii: "p"): break
            case UInt8(ascii: "s"): text.append("s=-\r\n")
            default: text.append(rest[start..<end])
            }
            start = end
        }
    }

    func appendOrigin(to text: inout ByteBuffer) -> ByteRange {
        let start = text.count
        text.append("o=")
        text.append(user)
        text.append(UInt8(ascii: " "))
        text.append(decimal: sessionID)
        text.append(UInt8(ascii: " "))
        text.append(decimal: version)
        text.append(UInt8(ascii: " "))
        appendConnection(to: &text)
        return ByteRange(start, text.count)
    }

    private func appendConnection(to text: inout ByteBuffer) {
        text.append(address.isIPv4 ? "IN IP4 " : "IN IP6 ")
        text.append(address)
    }

    /// A media line, refused.
    private static func refused(_ media: SessionDescription.Media, in bytes: [UInt8]) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(media.type.count + media.transport.count + media.firstFormat.count + 8)
        line.append("m=")
        line.append(media.type, of: bytes)
        line.append(" 0 ")
        line.append(media.transport, of: bytes)
        line.append(UInt8(ascii: " "))
        line.append(media.firstFormat, of: bytes)
        line.append("\r\n")
        return line
    }

    private func appendRefused(_ line: ArraySlice<UInt8>, hasConnection: Bool, to text: inout ByteBuffer) {
        text.append(line)
        if !hasConnection {
            // RFC 8866 section 5.7: c= stands in the session part, or in every media description.
            text.append("c=")
            appendConnection(to: &text)
            text.append("\r\n")
        }
    }

    /// Those of the media lines that this leg has had and a description with so many lacks: mostly none.
    private func refusedLines(from count: Int) -> [ArraySlice<UInt8>] {
        guard count < mediaCount else { return [] }
        return lines.split(separator: UInt8(ascii: "\n")).dropFirst(count).map { lines[$0.startIndex...$0.endIndex] }
    }

    mutating func remember(_ description: SessionDescription) {
        var all: [UInt8] = []
        all.reserveCapacity(max(lines.count, description.media.count * 32))
        for media in description.media { all.append(contentsOf: Self.refused(media, in: description.bytes)) }
        for line in refusedLines(from: description.media.count) { all.append(contentsOf: line) }
        guard all != lines else { return }
        lines = all.compacted
        mediaCount = max(mediaCount, description.media.count)
    }

    /// Sends what was sent last if nothing but o= would differ, else the new body under the next version.
    private mutating func send(_ body: Body) -> [UInt8] {
        guard let sent else {
            self.sent = body
            inForce = body
            return body.bytes
        }
        if Self.isSameContent(sent, body) {
            inForce = sent
            return sent.bytes
        }
        version &+= 1
        var text = ByteBuffer(capacity: body.bytes.count + Self.additions)
        text.append(body.bytes[..<Int(body.origin.lower)])
        let origin = appendOrigin(to: &text)
        text.append(body.bytes[Int(body.origin.upper)...])
        let next = Body(bytes: text.bytes, origin: origin)
        self.sent = next
        inForce = next
        return next.bytes
    }

    private static func isSameContent(_ a: Body, _ b: Body) -> Bool {
        a.bytes[..<Int(a.origin.lower)] == b.bytes[..<Int(b.origin.lower)]
            && a.bytes[Int(a.origin.upper)...] == b.bytes[Int(b.origin.upper)...]
    }
}
