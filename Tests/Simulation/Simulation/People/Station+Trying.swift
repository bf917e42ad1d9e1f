import SIP

/// INVITEs that come again otherwise: with a proof of who we are (RFC 3261 section 22), or to where a redirection points (section
/// 8.1.3.4).
extension Station {
    /// True if what was refused with this has been sent again.
    func triesAgain(_ client: StationClient, after response: Message, status: Int) -> Bool {
        let session = client.session
        guard session.isOurs, session.phase == .early, session.inFlight == nil, !isAway, session.attempts < 4,
            !client.wantsCancel, !client.isCancelled
        else { return false }
        switch status {
        case 401:
            guard let proof = proof(for: session, answering: response) else { return false }
            session.proof = proof
        case 300...399:
            guard let contact = response.firstAddress(.contact) else {
                complain("a redirection leads nowhere", about: session)
                return false
            }
            session.target = response.copy(of: contact.uri)
            // It was for another URI, and counts once.
            session.proof = []
        default: return false
        }
        session.attempts += 1
        sendInvite(session, withOffer: client.madeOffer)
        return true
    }

    /// RFC 7616, with hash functions that mean nothing.
    private func proof(for session: Session, answering response: Message) -> [UInt8]? {
        guard let nonce = nonce(in: response) else {
            complain("a challenge has no nonce", about: session)
            return nil
        }
        let colon = [UInt8](":")
        let secret = digits([UInt8]("caller:callcenterd:") + (session.knowsPassword ? Plan.password : name))
        let request = digits([UInt8]("INVITE:") + session.target)
        let answer = digits(secret + colon + nonce + [UInt8](":00000001:c:auth:") + request)
        var header = [UInt8]("Authorization: Digest username=\"caller\", realm=\"callcenterd\", nonce=\"")
        header.append(contentsOf: nonce)
        header.append("\", uri=\"")
        header.append(contentsOf: session.target)
        header.append("\", response=\"")
        header.append(contentsOf: answer)
        header.append("\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c\"\r\n")
        return header
    }

    private func nonce(in response: Message) -> [UInt8]? {
        guard let challenge = response.bytes.value(of: "WWW-Authenticate"),
            let start = challenge.end(of: "nonce=\"")
        else { return nil }
        return Array(challenge[start...].prefix { $0 != UInt8(ascii: "\"") })
    }

    /// Hexadecimal.
    private func digits(_ text: [UInt8]) -> [UInt8] {
        DigestHashes.simulated.md5(text).flatMap { byte in
            [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x57 + $0 }
        }
    }
}
