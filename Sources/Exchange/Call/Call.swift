import CallCenter
import SIP

/// The Exchange's handle of a call; part of what its legs and timers carry.
typealias CallID = SlabHandle

extension CallID {
    /// As the legs of a call carry it.
    init(owner: UInt64) {
        self.init(index: UInt32(truncatingIfNeeded: owner >> 32), generation: UInt32(truncatingIfNeeded: owner))
    }

    var owner: UInt64 { UInt64(index) << 32 | UInt64(generation) }
}

/// One caller's call, from the INVITE until its last leg is let go (CALLS.md section 1).
///
/// ```
///  INVITE ──► welcome ──► queued ◄──► offering ──► talking ──► ended
///                │        ▲  │ │         ▲                       ▲
///                └────────┼──┼─┼─────────┘  an agent is free     │
///                  dissuading │                                  │
///                             └──► leaving ──► transferred ──────┘
/// ```
/// `talking` leads to `transferred`, too, or to `welcome` and `queued` of another flow, when the agent hands the caller on.
/// A reference type, since the legs of a call change it in turn while the Exchange's tables stay where they are; only the event
/// loop that owns the Exchange touches it.
final class Call {
    let id: CallID
    /// Another takes its place by INVITE with Replaces only.
    var caller: LegID
    /// These three change only when the call overflows into another flow.
    var facts: CallFacts
    var ref: CallRef
    /// As it was when the call arrived: a reload does not change a call's announcements.
    var flow: Shared<FlowDefinition>
    /// As it was when the call arrived.
    let scenario: Scenario

    var callerSide: CallerSide
    var stage = Stage.welcome {
        didSet { if case .queued = stage { return } else { isWaiting = false } }
    }
    /// It has been told to be queued, and has not been anything else since.
    var isWaiting = false
    /// What plays to the caller now, or is being called to do so.
    var media: MediaLeg?
    /// What the caller goes on hearing until `media` has been joined to him.
    @Rare var previousMedia: MediaLeg? = nil
    /// What the agent hears before he is joined to the caller.
    @Rare var briefing: Briefing? = nil
    /// The IDs of the flows that the call came from by overflow.
    var flowsBefore: [String] = []
    /// The leg whose description the caller was last given; whom re-INVITEs of the caller go to.
    var connected: LegID?
    /// A leg that offered and is being joined to the answered caller by a re-INVITE.
    var join: Join?
    /// A re-INVITE of one side that is on its way to the other.
    var relay: Relay?
    /// A target that the agent has asked us to hand the caller on to.
    @Rare var transfer: Transfer? = nil
    /// Such a target that has not answered yet, and whom the caller awaits without the agent.
    var handedOnTo: String?
    /// A leg that is to take the place of another.
    var replacing: Replacing?
    /// A re-INVITE that asks whoever talks to the caller, or plays to him, for an offer to join the two anew.
    var rejoin: OwnReinvite?
    /// A relayed re-INVITE that was taken back, or whose asker a restart has forgotten, and has had no final response yet: a 2xx may
    /// still come.
    var withdrawn: OwnReinvite?
    /// A leg that offered to a caller without SDP: the caller's ACK carries its answer.
    var awaitsCallersAnswer: LegID?

    /// When it ended, if no process was there to see it.
    var overSince: Milliseconds?

    /// Whose early media the unanswered caller has been given.
    var early: EarlyMedia?
    /// A leg has been called for the unanswered caller before: the next is another branch to him.
    var hasTriedFirstLeg = false
    var timers = CallTimers()
    var offersMade = 0
    /// The offer during whose hand-over the longest wait was over.
    var lastOffer: Int?
    var refusals = 0
    var holdFailures = 0
    var callIDs: [String] = []
    /// What the journal knows it by: the UUID that it got first.
    let key: String
    /// As it was when it was last kept.
    var kept: KeptState?
    /// In which turn it was last looked at for that.
    var lookedAt: UInt64 = 0
    /// It is among those that are kept a little later.
    var isQuiet = false

    /// - Parameter key: of a call of an earlier process.
    init(
        id: CallID,
        key: String? = nil,
        facts: CallFacts,
        caller: LegID,
        ref: CallRef,
        flow: Shared<FlowDefinition>,
        scenario: Scenario,
        side: CallerSide
    ) {
        self.id = id
        self.key = key ?? facts.uuid
        self.facts = facts
        self.caller = caller
        self.ref = ref
        self.flow = flow
        self.scenario = scenario
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
        /// Hears that waiting may be in vain; `isFinal`: the call ends after that.
        case dissuading(isFinal: Bool)
        case offering(Offer)
        case talking(Talk)
        /// Somebody who is no agent is being called in place of one: `media`.
        case leaving(to: String)
        /// Connected to him.
        case transferred
        case ended
    }

    /// An agent who has been reserved and called.
    struct Offer {
        let agent: AgentRef
        let agentID: String
        var leg: LegID
        /// 1 for the first of the call; half of the key of a refusal's record.
        let number: Int
        let started: Milliseconds
        var progress = Progress.ringing
        /// What his phone was offered in the name of an answered caller.
        @Rare var offered: SessionDescription? = nil

        enum Progress: Equatable {
            case ringing
            /// His time to answer is over and the CANCEL is on its way; a 200 that crosses it is taken.
            case cancelling
            /// His 200 has come, and he hears which queue the call comes from.
            case briefed(since: Milliseconds)
            /// His 200 has come, the caller's answer to its offer has not.
            case pickedUp(at: Milliseconds)
        }

        /// When his 200 came.
        var pickedUpAt: Milliseconds? {
            switch progress {
            case .ringing, .cancelling: nil
            case .briefed(let since): since
            case .pickedUp(let at): at
            }
        }

        /// The caller is to be joined to him now.
        var isJoining: Bool {
            if case .pickedUp = progress { true } else { false }
        }
    }

    struct Talk {
        let agent: AgentRef
        let agentID: String
        let leg: LegID
        let answered: Milliseconds
        let pickup: Milliseconds
        /// Of the offer that it came of.
        let number: Int

        /// The same with another phone.
        func with(leg: LegID) -> Talk {
            Talk(agent: agent, agentID: agentID, leg: leg, answered: answered, pickup: pickup, number: number)
        }
    }

    /// What a REFER of the agent asks for, until it has come to an end.
    struct Transfer {
        /// Of whom the caller is to be handed on to; nil if he cannot even be called.
        let leg: LegID?
        /// His URI, for the record.
        let target: String
        let referral: Referral
        /// What he was offered in the caller's name.
        @Rare var offered: SessionDescription? = nil
    }

    /// An INVITE with Replaces that has had no answer yet.
    struct Replacing {
        let leg: LegID
        let replaced: LegID
    }

    /// An announcement or hold music, or somebody who is no agent.
    struct MediaLeg {
        enum Purpose {
            case welcome, hold, dissuading
            /// Where the call goes when no agent takes it, or an agent hands it on.
            case overflow

            /// Ends by itself, after a while.
            var isAnnouncement: Bool { self == .welcome || self == .dissuading }
        }

        let leg: LegID
        let purpose: Purpose
        /// Joined to the caller.
        var isUp = false
        /// What it was offered in the answered caller's name, until his answer has been compared with it.
        @Rare var offered: SessionDescription? = nil
    }

    /// The leg that tells an agent which queue a call comes from.
    struct Briefing {
        /// nil: it is over.
        var leg: LegID?
        /// What the agent's 200 offered, until it has had its answer.
        var unanswered: SessionDescription?
        /// The re-INVITE that asks the agent for what the caller is to hear.
        var reinvite: ReinviteID?
    }

    /// A leg's offer that goes to the caller in a re-INVITE; the answer goes back in the leg's ACK (RFC 3725 flow I).
    struct Join {
        let leg: LegID
        let isAgent: Bool
        /// nil: the caller's leg is gone, as will be told.
        let reinvite: ReinviteID?
    }

    /// A re-INVITE of ours, by the leg that it was sent on.
    struct OwnReinvite: Equatable {
        let leg: LegID
        let id: ReinviteID
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

    var isTransferred: Bool {
        if case .transferred = stage { true } else { false }
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
        case .queued, .leaving: .queued
        case .dissuading(let isFinal): isFinal ? .dissuading2 : .dissuading1
        case .offering(let offer): if case .briefed = offer.progress { .preagent } else { .toagent }
        case .talking: .toagent
        case .transferred: .transferred
        case .ended: .ended
        }
    }
}
