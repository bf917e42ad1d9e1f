import Exchange
import SIP

/// A REFER of a station's, and what it has heard of it.
struct Referring {
    let branch: Int
    /// It got a 202: NOTIFYs tell of it.
    var isTaken = false
    /// The last NOTIFY has come.
    var isOver = false
}

/// What user agents know of REFER (RFC 3515) and of dialogs that take the place of others (RFC 3891).
extension Station {
    /// Asks the peer to see to it that the caller gets to somebody else.
    func refer(_ session: Session, to target: [UInt8]) {
        guard session.phase == .up, session.referral?.isOver != false else { return }
        session.localCSeq += 1
        let branch = world.mint()
        session.referral = Referring(branch: branch)
        let bytes = request(
            "REFER",
            in: session,
            cseq: session.localCSeq,
            branch: branch,
            extra: [UInt8]("Refer-To: <") + target + [UInt8](">\r\n")
        )
        start(.refer, bytes, branch: branch, of: session)
    }

    func referred(_ status: Int, _ client: StationClient) {
        let session = client.session
        guard session.referral?.branch == client.branch else { return }
        guard status == 202 else {
            session.referral?.isOver = true
            return
        }
        if world.plan.configuration.scenario.refer.policy == .refuse {
            complain("a REFER was taken that is to be refused", about: session)
        }
        session.referral?.isTaken = true
        // The target's time to ring, that of the hand-over, and that of the NOTIFY.
        let limits = world.plan.configuration
        world.after(limits.agentRingTimeout + limits.handOverTimeout + 64 * 500 + 5_000) { [self] in
            guard let referral = session.referral, referral.branch == client.branch, !referral.isOver,
                session.phase == .up, areAlive(session), !session.hasSeenRestart, world.plan.weather.partition == 0
            else { return }
            complain("nothing has been heard of a REFER that was taken", about: session)
        }
    }

    func notified(_ message: Message, of session: Session) {
        guard let referral = session.referral else {
            return complain("a NOTIFY came that nobody asked for", about: session)
        }
        let line = message.bytes[message.body]
        guard let status = line.dropFirst(8).prefix(3).number(behind: 0), status >= 100 else {
            return complain("a NOTIFY says nothing", about: session)
        }
        let state = message.bytes.value(of: "Subscription-State") ?? []
        let isLast = state.starts(with: [UInt8]("terminated"))
        if isLast != (status >= 200) { complain("a NOTIFY of \(status) has the wrong state", about: session) }
        guard isLast, !referral.isOver else { return }
        session.referral?.isOver = true
        guard 200...299 ~= status else { return }
        // The caller is with somebody else: so the BYE is on its way.
        world.after(64 * 500 + 5_000) { [self] in
            guard session.phase == .up, areAlive(session), world.plan.weather.partition == 0 else { return }
            complain("the caller was handed on, and the session goes on", about: session)
        }
    }

    /// The value of a Replaces that names the session to the core.
    func replaces(_ session: Session) -> [UInt8] {
        session.callID + [UInt8](";to-tag=") + session.remoteTag + [UInt8](";from-tag=") + session.localTag
    }

    /// Another phone of his takes the session over; nil if there is nothing to take.
    func takeOver(_ session: Session) -> Session? {
        guard session.isQuiet, session.isEstablished, !session.remoteTag.isEmpty else { return nil }
        let extra = [UInt8]("Require: replaces\r\nReplaces: ") + replaces(session) + [UInt8]("\r\n")
        return invite(
            [UInt8]("sip:") + name + [UInt8]("@127.0.0.1:5060"),
            withOffer: world.random.happens(80),
            mediaTypes: session.mediaTypes,
            extra: extra,
            caller: session.caller
        )
    }
}

extension AgentPhone {
    /// Hands the caller on: to another flow, to somebody else, to somebody whom he has asked, or to nobody; and may hang up right
    /// behind that.
    func handOn(_ session: Session) {
        guard session.phase == .up, session === conversation else { return }
        let target: [UInt8]
        switch world.random.number(0...9) {
        case 0...1:
            var flow = [UInt8]("sip:f")
            flow.append(number: world.random.number(0...world.plan.flowCount - 1))
            target = flow + [UInt8]("@127.0.0.1:5060")
        case 2...4: target = (world.random.pick(world.agents) ?? self).uri
        case 5...6: target = world.media[Plan.elsewhere].uri
        case 7...8: target = world.media[Plan.elsewhere].consult(self)
        default: target = world.random.pick(Self.nowhere) ?? []
        }
        refer(session, to: target)
        guard world.random.happens(25) else { return }
        world.after(world.random.time(0...3_000)) { [self] in hangUp(session) }
    }

    private static let nowhere = ["tel:+1", "sip:nobody@nowhere.invalid", "sip:a0@10.32.0.0;method=BYE"].map {
        Array($0.utf8)
    }
}

extension MediaServer {
    /// Somebody talks to it without the core, about a caller: the URI that puts the caller in his place.
    func consult(_ agent: Station) -> [UInt8] {
        let number = world.mint()
        var callID = [UInt8]("consultation-")
        callID.append(number: number)
        let session = Session(
            number: number,
            station: self,
            callID: callID,
            localTag: Self.tag(number),
            remoteTag: Self.tag(world.mint()),
            local: [UInt8]("<") + uri + [UInt8](">"),
            remote: [UInt8]("<") + agent.uri + [UInt8](">"),
            target: agent.uri,
            caller: -1,
            isOurs: false
        )
        world.add(session)
        consultations[session.callID.digest] = session
        world.after(world.random.time(1_000...60_000)) { session.move(to: .over) }
        return uri + [UInt8]("?Replaces=") + session.callID + [UInt8]("%3Bto-tag%3D") + session.localTag
            + [UInt8]("%3Bfrom-tag%3D") + session.remoteTag
    }

    /// Whether an INVITE that is to take a consultation's place may; true if it is none of those.
    func mayTake(_ invite: Message) -> Bool {
        guard let value = invite.bytes.value(of: "Replaces") else { return true }
        let parts = value.split(separator: UInt8(ascii: ";"))
        guard parts.count == 3, let session = consultations[parts[0].digest],
            parts[1].elementsEqual([UInt8]("to-tag=") + session.localTag),
            parts[2].elementsEqual([UInt8]("from-tag=") + session.remoteTag)
        else {
            complain("an INVITE is to replace what nobody asked for")
            return false
        }
        if invite.bytes.value(of: "Require")?.elementsEqual([UInt8]("replaces")) != true {
            complain("an INVITE with Replaces does not require it")
        }
        guard session.phase != .over else { return false }
        session.move(to: .over)
        return true
    }
}
