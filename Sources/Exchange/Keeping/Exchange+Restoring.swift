import CallCenter
import SIP

/// Going on with what an earlier process has had kept (DESIGN.md section 2, restart). Flows, agents and log-ins must be in force
/// already, and nothing may have happened yet.
///
/// Whoever talks goes on talking. Whoever waits keeps his place, his music if it was up, and gets it anew otherwise. What was in
/// the middle of a hand-over goes back to the nearest safe state: the agent's phone is let go, the caller waits at his place,
/// and is offered again at once.
extension Exchange {
    /// - Parameter lastAlive: when the earlier process was last known to live, time of day; nil if nobody knows.
    /// - Returns: how many calls were taken over, and how many could not be: their sockets are no more, or they ended while
    ///   nobody was there.
    package mutating func restore(
        calls kept: [KeptCall],
        agents keptAgents: [KeptAgent],
        lastAlive: Milliseconds? = nil,
        now: Milliseconds
    ) -> (restored: Int, lost: Int) {
        self.now = now
        // Of agents, as if they had only just become free: should we die on the way, what was kept before is to count.
        effects.kept.removeAll()
        let kept = withoutSecondTalks(kept).sorted { one, other in
            one.received == other.received ? one.key < other.key : one.received < other.received
        }
        var legs: [(leg: KeptLeg, owner: UInt64)] = []
        var restored: [(kept: KeptCall, call: Call)] = []
        for kept in kept {
            guard let id = calls.nextHandle else { break }
            let call = makeCall(kept, id: id)
            guard calls.insert(call) != nil else { break }
            restored.append((kept, call))
            legs.append((kept.caller, id.owner))
            for leg in kept.legs { legs.append((leg.leg, id.owner)) }
        }
        agent.restore(legs, now: now)
        enterCenter(restored)
        center.restore(
            agents: keptAgents.map { agent in
                Center.RestoredAgent(
                    id: agent.id,
                    freeSince: agent.freeSince - wallOffset,
                    wrapupEnds: agent.wrapupEnds.map { $0 - wallOffset }
                )
            },
            now: now,
            out: &distribution
        )
        let ringing = withdrawOffers(restored)
        var lost = 0
        for (kept, call) in restored {
            touched.append(call.id)
            call.overSince = end(of: kept, lastAlive: lastAlive)
            if !take(kept, into: call) { lost += 1 }
        }
        center.matchRestored(now: now, out: &distribution)
        for (agentRef, leg) in ringing { clear(agentRef, after: leg) }
        settle()
        for (_, call) in restored where calls[call.id] === call { giveMedia(call) }
        settle()
        keepAgents()
        return (restored.count - lost, lost)
    }

    /// Two calls cannot have the same agent; should damage say so, the one that began later is right.
    private func withoutSecondTalks(_ kept: [KeptCall]) -> [KeptCall] {
        var latest: [String: Milliseconds] = [:]
        for call in kept {
            guard case .talking(let agentID, let answered, _) = call.stage else { continue }
            latest[agentID] = max(latest[agentID] ?? answered, answered)
        }
        var seen = Set<String>()
        return kept.filter { call in
            guard case .talking(let agentID, let answered, _) = call.stage else { return true }
            return latest[agentID] == answered && seen.insert(agentID).inserted
        }
    }

    private func makeCall(_ kept: KeptCall, id: CallID) -> Call {
        let facts = CallFacts(
            uuid: kept.uuid,
            number: kept.number,
            callerUser: kept.callerUser,
            callerDisplayName: kept.callerDisplayName,
            callerURI: kept.callerURI,
            calledURI: kept.calledURI,
            hopsLeft: kept.hopsLeft,
            passedHeaders: kept.passedHeaders,
            received: kept.received - wallOffset,
            receivedWall: kept.received
        )
        let call = Call(
            id: id,
            key: kept.key,
            facts: facts,
            caller: kept.caller.id,
            ref: CallRef(slot: 0, generation: 0),
            flow: center.flow(named: kept.flowID).flatMap { center.sharedDefinition(of: $0) }
                ?? Shared(definition(of: kept)),
            scenario: configuration.scenario,
            side: kept.isAnswered ? .answered : .unanswered(offer: nil)
        )
        call.flowsBefore = kept.flowsBefore
        call.hasTriedFirstLeg = kept.hasTriedFirstLeg
        call.offersMade = kept.offersMade
        call.refusals = kept.refusals
        call.callIDs = kept.callIDs
        return call
    }

    /// Of a flow that is provisioned no more: what its calls still need.
    private func definition(of kept: KeptCall) -> FlowDefinition {
        FlowDefinition(
            id: kept.flowID,
            priority: kept.priority,
            skill: kept.skill,
            messageQueue: kept.messageQueue
        )
    }

    private mutating func enterCenter(_ restored: [(kept: KeptCall, call: Call)]) {
        let references = center.restore(
            calls: restored.map { kept, call in
                Center.RestoredCall(
                    flowID: kept.flowID,
                    definition: definition(of: kept),
                    number: kept.number,
                    owner: call.id.owner,
                    callerUser: kept.callerUser,
                    callerDisplayName: kept.callerDisplayName,
                    since: call.facts.received,
                    phase: phase(of: kept),
                    place: kept.place.shifted(by: -wallOffset)
                )
            },
            now: now,
            out: &distribution
        )
        for ((kept, call), reference) in zip(restored, references) {
            call.ref = reference.call
            guard case .talking(let agentID, let answered, let pickup) = kept.stage, let agentRef = reference.agent
            else { continue }
            call.stage = .talking(
                Call.Talk(
                    agent: agentRef,
                    agentID: agentID,
                    // Without it there is nobody to talk to, which is found soon.
                    leg: kept.leg(.agent)?.id ?? call.caller,
                    answered: answered - wallOffset,
                    pickup: pickup,
                    number: kept.offersMade
                )
            )
        }
    }

    private func phase(of kept: KeptCall) -> Center.RestoredCall.Phase {
        switch kept.stage {
        case .welcome: .welcome
        case .queued, .offering: .queued
        case .dissuading(let isFinal): .dissuading(isFinal: isFinal)
        case .leaving: .leaving
        case .transferred: .transferred
        case .talking(let agentID, let answered, _):
            .talking(agentID: agentID, since: answered - wallOffset)
        }
    }

    /// Joins the call to its legs and starts its timers. False if it is over, since one of them is nowhere any more.
    private mutating func take(_ kept: KeptCall, into call: Call) -> Bool {
        if case .unanswered = call.callerSide {
            call.callerSide = .unanswered(offer: agent.remoteOffer(of: call.caller))
        }
        switch kept.stage {
        case .talking: break
        case .welcome: call.stage = .welcome
        case .queued: call.stage = .queued
        case .dissuading(let isFinal): call.stage = .dissuading(isFinal: isFinal)
        case .leaving(let target): call.stage = .leaving(to: target)
        case .transferred(let target):
            call.stage = .transferred
            call.handedOnTo = target
        case .offering:
            call.stage = .queued
            if let leg = kept.leg(.agent) { agent.hangUp(leg.id, status: 480, now: now) }
        }
        takeMedia(kept, into: call)
        for role in [KeptCall.Role.briefing, .previousMedia] {
            if let leg = kept.leg(role) { agent.hangUp(leg.id, status: 480, now: now) }
        }
        if kept.connected == .agent, let talk = call.talk { call.connected = talk.leg }
        if let role = kept.awaitsCallersAnswer, let leg = kept.leg(role)?.id, call.connected == leg {
            call.awaitsCallersAnswer = leg
        }
        let mayDiffer = takeRelay(kept, into: call)
        if let end = kept.maxWait.map({ $0 - wallOffset }), end <= call.overSince ?? now, call.flow.overflowURI == nil {
            call.overSince = end
            expired(.maxWait, of: call)
            return false
        }
        // One whose answer was waiting for something of his, and got lost with the process, cannot be answered again.
        let isLost = kept.isAnswered && kept.caller.phase == .invited
        guard call.overSince == nil, !isLost, agent.isAlive(call.caller) else {
            callerLeft(call, by: .system)
            return false
        }
        arm(.maxDuration, of: call, until: kept.maxDuration)
        if let talk = call.talk {
            guard talk.leg != call.caller, agent.isAlive(talk.leg) else {
                finish(call, talk: talk, by: .system)
                return false
            }
        } else if case .transferred(to: nil) = kept.stage, call.media == nil {
            endTransferred(call)
            return false
        }
        if let end = kept.maxWait, end <= now + wallOffset {
            // Now and not when its timer fires: no agent is to be called for him in between.
            expired(.maxWait, of: call)
        } else {
            arm(.maxWait, of: call, until: kept.maxWait)
            if !call.timers.isAnyRunning { arm(.maxDuration, of: call, in: configuration.maxCallDuration) }
        }
        if !call.hasEnded { takeChanges(kept, into: call, mayDiffer: mayDiffer) }
        return true
    }

    /// Agents whose phones ring, or who have picked up and were not joined yet: they are not to be had until those are free again.
    /// All of them, before anybody is offered anything.
    private mutating func withdrawOffers(_ restored: [(kept: KeptCall, call: Call)]) -> [(AgentRef, LegID)] {
        restored.compactMap { kept, _ in
            guard case .offering(let agentID, _) = kept.stage, let leg = kept.leg(.agent)?.id, agent.isAlive(leg),
                let agentRef = center.restoreClearing(agentID: agentID, now: now, out: &distribution)
            else { return nil }
            return (agentRef, leg)
        }
    }

    /// Music and announcements that the caller hears go on; what was only being called is let go, and called again.
    private mutating func takeMedia(_ kept: KeptCall, into call: Call) {
        guard let leg = kept.leg(.media), let purpose = kept.mediaPurpose else { return }
        let mayGoOn: Bool
        switch (call.stage, purpose) {
        case (.welcome, .welcome), (.queued, .hold), (.dissuading, .dissuading), (.transferred, .overflow):
            mayGoOn = kept.isMediaUp && leg.phase == .established && agent.isAlive(leg.id)
        default: mayGoOn = false
        }
        guard mayGoOn else {
            agent.hangUp(leg.id, status: 480, now: now)
            return
        }
        let played: Call.MediaLeg.Purpose
        switch purpose {
        case .welcome: played = .welcome
        case .hold: played = .hold
        case .dissuading: played = .dissuading
        case .overflow: played = .overflow
        }
        call.media = Call.MediaLeg(leg: leg.id, purpose: played, isUp: true)
        if kept.connected == .media { call.connected = leg.id }
        if played.isAnnouncement {
            arm(.welcomeMax, of: call, until: kept.welcomeMax ?? now + wallOffset + configuration.welcomeMax)
        }
    }

    /// Calls what the call is to hear and does not.
    private mutating func giveMedia(_ call: Call) {
        guard call.media == nil else {
            guard case .queued = call.stage else { return }
            // Whoever goes on waiting as before is not told so again.
            if call.isAnswered { call.isWaiting = true } else { wait(call) }
            return
        }
        switch call.stage {
        case .queued: wait(call)
        case .welcome:
            if call.flow.messageWelcome != nil { callMedia(.welcome, for: call) } else { distribute(call) }
        case .dissuading:
            if call.flow.dissuading != nil { callMedia(.dissuading, for: call) } else { dissuadingOver(of: call) }
        case .leaving: callMedia(.overflow, for: call)
        case .offering: if call.isAnswered { ensureHold(call) }
        case .transferred: callMedia(.overflow, for: call)
        case .talking, .ended: break
        }
    }

    /// Until a moment of the wall clock; at once if it is over.
    private mutating func arm(_ timer: CallTimer, of call: Call, until moment: Milliseconds?) {
        guard let moment else { return }
        arm(timer, of: call, in: max(0, moment - wallOffset - now))
    }
}
