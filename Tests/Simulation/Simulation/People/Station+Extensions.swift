import SIP

/// What user agents may know besides RFC 3261: UPDATE (RFC 3311), reliable provisional responses (RFC 3262), challenges.
extension Station {
    // MARK: UPDATE

    /// Puts the peer on hold, or takes him back.
    func update(_ session: Session, holding: Bool) {
        guard session.isQuiet else { return }
        let wasHolding = session.isHolding
        session.isHolding = holding
        let client = update(session, body: session.describe(answering: nil))
        client.madeOffer = true
        client.wasHolding = wasHolding
        session.inFlight = client
    }

    @discardableResult
    func update(_ session: Session, body: [UInt8]?) -> StationClient {
        session.localCSeq += 1
        let branch = world.mint()
        let bytes = request(
            "UPDATE",
            in: session,
            cseq: session.localCSeq,
            branch: branch,
            extra: wish(of: session),
            body: body
        )
        return start(.update, bytes, branch: branch, of: session)
    }

    func updated(_ response: Message, status: Int, _ client: StationClient) {
        let session = client.session
        guard session.phase == .up else { return }
        if client.madeOffer {
            guard session.inFlight === client else { return }
            session.inFlight = nil
        }
        if 200...299 ~= status {
            agree(on: response, of: session)
            guard client.madeOffer else { return }
            let description = response.description
            if description == nil { complain("a 2xx to an UPDATE has no answer", about: session) }
            note(description, cseq: nil, answering: session.mediaTypes.count, in: session)
        } else {
            if client.madeOffer { session.isHolding = client.wasHolding }
            if status == 408 || status == 481 { hangUp(session) }
        }
    }

    func receive(update server: StationServer, of session: Session) {
        let message = server.request
        guard let offer = message.description else {
            return respond(server, 200, tag: session.localTag, extra: agreement(with: message, of: session))
        }
        // RFC 3311 section 5.2.
        guard session.inFlight == nil, session.unacknowledged == nil else {
            return respond(server, 491, tag: session.localTag)
        }
        guard session.pending == nil else { return respond(server, 500, tag: session.localTag) }
        if !session.takesUpdate { complain("an UPDATE came that nobody said he takes", about: session) }
        note(offer, cseq: message.cseq.number, answering: nil, in: session)
        respond(
            server,
            200,
            tag: session.localTag,
            extra: agreement(with: message, of: session),
            body: session.describe(answering: offer)
        )
    }

    // MARK: Reliable provisional responses

    /// False: the peer knows no such thing, or it is not wanted now.
    func ringReliably(_ session: Session, _ invite: StationServer, _ status: Int) -> Bool {
        guard session.unconfirmed == nil, world.random.happens(world.plan.features.reliable),
            invite.request.bytes.value(of: "Supported")?.end(of: "100rel") != nil
        else { return false }
        let number = world.random.number(1...1_000)
        session.unconfirmed = number
        var extra = [UInt8]("Require: 100rel\r\nRSeq: ")
        extra.append(number: number)
        extra.append("\r\n")
        respond(invite, status, tag: session.localTag, extra: extra)
        repeatRinging(session, invite, invite.response, after: 500)
        return true
    }

    private func repeatRinging(
        _ session: Session,
        _ invite: StationServer,
        _ response: [UInt8],
        after interval: Milliseconds
    ) {
        world.after(interval) { [self] in
            guard session.unconfirmed != nil, session.pending === invite, session.phase == .early else { return }
            guard interval < 16_000 else {
                // There are six copies, not eleven.
                if areAlive(session), !invite.isLate, world.plan.weather.loss == 0 {
                    complain("a reliable response has had no PRACK", about: session)
                }
                return
            }
            send(response)
            repeatRinging(session, invite, response, after: interval * 2)
        }
    }

    func receive(prack message: Message, of session: Session) {
        guard let expected = session.unconfirmed else { return }
        let words = message.bytes.value(of: "RAck")?.split(separator: UInt8(ascii: " ")) ?? []
        guard words.count == 3, words[0].number(behind: 0) == expected else {
            return complain("a PRACK confirms something else", about: session)
        }
        session.unconfirmed = nil
    }

    /// A provisional response of the core's that wants a PRACK gets it, each time that it is a new one.
    func confirm(_ response: Message, of client: StationClient) {
        let session = client.session
        guard let number = response.bytes.value(of: "RSeq").flatMap({ $0.number(behind: 0) }),
            let tag = response.to.tag.map({ response.copy(of: $0) }),
            !session.confirmed.contains(where: { $0 == tag && $1 == number })
        else { return }
        session.confirmed.append((tag, number))
        session.localCSeq += 1
        let branch = world.mint()
        var extra = [UInt8]("RAck: ")
        extra.append(number: number)
        extra.append(" ")
        extra.append(number: client.cseq)
        extra.append(" INVITE\r\n")
        let (remoteTag, target) = (session.remoteTag, session.target)
        session.remoteTag = tag
        session.target = response.firstAddress(.contact).map { response.copy(of: $0.uri) } ?? target
        let bytes = request("PRACK", in: session, cseq: session.localCSeq, branch: branch, extra: extra)
        start(.prack, bytes, branch: branch, of: session)
        (session.remoteTag, session.target) = (remoteTag, target)
    }

    // MARK: Challenges

    /// The INVITE is to come again with a proof; what it says is not looked at.
    func isChallenged(_ server: StationServer, _ session: Session) -> Bool {
        guard world.random.happens(world.plan.features.challenges),
            server.request.bytes.value(of: "Authorization") == nil,
            server.request.bytes.value(of: "Proxy-Authorization") == nil
        else { return false }
        let isProxy = world.random.happens(50)
        var extra = [UInt8](isProxy ? "Proxy-Authenticate: " : "WWW-Authenticate: ")
        extra.append("Digest realm=\"simulation\", algorithm=MD5, qop=\"auth\", nonce=\"")
        extra.append(number: world.mint())
        extra.append("\"\r\n")
        session.pending = nil
        session.move(to: .over)
        respond(server, isProxy ? 407 : 401, tag: session.localTag, extra: extra)
        return true
    }
}
