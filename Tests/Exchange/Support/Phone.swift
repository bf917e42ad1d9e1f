import SIP

/// A scripted SIP endpoint of the tests: it speaks bytes, keeps a dialog a Call-ID, and writes down what it saw.
final class Phone {
    /// What it does with a new INVITE.
    enum Manner {
        case answer(after: Milliseconds)
        case ringAndAnswer(after: Milliseconds)
        /// Rings and never answers; accepts a CANCEL.
        case ring
        case refuse(Int)
        /// Says nothing at all, ever.
        case silent
        /// Answers with 200, then BYE after a time: an announcement.
        case play(for: Milliseconds)
        /// Rings, and answers the CANCEL with a 200 to its INVITE.
        case answerOnCancel
    }

    /// One dialog, from either side.
    struct Dialog {
        var callID: String
        var localTag: String
        var remoteTag = ""
        /// From and To values of our requests, without tags.
        var local: String
        var remote: String
        var target: String
        var cseq = 1
        /// The INVITE in hand, not yet answered.
        var invite: Message?
        /// The INVITE that we sent last carried an offer.
        var sentOffer = false
        var isUp = false
        var isOver = false
        var remoteSDP: SessionDescription?
        /// Our 2xx carried an offer.
        var madeOffer = false
        /// The branch of our INVITE.
        var branch = ""
        var finalStatus: Int?
        var sdpVersion = 1
    }

    let name: String
    let endpoint: Endpoint
    unowned let bench: Bench
    var manner: Manner
    /// How it takes a re-INVITE.
    var reinviteStatus = 200
    /// What its descriptions have behind their session part.
    var media = "m=audio 4000 RTP/AVP 0\r\n"
    /// Ignores re-INVITEs.
    var ignoresReinvite = false
    var dialogs: [String: Dialog] = [:]
    /// Call-IDs in the order in which the dialogs began.
    var order: [String] = []
    /// What came in: `INVITE`, `INVITE sdp=agent-1`, `200 INVITE sdp=welcome`, `BYE`, …
    var log: [String] = []
    var received: [Message] = []
    /// What it has sent of its own accord.
    var sent: [String] = []

    init(_ name: String, port: UInt16, on bench: Bench, manner: Manner = .answer(after: 0)) {
        self.name = name
        endpoint = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: port)
        self.bench = bench
        self.manner = manner
    }

    var uri: String { "sip:\(name)@127.0.0.1:\(endpoint.port)" }

    /// The description that this phone sends: an attribute tells whose it is.
    func sdp(version: Int = 1, media: String? = nil) -> String {
        let session =
            "v=0\r\no=\(name) 1 \(version) IN IP4 127.0.0.1\r\ns=\(name)\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            + "a=x-phone:\(name)\r\n"
        return session + (media ?? self.media)
    }

    // MARK: Doing

    @discardableResult
    func invite(
        _ flow: String,
        sdp body: String?,
        displayName: String = "",
        extra: [String] = [],
        hops: Int = 70
    ) -> String {
        let callID = "\(name)-\(order.count + 1)"
        var dialog = Dialog(
            callID: callID,
            localTag: "t-\(callID)",
            local: "\(displayName.isEmpty ? "" : "\"\(displayName)\" ")<sip:\(name)@127.0.0.1>",
            remote: "<sip:\(flow)@127.0.0.1>",
            target: "sip:\(flow)@127.0.0.1:5060"
        )
        dialog.branch = "z9hG4bK-\(callID)-1"
        dialog.sentOffer = body != nil
        order.append(callID)
        dialogs[callID] = dialog
        let text = request("INVITE", in: dialog, branch: dialog.branch, body: body)
        send(text.replacing("Max-Forwards: 70", with: (["Max-Forwards: \(hops)"] + extra).joined(separator: "\r\n")))
        return callID
    }

    func cancel(_ callID: String) {
        guard let dialog = dialogs[callID] else { return }
        var plain = dialog
        plain.remoteTag = ""
        send(request("CANCEL", in: plain, branch: dialog.branch))
    }

    func hangUp(_ callID: String) {
        guard var dialog = dialogs[callID], dialog.isUp, !dialog.isOver else { return }
        dialog.cseq += 1
        dialog.isOver = true
        dialogs[callID] = dialog
        send(request("BYE", in: dialog, branch: "z9hG4bK-\(callID)-b\(dialog.cseq)"))
    }

    func reinvite(_ callID: String, sdp body: String?) {
        guard var dialog = dialogs[callID] else { return }
        dialog.cseq += 1
        dialog.branch = "z9hG4bK-\(callID)-\(dialog.cseq)"
        dialog.sentOffer = body != nil
        dialogs[callID] = dialog
        send(request("INVITE", in: dialog, branch: dialog.branch, body: body))
    }

    /// Any other request inside a dialog.
    func ask(_ method: String, _ callID: String, extra: [String] = []) {
        guard var dialog = dialogs[callID], dialog.isUp, !dialog.isOver else { return }
        dialog.cseq += 1
        dialogs[callID] = dialog
        let text = request(method, in: dialog, branch: "z9hG4bK-\(callID)-q\(dialog.cseq)")
        send(text.replacing("Max-Forwards: 70", with: (["Max-Forwards: 70"] + extra).joined(separator: "\r\n")))
    }

    func refer(_ callID: String, to target: String) { ask("REFER", callID, extra: ["Refer-To: <\(target)>"]) }

    /// The status lines that NOTIFYs have brought.
    var notified: [String] {
        received.filter { $0.isRequest && $0.method == .notify }.map {
            $0.text(of: $0.body).replacing("\r\n", with: "")
        }
    }

    /// The values of Warning in all responses that came.
    var warnings: [String] {
        received.flatMap { message in message.values(of: .warning).map { message.text(of: $0) } }
    }

    /// The value of a header of the last INVITE that came.
    func invited(_ header: String) -> String? {
        guard let invite = received.last(where: { $0.isRequest && $0.method == .invite }) else { return nil }
        return invite.first(named: Array(header.utf8)).map { invite.text(of: $0) }
    }

    /// Refuses the INVITE or re-INVITE that came last.
    func refuse(_ status: Int) {
        guard let invite = received.last(where: { $0.isRequest && $0.method == .invite }) else { return }
        let callID = invite.text(of: invite.callID)
        if dialogs[callID]?.isUp == false { dialogs[callID]?.isOver = true }
        answer(invite, status, callID)
    }

    /// The newest dialog.
    var last: Dialog? { order.last.flatMap { dialogs[$0] } }
    var lastCallID: String { order.last ?? "" }

    // MARK: Receiving

    func receive(_ message: Message) {
        received.append(message)
        let callID = message.text(of: message.callID)
        log.append(describe(message))
        if let status = message.status {
            receive(response: message, Int(status), callID)
            return
        }
        switch message.method {
        case .invite: receive(invite: message, callID)
        case .ack:
            if dialogs[callID]?.madeOffer == true { note(sdpOf: message, callID) }
            dialogs[callID]?.invite = nil
        case .bye:
            dialogs[callID]?.isOver = true
            answer(message, 200, callID)
        case .cancel:
            answer(message, 200, callID)
            guard let invite = dialogs[callID]?.invite else { return }
            if case .answerOnCancel = manner {
                accept(invite, callID)
            } else if case .silent = manner {
                return
            } else {
                dialogs[callID]?.isOver = true
                answer(invite, 487, callID)
            }
        default: answer(message, 200, callID)
        }
    }

    private func receive(invite: Message, _ callID: String) {
        if dialogs[callID]?.isUp == true {
            guard !ignoresReinvite else { return }
            guard reinviteStatus == 200 else {
                answer(invite, reinviteStatus, callID)
                return
            }
            accept(invite, callID)
            return
        }
        // A retransmission.
        guard dialogs[callID] == nil else { return }
        var dialog = Dialog(
            callID: callID,
            localTag: "t-\(name)-\(order.count + 1)",
            local: invite.text(of: invite.to.range),
            remote: invite.text(of: invite.from.range),
            target: invite.firstAddress(.contact).map { invite.text(of: $0.uri) } ?? ""
        )
        dialog.invite = invite
        order.append(callID)
        dialogs[callID] = dialog
        note(sdpOf: invite, callID)
        switch manner {
        case .answer(let delay): bench.after(delay) { [weak self] in self?.acceptIfWanted(invite, callID) }
        case .ringAndAnswer(let delay):
            answer(invite, 180, callID)
            bench.after(delay) { [weak self] in self?.acceptIfWanted(invite, callID) }
        case .ring, .answerOnCancel: answer(invite, 180, callID)
        case .refuse(let status): answer(invite, status, callID)
        case .silent: break
        case .play(let length):
            accept(invite, callID)
            bench.after(length) { [weak self] in self?.hangUp(callID) }
        }
    }

    private func acceptIfWanted(_ invite: Message, _ callID: String) {
        guard let dialog = dialogs[callID], !dialog.isOver, !dialog.isUp else { return }
        accept(invite, callID)
    }

    func accept(_ invite: Message, _ callID: String) {
        note(sdpOf: invite, callID)
        guard var dialog = dialogs[callID] else { return }
        dialog.isUp = true
        dialog.madeOffer = invite.body.isEmpty
        dialog.invite = nil
        dialogs[callID] = dialog
        answer(invite, 200, callID, body: sdp(version: dialog.sdpVersion))
    }

    private func receive(response: Message, _ status: Int, _ callID: String) {
        guard var dialog = dialogs[callID], status >= 200 else { return }
        guard response.cseq.method == .invite else { return }
        dialog.finalStatus = status
        if status < 300 {
            dialog.remoteTag = response.to.tag.map { response.text(of: $0) } ?? ""
            if let contact = response.firstAddress(.contact) { dialog.target = response.text(of: contact.uri) }
            dialog.isUp = true
            dialogs[callID] = dialog
            note(sdpOf: response, callID)
            var ack = dialog
            ack.cseq = Int(response.cseq.number)
            let body = dialog.sentOffer ? nil : sdp(version: dialog.sdpVersion)
            send(request("ACK", in: ack, branch: "z9hG4bK-\(callID)-a\(ack.cseq)", body: body))
        } else {
            dialogs[callID] = dialog
            var ack = dialog
            ack.remoteTag = response.to.tag.map { response.text(of: $0) } ?? ""
            send(request("ACK", in: ack, branch: dialog.branch))
        }
    }

    private func note(sdpOf message: Message, _ callID: String) {
        guard case .sdp(let range) = message.sessionBody(),
            let description = try? SessionDescription(parsing: message.bytes(of: range))
        else { return }
        dialogs[callID]?.remoteSDP = description
    }
}
