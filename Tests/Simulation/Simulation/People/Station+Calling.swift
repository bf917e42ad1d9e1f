import SIP

/// What a station begins: INVITE, re-INVITE, CANCEL, BYE.
extension Station {
    @discardableResult
    func invite(
        _ target: [UInt8],
        withOffer: Bool,
        mediaTypes: [[UInt8]] = [Session.audio],
        extra: [UInt8] = [],
        caller: Int? = nil
    ) -> Session {
        let number = world.mint()
        var callID = [UInt8]("call-")
        callID.append(number: number)
        let session = Session(
            number: number,
            station: self,
            callID: callID,
            localTag: Self.tag(number),
            remoteTag: [],
            local: [UInt8]("<") + uri + [UInt8](">"),
            remote: [UInt8]("<") + target + [UInt8](">"),
            target: target,
            caller: caller ?? (kind == .caller ? self.number : -1),
            isOurs: true
        )
        session.mediaTypes = mediaTypes
        world.add(session)
        session.wishes = extra
        let wrongs = world.plan.features.wrongPasswords
        session.knowsPassword = wrongs == 0 || !world.random.happens(wrongs)
        sendInvite(session, withOffer: withOffer)
        return session
    }

    static func tag(_ number: Int) -> [UInt8] {
        var tag = [UInt8]("t")
        tag.append(number: number)
        return tag
    }

    /// Puts the peer on hold, takes him back, or only refreshes; only while nothing else is going on in the session.
    func reinvite(_ session: Session, holding: Bool, withOffer: Bool) {
        guard session.isQuiet else { return }
        let wasHolding = session.isHolding
        session.isHolding = holding
        sendInvite(session, withOffer: withOffer)
        guard let client = session.inFlight else { return }
        client.wasHolding = wasHolding
        world.watch(client)
    }

    /// Long after a re-INVITE was sent.
    func reinviteIsOld(_ client: StationClient) {
        let session = client.session
        guard session.inFlight === client, session.phase == .up, areAlive(session) else { return }
        complain("a re-INVITE has had no final response", about: session)
    }

    func sendInvite(_ session: Session, withOffer: Bool) {
        session.localCSeq += 1
        let branch = world.mint()
        let body = withOffer ? session.describe(answering: nil) : nil
        let bytes = request(
            "INVITE",
            in: session,
            cseq: session.localCSeq,
            branch: branch,
            extra: wish(of: session) + (session.phase == .early ? session.wishes + session.proof : []),
            body: body
        )
        let client = start(.invite, bytes, branch: branch, of: session)
        client.madeOffer = withOffer
        session.inFlight = client
    }

    /// Takes the first INVITE back, as soon as that is allowed.
    func cancel(_ session: Session) {
        guard session.phase == .early, let client = session.inFlight else { return }
        if client.isProceeding { cancel(client) } else { client.wantsCancel = true }
    }

    func cancel(_ client: StationClient) {
        client.wantsCancel = false
        client.isCancelled = true
        start(.cancel, companion("CANCEL", of: client, to: nil), branch: client.branch, of: client.session)
        // RFC 3261 section 9.1: without a final response the INVITE counts as cancelled in the end.
        world.after(32_000) { [self] in
            guard !client.isFinal else { return }
            client.isFinal = true
            timedOut(client)
        }
    }

    func hangUp(_ session: Session) {
        guard session.phase == .up else { return }
        close(session)
        session.localCSeq += 1
        let branch = world.mint()
        start(
            .bye,
            request("BYE", in: session, cseq: session.localCSeq, branch: branch),
            branch: branch,
            of: session
        )
        ended(session)
    }

    /// Says this and that inside of the dialog: what the core does with it is its own business, but it must answer.
    func chat(_ session: Session) {
        guard world.temper.chatter > 0, world.random.happens(world.temper.chatter) else { return }
        world.after(world.random.time(50...6_000)) { [self] in
            guard session.phase == .up else { return }
            let (method, name) = world.random.pick(Self.smallTalk) ?? (.options, "OPTIONS")
            session.localCSeq += 1
            let branch = world.mint()
            let bytes = request(name, in: session, cseq: session.localCSeq, branch: branch)
            start(method, bytes, branch: branch, of: session)
            chat(session)
        }
    }

    private static let smallTalk: [(Method, StaticString)] = [
        (.options, "OPTIONS"), (.info, "INFO"), (.message, "MESSAGE"), (.update, "UPDATE"),
    ]

    // MARK: Responses

    func receive(final response: Message, status: Int, of client: StationClient, isFirst: Bool) {
        let session = client.session
        guard client.method == .invite else {
            if client.method == .update { updated(response, status: status, client) }
            if client.method == .refer, isFirst { referred(status, client) }
            // A later request of ours may have come before it (RFC 3261 section 12.2.2).
            let isOvertaken = status == 500 && session.localCSeq > client.cseq
            if client.method == .bye, isFirst, !isOvertaken, ![200, 481, 408, 487].contains(status) {
                complain("BYE got \(status)", about: session)
            }
            return
        }
        if 200...299 ~= status {
            let ack = session.acknowledgements.last { $0.cseq == response.cseq.number }
            if let ack, !isFirst { send(ack.bytes) } else { accepted(session, response, client) }
            return
        }
        guard isFirst else { return }
        if session.inFlight === client { session.inFlight = nil }
        guard session.phase == .up else {
            if triesAgain(client, after: response, status: status) { return }
            if session.phase == .early {
                session.move(to: .over)
                refused(session, status)
            }
            return
        }
        reinviteRefused(client, status)
    }

    private func accepted(_ session: Session, _ response: Message, _ client: StationClient) {
        if session.inFlight === client { session.inFlight = nil }
        let phase = session.phase
        session.remoteTag = response.to.tag.map { response.copy(of: $0) } ?? []
        if let contact = response.firstAddress(.contact) {
            session.target = response.copy(of: contact.uri)
        } else {
            complain("a 2xx has no Contact", about: session)
        }
        let description = response.description
        if description == nil { complain("a 2xx to an INVITE has no description", about: session) }
        note(description, cseq: nil, answering: client.madeOffer ? session.mediaTypes.count : nil, in: session)
        agree(on: response, of: session)
        let cseq = response.cseq.number
        var body: [UInt8]?
        let isEmpty = world.temper.answersEmpty > 0 && world.random.happens(world.temper.answersEmpty)
        if !client.madeOffer, let description {
            if isEmpty { session.history.offerFailed() } else { body = session.describe(answering: description) }
        }
        let ack = request("ACK", in: session, cseq: Int(cseq), branch: world.mint(), body: body)
        session.acknowledgements.append((cseq, ack))
        send(ack)
        guard !session.isEstablished else { return }
        session.isEstablished = true
        session.move(to: .up)
        // It may come too late for one who has given up.
        if phase == .early { established(session) } else { hangUp(session) }
    }

    /// RFC 3261 section 14.1: a collision is tried again after a while, a lost dialog is left.
    private func reinviteRefused(_ client: StationClient, _ status: Int) {
        let session = client.session
        let wanted = session.isHolding
        session.isHolding = client.wasHolding
        switch status {
        case 408, 481: hangUp(session)
        case 491:
            let pause = session.isOurs ? 2_100...4_000 : 0...2_000 as ClosedRange<Milliseconds>
            world.after(world.random.time(pause)) { [self] in
                reinvite(session, holding: wanted, withOffer: client.madeOffer)
            }
        default: break
        }
    }

    /// No final response has come.
    func timedOut(_ client: StationClient) {
        let session = client.session
        guard client.method == .invite else {
            if client.method == .refer { referred(408, client) }
            if session.inFlight === client {
                session.inFlight = nil
                session.isHolding = client.wasHolding
            }
            // What passes has the far side's time and the way back, which is a little more than there is.
            let passes = client.method == .info || client.method == .message || client.madeOffer
            if client.madeOffer, world.plan.weather.loss > 0 || world.temper.slowReinvite > 0 { return }
            if passes, world.temper.goesDeadInTalk > 0 || world.plan.weather.partition > 0 { return }
            if session.phase == .up, areAlive(session), client.method != .cancel, world.plan.weather.letsThrough {
                complain("\(client.method) has had no answer", about: session)
            }
            return
        }
        if session.inFlight === client { session.inFlight = nil }
        switch session.phase {
        case .early:
            session.move(to: .over)
            refused(session, 408)
        case .up: hangUp(session)
        case .over: break
        }
    }
}
