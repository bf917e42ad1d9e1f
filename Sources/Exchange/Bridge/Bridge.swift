import CallCenter
import SIP

/// Two legs that talk without the distribution: a caller whom no flow takes and the URI that `handle_call_status` names
/// (CALLS.md section 1, step 2).
final class Bridge {
    let id: SlabHandle
    let caller: LegID
    let far: LegID
    /// What the caller has offered; nil if his INVITE had no SDP.
    let callersOffer: SessionDescription?
    /// As it was when the caller came.
    let scenario: Scenario
    /// The far side has answered.
    var isUp = false
    /// The far side's offer went in our 200: the caller's ACK carries the answer.
    var awaitsCallersAnswer = false
    /// A re-INVITE of one side that is on its way to the other.
    var relay: Call.Relay?
    /// The far side is to answer; later, the longest time that they may talk.
    var timer: TimerID?

    init(id: SlabHandle, caller: LegID, far: LegID, callersOffer: SessionDescription?, scenario: Scenario) {
        self.id = id
        self.caller = caller
        self.far = far
        self.callersOffer = callersOffer
        self.scenario = scenario
    }

    /// The leg on the other side.
    func peer(of leg: LegID) -> LegID { leg == caller ? far : caller }

    /// As legs carry it: told from the number of a call by its highest bit.
    static func owner(_ id: SlabHandle) -> UInt64 { mark | UInt64(id.index) << 32 | UInt64(id.generation) }

    /// nil for the owner of something else.
    static func id(owner: UInt64) -> SlabHandle? {
        guard owner & mark != 0, owner != .max else { return nil }
        return SlabHandle(
            index: UInt32(truncatingIfNeeded: (owner & ~mark) >> 32),
            generation: UInt32(truncatingIfNeeded: owner)
        )
    }

    private static let mark: UInt64 = 1 << 63
}

extension Exchange {
    /// Joins a caller whose INVITE is not answered yet to a URI. False if it leads nowhere, or there is no room.
    mutating func bridge(_ caller: LegID, _ invite: Message, to uri: URI) -> Bool {
        guard bridges.count < configuration.policy.maxCalls, let id = bridges.nextHandle else { return false }
        let offer = agent.remoteOffer(of: caller)
        var invitation = Invitation(
            target: uri,
            fromURI: invite.copy(of: invite.from.uri),
            displayName: String(decoding: invite.from.displayNameText(in: invite.bytes), as: UTF8.self),
            offer: offer,
            owner: Bridge.owner(id)
        )
        invitation.maxForwards = invite.hopsLeft
        invitation.headers = passedHeaders(of: invite, from: caller) + addedHeaders(by: uri)
        guard let far = agent.invite(invitation, now: now) else { return false }
        let bridge = Bridge(
            id: id,
            caller: caller,
            far: far,
            callersOffer: offer,
            scenario: configuration.scenario
        )
        _ = bridges.insert(bridge)
        agent.setOwner(Bridge.owner(id), of: caller)
        agent.keepAlive(caller, now: now)
        agent.keepAlive(far, now: now)
        arm(bridge, in: FixedTimes.bridgeRing)
        return true
    }

    mutating func handleBridge(_ event: LegEvent, _ bridge: Bridge) {
        let leg = event.leg
        switch event {
        case .progress(_, let status, let description):
            guard !bridge.isUp else { return }
            let description = bridge.scenario.relaysEarlyMedia ? description : nil
            agent.progress(bridge.caller, status: status, relaying: description, now: now)
        case .answered(_, let description):
            bridgeAnswered(description, bridge)
        case .refused(_, let status):
            end(bridge, status: statusForOthers(status))
        case .acknowledged(_, let description):
            bridgeAcknowledged(description, from: leg, bridge)
        case .offered(_, let description):
            bridgeOffered(description, from: leg, bridge)
        case .offerCancelled:
            guard let relay = bridge.relay, relay.from == leg, let reinvite = relay.reinvite else { return }
            agent.withdrawReinvite(reinvite, of: relay.to, now: now)
        case .modified(_, let reinvite, let description):
            bridgeModified(description, reinvite, from: leg, bridge)
        case .modificationRefused(_, let reinvite, let status):
            guard let relay = bridge.relay, relay.to == leg, relay.reinvite == reinvite else { return }
            bridge.relay = nil
            agent.refuse(relay.from, status: statusForOthers(status), now: now)
        case .cancelled(_, let reason), .hungUp(_, let reason):
            end(bridge, status: 480, reason: reason)
        case .gone:
            end(bridge, status: 480)
        case .requested(_, let request):
            guard bridge.scenario.relayed.contains(request.message.method) else {
                agent.answer(request, status: request.message.method == .notify ? 481 : 403, now: now)
                return
            }
            agent.pass(request, to: bridge.peer(of: leg), now: now)
        case .invited, .released:
            break
        }
    }

    /// The first answer of the far side: the caller gets it, or if he made no offer, the far side's.
    private mutating func bridgeAnswered(_ description: SessionDescription?, _ bridge: Bridge) {
        guard let description, !isUnlike(description, bridge.callersOffer) else {
            if description != nil {
                agent.refuse(bridge.caller, status: 488, warning: .incompatibleTransport, now: now)
            }
            end(bridge, status: 488)
            return
        }
        bridge.isUp = true
        arm(bridge, in: configuration.maxCallDuration)
        agent.accept(bridge.caller, relaying: description, now: now)
        if bridge.callersOffer == nil {
            bridge.awaitsCallersAnswer = true
        } else {
            agent.acknowledge(bridge.far, relaying: nil, now: now)
        }
    }

    private mutating func bridgeAcknowledged(
        _ description: SessionDescription?,
        from leg: LegID,
        _ bridge: Bridge
    ) {
        if bridge.awaitsCallersAnswer, leg == bridge.caller {
            bridge.awaitsCallersAnswer = false
            let isUsable = description.map { !isUnlike($0, agent.remoteDescription(of: bridge.far)) } ?? false
            agent.acknowledge(bridge.far, relaying: isUsable ? description : nil, now: now)
            // An ACK that owes the answer to an offer and has none that can be used: there is no session.
            if !isUsable { end(bridge, status: 488) }
        } else if let relay = bridge.relay, relay.from == leg, relay.awaitsAnswerInACK {
            bridge.relay = nil
            agent.acknowledge(relay.to, relaying: description, now: now)
        }
    }

    private mutating func bridgeOffered(_ description: SessionDescription?, from leg: LegID, _ bridge: Bridge) {
        guard bridge.isUp, bridge.relay == nil else {
            agent.refuse(leg, status: 491, now: now)
            return
        }
        let to = bridge.peer(of: leg)
        let reinvite = agent.reinvite(
            to,
            relaying: description,
            retriesOnGlare: false,
            prefersUpdate: agent.isUpdate(offerOf: leg),
            maxForwards: agent.hopsLeft(ofOfferFrom: leg),
            now: now
        )
        bridge.relay = Call.Relay(
            from: leg,
            to: to,
            reinvite: reinvite,
            awaitsAnswerInACK: false,
            hasOffer: description != nil
        )
    }

    private mutating func bridgeModified(
        _ description: SessionDescription?,
        _ reinvite: ReinviteID,
        from leg: LegID,
        _ bridge: Bridge
    ) {
        guard let relay = bridge.relay, relay.to == leg, relay.reinvite == reinvite, let description,
            !isUnlike(description, agent.remoteOffer(of: relay.from))
        else {
            if let relay = bridge.relay, relay.to == leg {
                bridge.relay = nil
                let warning: SessionWarning = description == nil ? .miscellaneous : .incompatibleTransport
                agent.refuse(relay.from, status: 488, warning: warning, now: now)
            }
            // An offer of the peer's must have an answer all the same.
            agent.acknowledge(leg, relaying: nil, now: now)
            return
        }
        agent.accept(relay.from, relaying: description, now: now)
        if relay.hasOffer {
            bridge.relay = nil
        } else {
            bridge.relay?.awaitsAnswerInACK = true
        }
    }

    // MARK: The end

    /// Lets go of both sides; a caller who is not answered yet gets the status.
    mutating func end(_ bridge: Bridge, status: Int, reason: [UInt8]? = nil) {
        if let timer = bridge.timer { agent.wheel.cancel(timer) }
        bridge.timer = nil
        bridges.remove(bridge.id)
        for leg in [bridge.far, bridge.caller] { agent.hangUp(leg, status: status, reason: reason, now: now) }
    }

    /// Nobody has answered in time, or they have talked for long enough.
    mutating func expired(_ bridge: Bridge) {
        bridge.timer = nil
        end(bridge, status: 480)
    }

    private mutating func arm(_ bridge: Bridge, in delay: Milliseconds) {
        if let timer = bridge.timer { agent.wheel.cancel(timer) }
        let token = TimerToken(
            layer: ExchangeTimer.layer,
            kind: ExchangeTimer.bridge.rawValue,
            index: bridge.id.index,
            generation: bridge.id.generation
        )
        bridge.timer = agent.wheel.schedule(token, at: now + delay)
    }
}
