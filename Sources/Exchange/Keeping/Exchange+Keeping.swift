import CallCenter
import SIP

/// Having kept what must outlive the process: each call whenever it has changed, before any message tells of it (DESIGN.md section
/// 2, the journal).
extension Exchange {
    /// Looks at the calls that the input at hand has had to do with.
    mutating func keepChanged() {
        agent.takeChangedOwners(into: &keeper.owners)
        for owner in keeper.owners {
            if let call = calls[CallID(owner: owner)] { keepIfChanged(call) }
        }
        keeper.owners.removeAll(keepingCapacity: true)
        while keeper.touchedDone < touched.count {
            if let call = calls[touched[keeper.touchedDone]] { keepIfChanged(call) }
            keeper.touchedDone += 1
        }
    }

    private func keepIfChangedMark(_ call: Call) -> CallMark? {
        let mark = mark(of: call)
        return call.mark == mark ? nil : mark
    }

    private mutating func keepIfChanged(_ call: Call) {
        guard let mark = keepIfChangedMark(call) else { return }
        keep(call, mark)
    }

    private mutating func keep(_ call: Call, _ mark: CallMark) {
        guard let kept = kept(call) else { return }
        call.mark = mark
        call.keptInPass = keeper.pass
        effects.kept.append(.call(key: call.key, number: call.facts.number, encoded: kept.encoded))
    }

    /// The call is over, and its record written.
    mutating func forgetKept(_ call: Call) {
        effects.kept.append(.callEnded(key: call.key, number: call.facts.number))
    }

    /// An agent has become free or gone into wrap-up: where that leaves him, the next process must know.
    mutating func keep(_ change: AgentChange) {
        guard change.state != .incall, let freeSince = center.freeSince(ofAgent: change.agentID) else { return }
        effects.kept.append(
            .agent(
                KeptAgent(
                    id: change.agentID,
                    freeSince: freeSince + wallOffset,
                    wrapupEnds: change.wrapupEnds.map { $0 + wallOffset }
                )
            )
        )
    }

    // MARK: Passes

    /// Begins to have everything kept anew that is not kept otherwise from now on: when that is done, what was kept before is not
    /// needed any more.
    package mutating func beginKeepingAll() {
        keeper.pass &+= 1
        keeper.calls = calls.handles.reversed()
        keeper.nextAgent = 0
    }

    /// Goes on with that; so many calls and agents at most.
    ///
    /// - Returns: whether all of them are kept.
    package mutating func keepMore(atMost count: Int, now: Milliseconds) -> Bool {
        self.now = now
        for _ in 0..<count {
            guard let id = keeper.calls.popLast() else { break }
            guard let call = calls[id], call.keptInPass != keeper.pass else { continue }
            keep(call, mark(of: call))
        }
        guard keeper.calls.isEmpty else { return false }
        let end = min(keeper.nextAgent.addingReportingOverflow(count).partialValue, center.agentCount)
        guard keeper.nextAgent < end else { return true }
        for agent in center.restorableAgents(keeper.nextAgent..<end) {
            effects.kept.append(
                .agent(
                    KeptAgent(
                        id: agent.id,
                        freeSince: agent.freeSince + wallOffset,
                        wrapupEnds: agent.wrapupEnds.map { $0 + wallOffset }
                    )
                )
            )
        }
        keeper.nextAgent = end
        return end == center.agentCount
    }

    // MARK: Making

    private func mark(of call: Call) -> CallMark {
        CallMark(
            number: call.facts.number,
            stage: keptStage(of: call),
            isAnswered: call.isAnswered,
            isMediaUp: call.media?.isUp ?? false,
            hasTriedFirstLeg: call.hasTriedFirstLeg,
            connected: call.connected,
            awaitsCallersAnswer: call.awaitsCallersAnswer,
            arrival: center.place(of: call.ref)?.arrival ?? 0,
            offersMade: call.offersMade,
            refusals: call.refusals,
            caller: agent.mark(of: call.caller),
            media: call.media.flatMap { agent.mark(of: $0.leg) },
            previousMedia: (call.previousMedia?.leg ?? call.replacing?.leg).flatMap { agent.mark(of: $0) },
            briefing: (call.briefing?.leg ?? call.transfer?.leg).flatMap { agent.mark(of: $0) },
            agent: (call.offer?.leg ?? call.talk?.leg).flatMap { agent.mark(of: $0) }
        )
    }

    /// What is to be kept of a call; nil if its caller is gone already.
    func kept(_ call: Call) -> KeptCall? {
        guard let caller = agent.kept(call.caller), !call.hasEnded else { return nil }
        var kept = KeptCall(
            key: call.key,
            uuid: call.facts.uuid,
            number: call.facts.number,
            callerUser: call.facts.callerUser,
            callerDisplayName: call.facts.callerDisplayName,
            callerURI: call.facts.callerURI,
            calledURI: call.facts.calledURI,
            hopsLeft: call.facts.hopsLeft,
            received: call.facts.receivedWall,
            flowID: call.flow.id,
            skill: call.flow.skill,
            priority: call.flow.priority,
            messageQueue: call.flow.messageQueue,
            flowsBefore: call.flowsBefore,
            stage: keptStage(of: call),
            place: keptPlace(of: call),
            isAnswered: call.isAnswered,
            hasTriedFirstLeg: call.hasTriedFirstLeg,
            offersMade: call.offersMade,
            refusals: call.refusals,
            callIDs: call.callIDs,
            caller: caller
        )
        kept.passedHeaders = call.facts.passedHeaders
        kept.maxWait = call.timers.deadline(.maxWait).map { $0 + wallOffset }
        kept.welcomeMax = call.timers.deadline(.welcomeMax).map { $0 + wallOffset }
        kept.maxDuration = call.timers.deadline(.maxDuration).map { $0 + wallOffset }
        let legs: [(KeptCall.Role, LegID?)] = [
            (.media, call.media?.leg),
            // What a restart cuts short is kept as well, so that its far end is told: whoever the caller is being handed on to, and
            // who is to take somebody's place. A talk has neither of those whose parts they get.
            (.previousMedia, call.previousMedia?.leg ?? call.replacing?.leg),
            (.briefing, call.briefing?.leg ?? call.transfer?.leg),
            (.agent, call.offer?.leg ?? call.talk?.leg),
        ]
        for (role, id) in legs {
            guard let id, let leg = agent.kept(id) else { continue }
            kept.legs.append(KeptCall.Leg(role: role, leg: leg))
            if call.connected == id { kept.connected = role }
            if call.awaitsCallersAnswer == id { kept.awaitsCallersAnswer = role }
        }
        if let media = call.media {
            switch media.purpose {
            case .welcome: kept.mediaPurpose = .welcome
            case .hold: kept.mediaPurpose = .hold
            case .dissuading: kept.mediaPurpose = .dissuading
            case .overflow: kept.mediaPurpose = .overflow
            }
            kept.isMediaUp = media.isUp
        }
        return kept
    }

    private func keptPlace(of call: Call) -> Center.Place {
        var place = center.place(of: call.ref) ?? Center.Place()
        place.arrived += wallOffset
        return place
    }

    private func keptStage(of call: Call) -> KeptCall.Stage {
        switch call.stage {
        case .welcome: .welcome
        case .queued, .ended: .queued
        case .dissuading(let isFinal): .dissuading(isFinal: isFinal)
        case .offering(let offer): .offering(agentID: offer.agentID, number: offer.number)
        case .talking(let talk):
            .talking(agentID: talk.agentID, answered: talk.answered + wallOffset, pickup: talk.pickup)
        case .leaving(let target): .leaving(to: target)
        case .transferred: .transferred
        }
    }
}
