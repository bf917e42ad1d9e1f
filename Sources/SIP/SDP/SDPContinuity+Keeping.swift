/// Going on after a restart with the session that a peer has been shown (DESIGN.md section 2).
extension SDPContinuity {
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

    @inline(__always)
    var kept: Kept {
        let blank = received.firstIndex(of: UInt8(ascii: " "))
        return Kept(
            sessionID: sessionID,
            version: version,
            body: (inForce ?? sent)?.bytes,
            receivedSessionID: blank.map { Array(received[..<$0]) },
            receivedVersion: blank.map { Array(received[($0 + 1)...]) }
        )
    }

    /// Goes on from what was kept; `address` is for a leg that has sent nothing yet. nil if the body is none of ours.
    package init?(resuming kept: Kept, address: IPAddress) {
        if let body = kept.body {
            self.init(resuming: body, atLeast: kept.version)
        } else {
            self.init(sessionID: kept.sessionID, version: kept.version, address: address)
        }
        if let sessionID = kept.receivedSessionID, let version = kept.receivedVersion {
            received = Self.join(sessionID[...], version[...])
        }
    }

    /// Goes on after a restart from the body that was sent last, as the journal has it. Its version jumps ahead,
    /// because the journal may lack the very last changes; nil if the body is none of ours.
    ///
    /// - Parameter last: the version that was sent last; the body that holds may be older.
    package init?(resuming body: [UInt8], atLeast last: UInt64 = 0) {
        guard let description = try? SessionDescription(parsing: body),
            let sessionID = Self.number(description, description.origin.sessionID),
            let version = Self.number(description, description.origin.version),
            let host = description.bytes[description.origin.connection].split(separator: UInt8(ascii: " ")).last,
            let address = IPAddress(parsing: host)
        else { return nil }
        let user = description.bytes[description.origin.user]
        self.user = user.elementsEqual(Self.noUser) ? Self.noUser : Array(user)
        self.sessionID = sessionID
        self.address = address
        let behind = last > version ? min(last - version, 1 << 32) : 0
        self.version = version &+ behind &+ 100
        remember(description)
        var text = ByteBuffer(capacity: description.bytes.count + Self.additions)
        text.append(description.bytes[..<Int(description.origin.line.lower)])
        let origin = appendOrigin(to: &text)
        text.append(description.bytes[Int(description.origin.line.upper)...])
        sent = Body(bytes: text.bytes, origin: origin)
        inForce = sent
    }

    private static func number(_ description: SessionDescription, _ range: ByteRange) -> UInt64? {
        description.bytes.span.number(Int(range.lower), Int(range.upper), maximum: .max)
    }
}
