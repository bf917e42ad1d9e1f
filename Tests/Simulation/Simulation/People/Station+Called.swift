import SIP

/// What a station is asked: INVITE, re-INVITE, CANCEL, BYE, OPTIONS.
extension Station {
    func receive(request server: StationServer) {
        let message = server.request
        guard let tag = message.to.tag.map({ message.copy(of: $0) }) else {
            if message.method == .invite {
                begin(server)
            } else {
                respond(server, message.method == .options ? 200 : 481, tag: Self.tag(world.mint()))
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
        case .update: receive(update: server, of: session)
        case .prack:
            respond(server, 200, tag: tag)
            receive(prack: message, of: session)
        case .notify:
            respond(server, 200, tag: tag)
            notified(message, of: session)
        default: respond(server, 200, tag: tag)
        }
    }

    private func begin(_ server: StationServer) {
        let message = server.request
        let session = makeSession(for: server)
        note(message.description, cseq: message.cseq.number, answering: nil, in: session)
        session.pending = server
        guard !isChallenged(server, session) else { return }
        invited(session)
    }

    /// The session of a new INVITE; a second one for the same INVITE is that of another phone behind a forking proxy.
    func makeSession(for server: StationServer) -> Session {
        let message = server.request
        let from = message.copy(of: message.from.uri)
        let number = world.mint()
        let session = Session(
            number: number,
            station: self,
            callID: message.copy(of: message.callID),
            localTag: Self.tag(number),
            remoteTag: message.from.tag.map { message.copy(of: $0) } ?? [],
            local: [UInt8]("<") + message.bytes[message.to.uri] + [UInt8](">"),
            remote: [UInt8]("<") + from + [UInt8](">"),
            target: message.firstAddress(.contact).map { message.copy(of: $0.uri) } ?? [],
            // sip:c17@…
            caller: from.dropFirst(5).prefix { $0 != UInt8(ascii: "@") }.number(behind: 0) ?? -1,
            isOurs: false
        )
        session.remoteCSeq = message.cseq.number
        server.session = session
        world.add(session)
        return session
    }

    private func receive(reinvite server: StationServer, of session: Session) {
        // RFC 3261 section 14.2; a phone that misses an ACK takes no other INVITE either.
        guard session.inFlight == nil, session.unacknowledged == nil else {
            respond(server, 491, tag: session.localTag)
            return
        }
        guard session.pending == nil else {
            complain("a re-INVITE came while another was open", about: session)
            respond(server, 500, tag: session.localTag)
            return
        }
        let message = server.request
        note(message.description, cseq: message.cseq.number, answering: nil, in: session)
        session.pending = server
        server.session = session
        reinvited(session)
    }

    // MARK: Answering

    func ring(_ session: Session, _ status: Int = 180) {
        guard let pending = session.pending else { return }
        if status > 100, session.phase == .early, ringReliably(session, pending, status) { return }
        respond(pending, status, tag: session.localTag)
    }

    /// 200 to the INVITE or re-INVITE in hand: with the answer to its offer, or an offer if it has none.
    func accept(_ session: Session) {
        guard let pending = session.pending else { return }
        session.pending = nil
        let offer = pending.request.description
        session.unacknowledged = pending
        if session.phase == .early { session.move(to: .up) }
        let isEmpty = world.temper.answersEmpty > 0 && world.random.happens(world.temper.answersEmpty)
        pending.madeOffer = offer == nil && !isEmpty
        if offer != nil, isEmpty { session.history.offerFailed() }
        respond(
            pending,
            200,
            tag: session.localTag,
            extra: agreement(with: pending.request, of: session),
            body: isEmpty ? nil : session.describe(answering: offer)
        )
    }

    /// Another phone behind the same proxy answers the same INVITE.
    func answerElsewhere(_ invite: StationServer) {
        let first = invite.session
        let copy = StationServer(request: invite.request, station: self)
        copy.isLate = invite.isLate
        let session = makeSession(for: copy)
        session.pending = copy
        session.isForgotten = first?.isForgotten ?? false
        world.after(world.random.time(0...1_500)) { [self] in accept(session) }
        // One of the two is to be sent away again: the one whose answer came second.
        world.after(60_000) { [self] in
            guard session.phase == .up, first?.phase == .up, areAlive(session) else { return }
            complain("two phones have a session for one INVITE", about: session)
        }
    }

    /// As if the INVITE had never come.
    func ignore(_ session: Session) {
        session.pending = nil
        session.move(to: .over)
    }

    func refuse(_ session: Session, _ status: Int) {
        guard let pending = session.pending else { return }
        session.pending = nil
        if pending.request.description != nil { session.history.offerFailed() }
        if session.phase == .early { session.move(to: .over) }
        respond(pending, status, tag: session.localTag)
    }

    func receive(cancel server: StationServer, of invite: StationServer?) {
        respond(server, invite == nil ? 481 : 200, tag: Self.tag(world.mint()))
        guard let invite, let session = invite.session, session.pending === invite else { return }
        // A core that goes on with an INVITE of an earlier one cannot know whether that had a response.
        if invite.response.isEmpty, !session.hasSeenRestart, !invite.isOfEarlierCore {
            complain("CANCEL came before any response", about: session)
        }
        if session.phase == .early { cancelled(session) } else { refuse(session, 487) }
    }

    func receive(ack message: Message) {
        guard let session = session(of: message), let owed = session.unacknowledged,
            owed.request.cseq.number == message.cseq.number
        else { return }
        session.unacknowledged = nil
        owed.isAcknowledged = true
        if session.agreement.awaitsACK { agreementIsHeard(of: session) }
        let description = message.description
        if owed.madeOffer {
            if description == nil { complain("the ACK has no answer to our offer", about: session) }
            note(description, cseq: message.cseq.number, answering: session.mediaTypes.count, in: session)
        } else if description != nil {
            complain("an ACK has a description that nobody asked for", about: session)
        }
        guard !session.isEstablished else { return }
        session.isEstablished = true
        established(session)
    }

    /// Our final response was never acknowledged (RFC 3261 section 13.3.1.4).
    func ackMissing(_ server: StationServer) {
        server.isAcknowledged = true
        guard let session = server.session, session.unacknowledged === server else { return }
        // An offer of ours is answered with the ACK of whoever hears us, who may be dead; he has as long for that as we have.
        let waitsForTheDead = server.madeOffer && world.temper.goesDeadInTalk > 0
        // A core knows nothing of an INVITE of the last one but those of calls.
        if areAlive(session), !server.isLate, !server.isOfEarlierCore, !waitsForTheDead, world.plan.weather.letsThrough
        {
            complain("a 2xx was never acknowledged", about: session)
        }
        session.unacknowledged = nil
        hangUp(session)
    }

    // MARK: Dialogs

    /// Neither this station nor the caller has been unplugged or cut off, nor the session been lost with a core that died: whatever
    /// fails in it is the core's fault.
    func areAlive(_ session: Session) -> Bool {
        !hasBeenAway && !session.isForgotten && world.caller(session.caller)?.hasBeenAway == false
    }

    /// The session is over: nothing of it is repeated or answered any more.
    func close(_ session: Session) {
        session.move(to: .over)
        session.unacknowledged?.isAcknowledged = true
        session.unacknowledged = nil
        if let pending = session.pending { respond(pending, 487, tag: session.localTag) }
        session.pending = nil
    }

    /// The session that a request of the peer's belongs to.
    private func session(of message: Message) -> Session? {
        guard let tag = message.to.tag, let number = message.bytes[tag].number(behind: 1),
            let session = world.session(number), session.station === self,
            session.callID.elementsEqual(message.bytes[message.callID]),
            session.remoteTag.elementsEqual(message.from.tag.map { message.bytes[$0] } ?? [])
        else { return nil }
        return session
    }

    /// Takes a description of the peer's in, and holds the rules against it. `offered` is the number of media lines it answers.
    func note(_ description: Description?, cseq: UInt32?, answering offered: Int?, in session: Session) {
        guard let description else { return }
        if let objection = session.history.objection(to: description, cseq: cseq, answering: offered) {
            complain("\(objection): \(description.text)", about: session)
        }
        session.remoteSDP = description
        described(session)
    }
}
