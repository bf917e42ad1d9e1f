import CallCenter
import SIP

/// The Exchange's handle of a call; part of what its legs and timers carry.
typealias CallID = SlabHandle

/// One caller's call, from the INVITE until its last leg is let go (CALLS.md section 1).
///
/// ```
///  INVITE ──► welcome ──► queued ◄──► offering ──► talking ──► ended
///                │                       ▲
///                └───────────────────────┘  an agent is free
/// ```
/// A reference type, since the legs of a call change it in turn while the Exchange's tables stay where they are; only the event
/// loop that owns the Exchange touches it.
final class Call {
    let id: CallID
    let facts: CallFacts
    let caller: LegID
    let ref: CallRef
    /// As it was when the call arrived: a reload does not change a call's announcements.
    let flow: FlowDefinition

    var callerSide: CallerSide
    var stage = Stage.welcome
    /// What plays to the caller now, or is being called to do so.
    var media: MediaLeg?
    /// The leg whose description the caller was last given; whom re-INVITEs of the caller go to.
    var connected: LegID?
    /// A leg that offered and is being joined to the answered caller by a re-INVITE.
    var join: Join?
    /// A re-INVITE of one side that is on its way to the other.
    var relay: Relay?
    /// A leg that offered to a caller without SDP: the caller's ACK carries its answer.
    var awaitsCallersAnswer: LegID?

    /// A leg has been called for the unanswered caller before: the next is another branch to him.
    var hasTriedFirstLeg = false
    var timers = CallTimers()
    var offersMade = 0
    var refusals = 0
    var holdFailures = 0
    var callIDs: [String] = []

    init(id: CallID, facts: CallFacts, caller: LegID, ref: CallRef, flow: FlowDefinition, side: CallerSide) {
        self.id = id
        self.facts = facts
        self.caller = caller
        self.ref = ref
        self.flow = flow
        self.callerSide = side
    }
}

extension Call {
    /// Whether the caller's INVITE has had its 2xx, and what it offered until then.
    enum CallerSide {
        /// nil: an INVITE without SDP.
        case unanswered(offer: SessionDescription?)
        case answered
    }

    enum Stage {
        case welcome
        case queued
        case offering(Offer)
        case talking(Talk)
        case ended
    }

    /// An agent who has been reserved and called.
    struct Offer {
        let agent: AgentRef
        let agentID: String
        let leg: LegID
        /// 1 for the first of the call; half of the key of a refusal's record.
        let number: Int
        let started: Milliseconds
        var progress = Progress.ringing

        enum Progress: Equatable {
            case ringing
            /// His time to answer is over and the CANCEL is on its way; a 200 that crosses it is taken.
            case cancelling
            /// His 200 has come, the caller's answer to its offer has not.
            case pickedUp(at: Milliseconds)
        }

        var pickedUpAt: Milliseconds? {
            if case .pickedUp(let at) = progress { at } else { nil }
        }
    }

    struct Talk {
        let agent: AgentRef
        let agentID: String
        let leg: LegID
        let answered: Milliseconds
        let pickup: Milliseconds
    }

    /// An announcement or hold music.
    struct MediaLeg {
        enum Purpose { case welcome, hold }

        let leg: LegID
        let purpose: Purpose
        /// Joined to the caller.
        var isUp = false
    }

    /// A leg's offer that goes to the caller in a re-INVITE; the answer goes back in the leg's ACK (RFC 3725 flow I).
    struct Join {
        let leg: LegID
        let isAgent: Bool
        /// nil: the caller's leg is gone, as will be told.
        let reinvite: ReinviteID?
    }

    struct Relay {
        let from: LegID
        let to: LegID
        /// On `to`; nil: that leg is gone, as will be told.
        let reinvite: ReinviteID?
        /// The other side's offer has been passed back in a 2xx; its answer comes with the ACK.
        var awaitsAnswerInACK: Bool
        /// Whether the request had SDP.
        let hasOffer: Bool
    }
}

extension Call {
    var isAnswered: Bool {
        if case .answered = callerSide { true } else { false }
    }

    var offer: Offer? {
        if case .offering(let offer) = stage { offer } else { nil }
    }

    var talk: Talk? {
        if case .talking(let talk) = stage { talk } else { nil }
    }

    var hasEnded: Bool {
        if case .ended = stage { true } else { false }
    }

    /// The agent who has the call, ringing or talking.
    var agentID: String? { offer?.agentID ?? talk?.agentID }

    /// As lists and logs show it.
    var state: CallState {
        switch stage {
        case .welcome: .welcome
        case .queued: .queued
        case .offering, .talking: .toagent
        case .ended: .ended
        }
    }
}
