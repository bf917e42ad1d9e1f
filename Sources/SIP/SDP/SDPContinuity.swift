/// The one place that decides what session description is sent on a leg (RFC 3264 section 8). The far end of the
/// bridge may change, from welcome to music to agent; the peer on this leg sees one session all the same:
///
/// - o= is the leg's own: user, session id and address never change, and the version rises by one when, and only when,
///   anything else differs from what was sent last.
/// - Media lines are matched by position and never vanish: an offer has at least as many as any before on this leg, an
///   answer exactly those of the offer that it answers. What is missing is padded with port 0.
/// - Every other line passes byte for byte, payload numbers included.
package struct SDPContinuity: Sendable {
    private let user: [UInt8]
    private let sessionID: UInt64
    private let address: IPAddress
    private var version: UInt64
    /// What the media lines of this leg were last, by position.
    private var lines: [Line] = []
    /// Session id and version of the description received last.
    private var received: (sessionID: [UInt8], version: [UInt8])?
    /// The body sent last, and what stands in it before and behind the o= line.
    private var sent: Body?
    /// The body of ours that holds now: not the one sent last if that was an offer which the peer refused.
    private var inForce: Body?
    /// What held before our last offer.
    private var beforeOffer: Body?

    private struct Body: Sendable {
        var bytes: [UInt8]
        var origin: ByteRange
    }

    /// What it takes to write a media line that is refused.
    private struct Line: Sendable {
        var type: [UInt8]
        var transport: [UInt8]
        var format: [UInt8]

        init(_ media: SessionDescription.Media, in bytes: [UInt8]) {
            type = Array(bytes[media.type])
            transport = Array(bytes[media.transport])
            format = Array(bytes[media.firstFormat])
        }
    }

    /// A leg that has sent nothing yet; `version` is that of its first body.
    package init(user: StaticString = "-", sessionID: UInt64, version: UInt64 = 1, address: IPAddress) {
        self.user = [UInt8](user)
        self.sessionID = sessionID
        self.version = version
        self.address = address
    }

    /// Goes on after a restart from the body that was sent last, as the journal has it. Its version jumps ahead,
    /// because the journal may lack the very last changes; nil if the body is none of ours.
    package init?(resuming body: [UInt8], skippingVersions skip: UInt64 = 100) {
        guard let description = try? SessionDescription(parsing: body),
            let sessionID = Self.number(description, description.origin.sessionID),
            let version = Self.number(description, description.origin.version),
            let last = description.bytes[description.origin.connection].split(separator: UInt8(ascii: " ")).last,
            let address = IPAddress(parsing: last)
        else { return nil }
        user = Array(description.bytes[description.origin.user])
        self.sessionID = sessionID
        self.address = address
        self.version = version &+ skip
        remember(description)
        var text = Array(description.bytes[..<Int(description.origin.line.lower)])
        let origin = appendOrigin(to: &text)
        text.append(contentsOf: description.bytes[Int(description.origin.line.upper)...])
        sent = Body(bytes: text, origin: origin)
        inForce = sent
    }

    /// What a later process needs in order to go on.
    package struct Kept: Sendable, Equatable {
        package var sessionID: UInt64
        package var version: UInt64
        /// The body that holds; nil if none was sent.
        package var body: [UInt8]?
        /// Session id and version of the description received last; nil if there was none.
        package var receivedSessionID: [UInt8]?
        package var receivedVersion: [UInt8]?

        package init(
            sessionID: UInt64,
            version: UInt64,
            body: [UInt8]?,
            receivedSessionID: [UInt8]?,
            receivedVersion: [UInt8]?
        ) {
            self.sessionID = sessionID
            self.version = version
            self.body = body
            self.receivedSessionID = receivedSessionID
            self.receivedVersion = receivedVersion
        }
    }

    package var kept: Kept {
        Kept(
            sessionID: sessionID,
            version: version,
            body: (inForce ?? sent)?.bytes,
            receivedSessionID: received?.sessionID,
            receivedVersion: received?.version
        )
    }

    /// Rises whenever what is kept of the bodies sent changes.
    var revision: UInt64 { sent == nil ? 0 : version }

    /// Goes on from what was kept; `address` is for a leg that has sent nothing yet. nil if the body is none of ours.
    package init?(resuming kept: Kept, address: IPAddress) {
        if let body = kept.body {
            // The body that holds may be older than the one sent last.
            guard let plain = SDPContinuity(resuming: body, skippingVersions: 0) else { return nil }
            let behind = kept.version >= plain.version ? min(kept.version - plain.version, 1 << 32) : 0
            self.init(resuming: body, skippingVersions: behind + 100)
        } else {
            self.init(sessionID: kept.sessionID, version: kept.version, address: address)
        }
        if let sessionID = kept.receivedSessionID, let version = kept.receivedVersion {
            received = (sessionID, version)
        }
    }

    /// The body sent last on this leg. nil if none was sent.
    package var lastSent: [UInt8]? { sent?.bytes }

    /// How many media lines this leg has had.
    package var mediaCount: Int { lines.count }

    // MARK: Received

    /// Notes a description that came in on this leg, offer or answer.
    package mutating func received(_ description: SessionDescription) {
        received = (
            Array(description.bytes[description.origin.sessionID]),
            Array(description.bytes[description.origin.version])
        )
    }

    /// Whether a description only repeats the one received last: session id and version are the same.
    package func isRefresh(_ incoming: SessionDescription) -> Bool {
        guard let received else { return false }
        return incoming.bytes[incoming.origin.sessionID].elementsEqual(received.sessionID)
            && incoming.bytes[incoming.origin.version].elementsEqual(received.version)
    }

    // MARK: Sent

    /// The offer to send on this leg for a description, offer or answer, that came in on the other one.
    package mutating func offer(relaying description: SessionDescription) -> [UInt8] {
        var body = begin(session: description)
        for media in description.media { body.bytes.append(media.range, of: description.bytes) }
        let hasConnection = !description.lines(UInt8(ascii: "c"), in: description.session).isEmpty
        for line in lines.dropFirst(description.media.count) {
            appendRefused(line, hasConnection: hasConnection, to: &body.bytes)
        }
        remember(description)
        beforeOffer = inForce
        return send(body)
    }

    /// The peer has refused our last offer: what held before it holds again (RFC 3264 section 8).
    package mutating func offerRefused() {
        inForce = beforeOffer
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
        var body = begin(session: description)
        let hasConnection = !description.lines(UInt8(ascii: "c"), in: description.session).isEmpty
        for (index, wanted) in offer.media.enumerated() {
            if index < description.media.count,
                equalIgnoringCase(description.bytes[description.media[index].type], offer.bytes[wanted.type])
            {
                body.bytes.append(description.media[index].range, of: description.bytes)
            } else {
                appendRefused(Line(wanted, in: offer.bytes), hasConnection: hasConnection, to: &body.bytes)
            }
        }
        remember(offer)
        return send(body)
    }

    /// The answer that refuses every media line of an offer received on this leg.
    package mutating func refusal(of offer: SessionDescription) -> [UInt8] {
        var text: [UInt8] = []
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
            appendRefused(Line(media, in: offer.bytes), hasConnection: true, to: &text)
        }
        remember(offer)
        return send(Body(bytes: text, origin: origin))
    }

    // MARK: Pieces

    /// The session part of a description with an o= of our own.
    private func begin(session description: SessionDescription) -> Body {
        var text: [UInt8] = []
        text.reserveCapacity(description.bytes.count + 64)
        let line = description.origin.line
        text.append(ByteRange(lower: 0, upper: line.lower), of: description.bytes)
        let origin = appendOrigin(to: &text)
        text.append(ByteRange(lower: line.upper, upper: description.session.upper), of: description.bytes)
        return Body(bytes: text, origin: origin)
    }

    private func appendOrigin(to text: inout [UInt8]) -> ByteRange {
        let start = text.count
        text.append("o=")
        text.append(contentsOf: user)
        text.append(UInt8(ascii: " "))
        text.append(decimal: sessionID)
        text.append(UInt8(ascii: " "))
        text.append(decimal: version)
        text.append(UInt8(ascii: " "))
        appendConnection(to: &text)
        return ByteRange(start, text.count)
    }

    private func appendConnection(to text: inout [UInt8]) {
        text.append(address.isIPv4 ? "IN IP4 " : "IN IP6 ")
        text.append(address)
    }

    private func appendRefused(_ line: Line, hasConnection: Bool, to text: inout [UInt8]) {
        text.append("m=")
        text.append(contentsOf: line.type)
        text.append(" 0 ")
        text.append(contentsOf: line.transport)
        text.append(UInt8(ascii: " "))
        text.append(contentsOf: line.format)
        text.append("\r\n")
        if !hasConnection {
            // RFC 8866 section 5.7: c= stands in the session part, or in every media description.
            text.append("c=")
            appendConnection(to: &text)
            text.append("\r\n")
        }
    }

    private mutating func remember(_ description: SessionDescription) {
        for (index, media) in description.media.enumerated() {
            let line = Line(media, in: description.bytes)
            if index < lines.count { lines[index] = line } else { lines.append(line) }
        }
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
        var text = Array(body.bytes[..<Int(body.origin.lower)])
        let origin = appendOrigin(to: &text)
        text.append(contentsOf: body.bytes[Int(body.origin.upper)...])
        self.sent = Body(bytes: text, origin: origin)
        inForce = self.sent
        return text
    }

    private static func isSameContent(_ a: Body, _ b: Body) -> Bool {
        a.bytes[..<Int(a.origin.lower)] == b.bytes[..<Int(b.origin.lower)]
            && a.bytes[Int(a.origin.upper)...] == b.bytes[Int(b.origin.upper)...]
    }

    private static func number(_ description: SessionDescription, _ range: ByteRange) -> UInt64? {
        description.bytes.span.number(Int(range.lower), Int(range.upper), maximum: .max)
    }
}
