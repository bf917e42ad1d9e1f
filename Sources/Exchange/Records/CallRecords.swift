import CallCenter
import SIP

/// The rows that a call leaves in `cc_cdrs` (CALLS.md section 5).
extension Exchange {
    /// The final record, number 0, unless the call goes on in another flow. `isOver`: the caller's leg ends with it.
    mutating func record(
        endOf call: Call,
        number: Int = 0,
        type: CallDetailRecord.CallType,
        cause: String,
        status: Int,
        facts: CallDetailRecord.Facts,
        by who: CallDetailRecord.EndedBy,
        transferredTo target: String? = nil,
        isOver: Bool = true
    ) {
        let talk = call.talk
        let end = call.overSince ?? now
        var record = blank(call, number: number, type: type, cause: cause, status: status, by: who)
        record.wait = (talk?.answered ?? end) - call.facts.received
        record.pickup = talk?.pickup ?? call.offer.flatMap { offer in offer.pickedUpAt.map { $0 - offer.started } } ?? 0
        record.talk = talk.map { end - $0.answered } ?? 0
        record.agentID = call.agentID ?? ""
        record.refusals = call.refusals
        record.facts.formUnion(facts)
        record.transferredTo = target
        effects.records.append(record)
        guard isOver else { return }
        note(
            .callEnded(
                number: call.facts.number,
                flowID: call.flow.id,
                agentID: call.agentID,
                cause: cause,
                by: who
            )
        )
    }

    /// An agent did not take the call; it goes on.
    mutating func record(refusalOf call: Call, offer: Call.Offer, cause: String, status: Int) {
        var record = blank(
            call,
            number: offer.number,
            type: .refused,
            cause: cause,
            status: status,
            by: .agent
        )
        record.wait = now - call.facts.received
        record.pickup = offer.pickedUpAt.map { $0 - offer.started } ?? 0
        record.agentID = offer.agentID
        record.refusals = call.refusals
        effects.records.append(record)
    }

    private func blank(
        _ call: Call,
        number: Int,
        type: CallDetailRecord.CallType,
        cause: String,
        status: Int,
        by who: CallDetailRecord.EndedBy
    ) -> CallDetailRecord {
        let facts = call.facts
        return CallDetailRecord(
            callUUID: facts.uuid,
            offerNumber: number,
            callNumber: facts.number,
            caller: facts.callerUser.cut(toScalars: 64),
            received: facts.receivedWall,
            wait: 0,
            flowID: call.flow.id,
            callType: type,
            facts: call.offersMade > 0 ? [.inbound, .distributed] : .inbound,
            callerURI: String(decoding: facts.callerURI, as: UTF8.self),
            calledURI: String(decoding: facts.calledURI, as: UTF8.self),
            sipStatus: status,
            cause: cause,
            endedBy: who,
            callIDs: call.callIDs
        )
    }
}
