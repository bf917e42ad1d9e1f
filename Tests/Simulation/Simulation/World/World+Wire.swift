import CallCenter
import Exchange
import SIP

/// What the judge is to know of the wire.
extension World {
    func noticeInvite(_ bytes: [UInt8]) {
        guard let via = bytes.value(of: "Via"), let start = via.end(of: "branch=") else {
            return
        }
        let branch = via[start...].prefix { $0 != UInt8(ascii: ";") }.digest
        guard sentInvites[branch] == nil else { return }
        sentInvites[branch] = now
        oldInvites.begin(branch, now: now)
    }

    /// A request of the core's inside a dialog, that may refresh the session.
    func noticeAttempt(_ bytes: [UInt8]) {
        guard let to = bytes.value(of: "To"), let start = to.end(of: ";tag=t"),
            let number = to[start...].prefix(while: \.isDigit).number(behind: 0)
        else { return }
        session(number)?.lastAttempt = now
    }

    func isOfEarlierCore(_ branch: UInt64) -> Bool { sentInvites[branch].map { $0 <= lastDeath } ?? true }

    /// Whether it is the last copy of an INVITE that can come now: it goes out 31.5 s after the first, half a second before the end.
    func hasGivenUp(onInviteOf branch: UInt64) -> Bool { sentInvites[branch].map { now - $0 >= 31_000 } ?? true }

    /// The core has called an agent for the call that it offers him: his 200 in this dialog is that of his newest offer. He may be
    /// called for somebody else, too, who is handed on to him.
    func noticeOffer(_ bytes: [UInt8], to station: Station) {
        guard bytes.first == UInt8(ascii: "I"), let callID = bytes.value(of: "Call-ID"),
            let caller = bytes.caller(in: "From"), judge.shadow.isOffered(callerNumbered: caller, to: station.number)
        else { return }
        let digest = callID.digest
        if knownOffers.insert(digest).inserted { offered[station.number] = digest }
    }

    func noticePickup(_ bytes: [UInt8], by station: Station) {
        guard bytes.count > 8, bytes[0] == UInt8(ascii: "S"), bytes[8] == UInt8(ascii: "2"),
            bytes.value(of: "CSeq")?.suffix(7).elementsEqual([UInt8](" INVITE")) == true,
            bytes.value(of: "Call-ID")?.digest == offered[station.number]
        else { return }
        judge.shadow.pickedUp(station.number)
    }

    /// Somebody is called who is to play to the caller, or to talk to him.
    func noticeMediaCall(_ bytes: [UInt8], to station: Station) {
        guard bytes.first == UInt8(ascii: "I"), let callID = bytes.value(of: "Call-ID")?.digest,
            let caller = bytes.caller(in: "From").flatMap(caller), !caller.mediaCalls.contains(callID)
        else { return }
        caller.mediaCalls.append(callID)
        caller.lastMediaCall = now
        caller.openMediaCall = (callID, judge.events)
        if station.number == Plan.elsewhere {
            watches.callsElsewhere.begin(MediaCall(caller: caller, callID: callID), now: now)
        } else {
            watches.mediaCalls.begin(MediaCall(caller: caller, callID: callID), now: now)
        }
    }

    /// A final response of a media server to its first INVITE.
    func noticeMediaAnswer(_ bytes: [UInt8]) {
        guard bytes.count > 8, bytes[0] == UInt8(ascii: "S"), bytes[8] != UInt8(ascii: "1"),
            let caller = bytes.caller(in: "From").flatMap(caller), let open = caller.openMediaCall,
            bytes.value(of: "Call-ID")?.digest == open.callID
        else { return }
        caller.openMediaCall = nil
    }

    /// Whatever happens to a call afterwards may be the end of what was called for it.
    func noticeChange(_ notice: Notice) {
        if case .callEnded = notice { expectRelease() }
        let number: Int32
        switch notice {
        case .callState(let call, _, _, _), .callAnswered(let call, _, _), .refused(let call, _, _, _, _),
            .callEnded(let call, _, _, _, _), .mediaFailed(let call, _, _), .callOverflows(let call, _, _):
            number = call
        default: return
        }
        guard let caller = judge.shadow.call(number).flatMap({ caller(named: $0.caller) }),
            let open = caller.openMediaCall, open.event < judge.events
        else { return }
        caller.openMediaCall = nil
    }

    /// A call has ended: nothing of it may be left 64 x T1 later, besides what the judge knows of.
    private func expectRelease() {
        judge.lookForOrphans(in: exchange, now: now)
        after(64 * 500 + 1) { [self] in
            if downUntil == nil { judge.lookForOrphans(in: exchange, now: now) }
        }
    }

    /// The core must have had an answer by now, or have given up.
    func isOld(_ call: MediaCall) {
        guard call.caller.openMediaCall?.callID == call.callID else { return }
        call.caller.openMediaCall = nil
        // Of one to whom an agent has handed him on, or who speaks to the agent, and did not take the call, nothing is published;
        // and who is in no flow has time.
        guard let number = judge.shadow.number(of: call.caller.label), let state = judge.shadow.calls[number]?.state,
            state != .talking, state != .briefed
        else { return }
        call.caller.complain("whoever is called for him does not answer, and is waited for")
    }
}
