import SIP

/// What a station is asked: INVITE, re-INVITE, CANCEL, BYE, OPTIONS.
extension Station {
    func receive(request server: StationServer) {
        let message = server.request
        guard let tag = message.to.tag.map({ message.text(of: $0) }) else {
            if message.method == .invite {
                begin(server)
            } else {
                respond(server, message.method == .options ? 200 : 481, tag: mint("t-"))
            }
            return
        }
        guard let session = session(of: message), session.phase != .over || message.method == .bye else {
            respond(server, 481, tag: tag)
            return
        }
        guard message.cseq.number > session.remoteCSeq else {
            respond(server, 500, tag: tag)
            return
        }
        session.remoteCSeq = message.cseq.number
        switch message.method {
        case .bye:
            respond(server, 200, tag: tag)
            guard session.phase == .up else { return }
            close(session)
            ended(session)
        case .invite: receive(reinvite: server, of: session)
        default: respond(server, 200, tag: tag)
        }
    }

    private func begin(_ server: StationServer) {
        let message = server.request
        let session = makeSession(for: server)
        note(message.description, cseq: message.cseq.number, answering: nil, in: session)
        session.pending = server
        invited(session)
    }

    /// The session of a new INVITE; a second one for the same INVITE is that of another phone behind a forking proxy.
    func makeSession(for server: StationServer) -> Session {
        let message = server.request
        let from = message.text(of: message.from.uri)
        let session = Session(
            callID: message.text(of: message.callID),
            localTag: mint("t-"),
            remoteTag: message.from.tag.map { message.text(of: $0) } ?? "",
            local: "<\(message.text(of: message.to.uri))>",
            remote: "<\(from)>",
            target: message.firstAddress(.contact).map { message.text(of: $0.uri) } ?? "",
            caller: String(from.dropFirst(4).prefix { $0 != "@" }),
            isOurs: false
        )
        session.remoteCSeq = message.cseq.number
        sessions.append(session)
        return session
    }

    private func receive(reinvite server: StationServer, of session: Session) {
        // RFC 3261 section 14.2; a phone that misses an ACK takes no other INVITE either.
        guard session.inFlight == nil, session.unacknowledged == nil else {
            respond(server, 491, tag: session.localTag)
            return
        }
        guard session.pending == nil else {
            complain("a re-INVITE came while another was open")
            respond(server, 500, tag: session.localTag)
            return
        }
        let message = server.request
        note(message.description, cseq: message.cseq.number, answering: nil, in: session)
        session.pending = server
        reinvited(session)
    }

    // MARK: Answering

    func ring(_ session: Session, _ status: Int = 180) {
        guard let pending = session.pending else { return }
        respond(pending, status, tag: session.localTag)
    }

    /// 200 to the INVITE or re-INVITE in hand: with the answer to its offer, or an offer if it has none.
    func accept(_ session: Session) {
        guard let pending = session.pending else { return }
        session.pending = nil
        let offer = pending.description
        let body = session.describe(name, port: address.port &+ 20_000, answering: offer)
        pending.madeOffer = offer == nil
        session.unacknowledged = pending
        if session.phase == .early { session.phase = .up }
        respond(pending, 200, tag: session.localTag, body: body)
    }

    func refuse(_ session: Session, _ status: Int) {
        guard let pending = session.pending else { return }
        session.pending = nil
        if session.phase == .early { session.phase = .over }
        respond(pending, status, tag: session.localTag)
    }

    func receive(cancel server: StationServer, of invite: StationServer?) {
        respond(server, invite == nil ? 481 : 200, tag: mint("t-"))
        guard let invite, let session = sessions.first(where: { $0.pending === invite }) else { return }
        if invite.response.isEmpty { complain("CANCEL came before any response") }
        if session.phase == .early { cancelled(session) } else { refuse(session, 487) }
    }

    func receive(ack message: Message) {
        guard let session = session(of: message), let owed = session.unacknowledged,
            owed.request.cseq.number == message.cseq.number
        else { return }
        session.unacknowledged = nil
        owed.isAcknowledged = true
        if owed.madeOffer {
            if message.description == nil { complain("the ACK has no answer to our offer") }
            note(message.description, cseq: message.cseq.number, answering: session.mediaTypes.count, in: session)
        } else if message.description != nil {
            complain("an ACK has a description that nobody asked for")
        }
        guard !session.isEstablished else { return }
        session.isEstablished = true
        established(session)
    }

    /// Our final response was never acknowledged (RFC 3261 section 13.3.1.4).
    func ackMissing(_ server: StationServer) {
        server.isAcknowledged = true
        guard let session = sessions.first(where: { $0.unacknowledged === server }) else { return }
        if areAlive(session) { complain("a 2xx was never acknowledged") }
        session.unacknowledged = nil
        hangUp(session)
    }

    // MARK: Dialogs

    /// Neither this station nor the caller has been unplugged: whatever fails in the session is the core's fault.
    func areAlive(_ session: Session) -> Bool {
        !hasBeenDead && simulation.callers.first { $0.name == session.caller }?.hasBeenDead == false
    }

    /// The session is over: nothing of it is repeated or answered any more.
    func close(_ session: Session) {
        session.phase = .over
        session.unacknowledged?.isAcknowledged = true
        session.unacknowledged = nil
        if let pending = session.pending { respond(pending, 487, tag: session.localTag) }
        session.pending = nil
        // Nothing of it can be on its way any more after that.
        simulation.after(100_000) { [weak self] in self?.sessions.removeAll { $0 === session } }
    }

    /// The session that a request of the peer's belongs to.
    private func session(of message: Message) -> Session? {
        let callID = message.text(of: message.callID)
        let localTag = message.to.tag.map { message.text(of: $0) }
        let remoteTag = message.from.tag.map { message.text(of: $0) }
        return sessions.last { session in
            session.callID == callID && session.localTag == localTag && session.remoteTag == remoteTag
        }
    }

    /// Takes a description of the peer's in, and holds the rules against it. `offered` is the number of media lines it answers.
    func note(_ description: SessionDescription?, cseq: UInt32?, answering offered: Int?, in session: Session) {
        guard let description else { return }
        if let objection = session.history.objection(to: description, cseq: cseq, answering: offered) {
            complain("\(objection): \(String(decoding: description.bytes, as: UTF8.self))")
        }
        session.remoteSDP = description
    }
}
