import SIP

/// What a station begins: INVITE, re-INVITE, CANCEL, BYE.
extension Station {
    @discardableResult
    func invite(_ target: String, withOffer: Bool, mediaTypes: [String] = ["audio"]) -> Session {
        let session = Session(
            callID: mint("call-"),
            localTag: mint("t-"),
            remoteTag: "",
            local: "<sip:\(name)@127.0.0.1>",
            remote: "<\(target)>",
            target: target,
            caller: name,
            isOurs: true
        )
        session.mediaTypes = mediaTypes
        sessions.append(session)
        sendInvite(session, withOffer: withOffer)
        return session
    }

    /// Puts the peer on hold, takes him back, or only refreshes; only while nothing else is going on in the session.
    func reinvite(_ session: Session, holding: Bool, withOffer: Bool) {
        guard session.isQuiet else { return }
        let wasHolding = session.isHolding
        session.isHolding = holding
        sendInvite(session, withOffer: withOffer)
        guard let client = session.inFlight else { return }
        client.wasHolding = wasHolding
        simulation.after(70_000) { [weak self] in
            guard let self, session.inFlight === client, session.phase == .up, areAlive(session) else { return }
            complain("a re-INVITE has had no final response")
        }
    }

    private func sendInvite(_ session: Session, withOffer: Bool) {
        session.localCSeq += 1
        let branch = mint("z9hG4bK-")
        let body = withOffer ? session.describe(name, port: address.port &+ 20_000, answering: nil) : nil
        let text = request("INVITE", in: session, cseq: session.localCSeq, branch: branch, body: body)
        let client = start(.invite, text, branch: branch, of: session)
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
        let text = client.request
            .split(separator: "\r\n\r\n", maxSplits: 1)[0]
            .split(separator: "\r\n")
            .filter { !$0.hasPrefix("Content-") && !$0.hasPrefix("Contact") }
            .map { $0.hasPrefix("CSeq") ? $0.replacing("INVITE", with: "CANCEL") : $0[...] }
        let lines = text.map(String.init)
        let first = lines[0].replacing("INVITE", with: "CANCEL")
        let cancel = ([first] + lines.dropFirst() + ["Content-Length: 0", "", ""]).joined(separator: "\r\n")
        start(.cancel, cancel, branch: client.branch, of: client.session)
        // RFC 3261 section 9.1: without a final response the INVITE counts as cancelled in the end.
        simulation.after(32_000) { [weak self] in
            guard let self, !client.isFinal else { return }
            client.isFinal = true
            timedOut(client)
        }
    }

    func hangUp(_ session: Session) {
        guard session.phase == .up else { return }
        close(session)
        session.localCSeq += 1
        let branch = mint("z9hG4bK-")
        start(
            .bye,
            request("BYE", in: session, cseq: session.localCSeq, branch: branch),
            branch: branch,
            of: session
        )
        ended(session)
    }

    // MARK: Responses

    func receive(final response: Message, status: Int, of client: StationClient, isFirst: Bool) {
        let session = client.session
        guard client.method == .invite else {
            if client.method == .bye, isFirst, ![200, 481, 408, 487].contains(status) { complain("BYE got \(status)") }
            return
        }
        if 200...299 ~= status {
            if isFirst || session.acknowledgements[response.cseq.number] == nil {
                accepted(session, response, client)
            } else if let ack = session.acknowledgements[response.cseq.number] {
                send(ack)
            }
            return
        }
        guard isFirst else { return }
        if session.inFlight === client { session.inFlight = nil }
        guard session.phase == .up else {
            if session.phase == .early {
                session.phase = .over
                refused(session, status)
            }
            return
        }
        reinviteRefused(client, status)
    }

    private func accepted(_ session: Session, _ response: Message, _ client: StationClient) {
        if session.inFlight === client { session.inFlight = nil }
        let phase = session.phase
        session.remoteTag = response.to.tag.map { response.text(of: $0) } ?? ""
        if let contact = response.firstAddress(.contact) {
            session.target = response.text(of: contact.uri)
        } else {
            complain("a 2xx has no Contact")
        }
        let description = response.description
        if description == nil { complain("a 2xx to an INVITE has no description") }
        note(description, cseq: nil, answering: client.madeOffer ? session.mediaTypes.count : nil, in: session)
        let cseq = response.cseq.number
        var body: String?
        if !client.madeOffer, let description {
            body = session.describe(name, port: address.port &+ 20_000, answering: description)
        }
        let ack = request("ACK", in: session, cseq: Int(cseq), branch: mint("z9hG4bK-"), body: body)
        session.acknowledgements[cseq] = ack
        send(ack)
        guard !session.isEstablished else { return }
        session.isEstablished = true
        session.phase = .up
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
            simulation.after(simulation.random.time(pause)) { [weak self] in
                self?.reinvite(session, holding: wanted, withOffer: client.madeOffer)
            }
        default: break
        }
    }

    /// No final response has come.
    func timedOut(_ client: StationClient) {
        let session = client.session
        guard client.method == .invite else { return }
        if session.inFlight === client { session.inFlight = nil }
        switch session.phase {
        case .early:
            session.phase = .over
            refused(session, 408)
        case .up: hangUp(session)
        case .over: break
        }
    }

    // MARK: Bytes

    func request(
        _ method: String,
        in session: Session,
        cseq: Int,
        branch: String,
        body: String? = nil
    ) -> String {
        let to = session.remoteTag.isEmpty ? session.remote : "\(session.remote);tag=\(session.remoteTag)"
        let lines = [
            "\(method) \(session.target) SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.0.1:\(address.port);branch=\(branch)",
            "Max-Forwards: 70", "From: \(session.local);tag=\(session.localTag)", "To: \(to)",
            "Call-ID: \(session.callID)", "CSeq: \(cseq) \(method)", "Contact: <\(uri)>",
        ]
        guard let body else { return (lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n") }
        let entity = ["Content-Type: application/sdp", "Content-Length: \(body.utf8.count)", "", body]
        return (lines + entity).joined(separator: "\r\n")
    }

    /// The ACK for a refusal (RFC 3261 section 17.1.1.3).
    func acknowledgement(of client: StationClient, _ response: Message) -> String {
        let invite = client.request.split(separator: "\r\n\r\n", maxSplits: 1)[0].split(separator: "\r\n").map(
            String.init
        )
        let lines = invite.filter { !$0.hasPrefix("Content-") && !$0.hasPrefix("Contact") }.map { line in
            if line.hasPrefix("INVITE") { return line.replacing("INVITE", with: "ACK") }
            if line.hasPrefix("CSeq") { return line.replacing("INVITE", with: "ACK") }
            return line.hasPrefix("To:") ? "To: \(response.text(of: response.to.range))" : line
        }
        return (lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n")
    }
}
