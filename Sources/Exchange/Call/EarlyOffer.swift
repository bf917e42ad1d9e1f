import CallCenter
import SIP

/// `offer: early`, and what is tried where a phone wants an offer (CALLS.md section 2, early offer and 100rel): an answered caller's
/// last description is offered, the answer goes to him as an offer, and where his answer differs from what the other side saw,
/// that side gets a re-INVITE.
extension Exchange {
    /// What may be offered in the name of an answered caller; nil if it would bind two ends only, as ICE and DTLS do.
    func earlyOffer(for call: Call) -> SessionDescription? {
        guard call.isAnswered, let last = agent.remoteDescription(of: call.caller), !last.usesICE, !last.usesDTLS else {
            return nil
        }
        return last.withoutDirections()
    }

    /// What an agent is offered when his phone is called first.
    func firstOffer(for call: Call) -> SessionDescription? {
        guard call.flow.messageFlowID == nil else { return nil }
        switch call.callerSide {
        case .unanswered(let offer): return offer
        case .answered: return call.scenario.offer == .early ? earlyOffer(for: call) : nil
        }
    }

    /// A phone that does not take an INVITE without SDP (421) gets one with SDP, once. False: it has had one, or there is none.
    mutating func offersAgain(_ offer: Call.Offer, of call: Call) -> Bool {
        guard offer.progress == .ringing, offer.offered == nil, call.flow.messageFlowID == nil,
            let description = earlyOffer(for: call), let definition = center.definition(of: offer.agent),
            let leg = inviteAgent(definition, for: call, offering: description)
        else { return false }
        var offer = offer
        offer.leg = leg
        offer.offered = description
        call.stage = .offering(offer)
        agent.keepAlive(leg, now: now)
        return true
    }

    /// The caller has been joined to a leg that was offered something in his name before he was asked.
    mutating func align(_ leg: LegID, offered: SessionDescription?, to answer: SessionDescription) {
        guard let offered, !offered.hasSameContent(as: answer) else { return }
        _ = agent.reinvite(leg, relaying: answer, retriesOnGlare: true, now: now)
    }
}
