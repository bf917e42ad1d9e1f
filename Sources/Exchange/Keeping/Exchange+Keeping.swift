import CallCenter
import SIP

/// Having kept what must outlive the process: each call whenever it has changed, before any message tells of it (DESIGN.md section
/// 2, the journal).
extension Exchange {
    /// Looks at the calls that the input at hand has had to do with. Those of which nobody is told anything now are kept a little
    /// later: what has reached nobody may be lost with the process.
    mutating func keepChanged() {
        keeper.turn &+= 1
        // A record of it tells of it as well, and so does an event: the next core must not write or publish another.
        let isTold = agent.hasDatagrams || !effects.records.isEmpty || !effects.notices.isEmpty
        keepQuietDue()
        agent.takeChangedOwners(into: &keeper.owners)
        for owner in keeper.owners { look(at: CallID(owner: owner), isTold: isTold) }
        keeper.owners.removeAll(keepingCapacity: true)
        while keeper.touchedDone < touched.count {
            look(at: touched[keeper.touchedDone], isTold: isTold)
            keeper.touchedDone += 1
        }
    }

    private mutating func look(at id: CallID, isTold: Bool) {
        guard let call = calls[id], call.lookedAt != keeper.turn else { return }
        call.lookedAt = keeper.turn
        if isTold || call.kept == nil {
            keepIfChanged(call)
        } else if !call.isQuiet {
            call.isQuiet = true
            keeper.addQuiet(id, now: now)
        }
    }

    /// Keeps what was to be kept a little later, and is due.
    mutating func keepQuietDue() { keepQuiet(until: now) }

    /// Has everything kept that is to be kept a little later: the process is about to end.
    package mutating func keepQuiet(now: Milliseconds) {
        self.now = now
        keepQuiet(until: .max)
    }

    private mutating func keepQuiet(until moment: Milliseconds) {
        while let id = keeper.nextQuiet(now: moment) {
            guard let call = calls[id] else { continue }
            call.isQuiet = false
            keepIfChanged(call)
        }
    }

    /// From now on the whole of a call is kept each time, for whoever cannot put changes together.
    package mutating func keepWholeCalls() { keeper.keepsWholeCalls = true }

    /// Something that was to be kept has found no room: what is kept of calls from now on must not build on it.
    package mutating func keepingFailed() { keeper.pass &+= 1 }

    private mutating func keepIfChanged(_ call: Call) {
        let mark = mark(of: call)
        // Compared where it is: as optionals both would be copied.
        if let kept = call.kept, kept.mark == mark { return }
        keep(call, mark)
    }

    private mutating func keep(_ call: Call, _ mark: CallMark) {
        if !keeper.keepsWholeCalls, let before = call.kept, before.pass == keeper.pass,
            before.changes < Keeper.mostChanges,
            before.mark.number == mark.number, before.mark.flowsBefore == mark.flowsBefore,
            before.flowID == call.flow.id, before.mark.callIDs <= mark.callIDs
        {
            guard let change = change(of: call, since: before, mark) else { return }
            before.mark = mark
            before.changes += 1
            effects.kept.append(.callChanged(key: call.key, number: call.facts.number, encoded: change))
        } else {
            guard let kept = kept(call) else { return }
            call.kept = KeptState(mark: mark, flowID: call.flow.id, pass: keeper.pass)
            effects.kept.append(.call(key: call.key, number: call.facts.number, encoded: kept.encoded))
        }
    }

    /// Calls of flows that a reload has changed: should the flow be gone when they are restored, they go on by what it said last.
    mutating func keepAgain(callsOf flows: [String]) {
        guard !flows.isEmpty else { return }
        let changed = Set(flows)
        for id in calls.handles {
            guard let call = calls[id], changed.contains(call.flow.id) else { continue }
            call.kept = nil
            touched.append(id)
        }
    }

    /// The call is over, and its record written.
    mutating func forgetKept(_ call: Call) {
        effects.kept.append(.callEnded(key: call.key, number: call.facts.number))
    }

    // MARK: Passes

    /// Begins to have everything kept anew that is not kept otherwise from now on: when that is done, what was kept before is not
    /// needed any more.
    package mutating func beginKeepingAll() {
        keeper.pass &+= 1
        keeper.calls = calls.handles.reversed()
        keeper.lastAgent = nil
    }

    /// Goes on with that; so many calls and agents at most.
    ///
    /// - Returns: whether all of them are kept.
    package mutating func keepMore(atMost count: Int, now: Milliseconds) -> Bool {
        self.now = now
        for _ in 0..<count {
            guard let id = keeper.calls.popLast() else { break }
            guard let call = calls[id], call.kept?.pass != keeper.pass else { continue }
            keep(call, mark(of: call))
        }
        guard keeper.calls.isEmpty else { return false }
        // By name and not by place: an agent who goes meanwhile moves all behind him.
        let more = center.restorableAgents(after: keeper.lastAgent, atMost: count)
        for agent in more { keep(agent) }
        if let last = more.last { keeper.lastAgent = last.id }
        return more.count < count
    }

    // MARK: Making

    private func mark(of call: Call) -> CallMark {
        let previousMedia = call.previousMediaToKeep.flatMap { agent.mark(of: $0) }
        let briefing = call.briefingToKeep.flatMap { agent.mark(of: $0) }
        return CallMark(
            number: call.facts.number,
            stage: KeptCall.Stage.code(of: call.stage),
            isAnswered: call.isAnswered,
            isMediaUp: call.media?.isUp ?? false,
            hasTriedFirstLeg: call.hasTriedFirstLeg,
            connected: call.connected,
            awaitsCallersAnswer: call.awaitsCallersAnswer,
            rejoin: call.rejoin?.leg,
            arrival: center.arrival(of: call.ref) ?? 0,
            offersMade: UInt32(truncatingIfNeeded: call.offersMade),
            refusals: UInt32(truncatingIfNeeded: call.refusals),
            callIDs: UInt32(truncatingIfNeeded: call.callIDs.count),
            flowsBefore: UInt32(truncatingIfNeeded: call.flowsBefore.count),
            caller: agent.mark(of: call.caller),
            media: call.media.flatMap { agent.mark(of: $0.leg) },
            agent: call.agentToKeep.flatMap { agent.mark(of: $0) },
            others: previousMedia == nil && briefing == nil ? [] : [previousMedia, briefing]
        )
    }

    /// What is to be kept of a call; nil if its caller is gone already.
    func kept(_ call: Call) -> KeptCall? {
        guard let caller = agent.kept(call.caller), !call.hasEnded else { return nil }
        // What it waits by is the flow's as it is now; what it hears, as it was when it came.
        let flow = center.definition(ofCall: call.ref) ?? call.flow.value
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
            skill: flow.skill,
            priority: flow.priority,
            messageQueue: call.flow.messageQueue,
            flowsBefore: call.flowsBefore,
            callIDs: call.callIDs,
            course: course(of: call),
            caller: caller
        )
        kept.passedHeaders = call.facts.passedHeaders
        for (role, id) in legs(of: call) {
            guard let id, let leg = agent.kept(id) else { continue }
            kept.legs.append(KeptCall.Leg(role: role, leg: leg))
            kept.course.note(role, id, of: call)
        }
        return kept
    }

    /// What has changed of a call, as `KeptChange` reads it; nil if its caller is gone already. It is written as it is found: legs are
    /// large, and copies of them cost more than all the rest.
    private mutating func change(of call: Call, since before: KeptState, _ mark: CallMark) -> [UInt8]? {
        guard !call.hasEnded, let callersMark = mark.caller, agent.isKept(call.caller) else { return nil }
        keeper.writer.removeAll()
        keeper.writer.begin(
            changeOf: call.key,
            number: call.facts.number,
            order: before.changes + 1,
            callIDsBefore: Int(before.mark.callIDs),
            callIDs: call.callIDs
        )
        write(call.caller, isKnown: before.mark.holds(callersMark))
        var course = course(of: call)
        for (role, id) in legs(of: call) {
            guard let id, let legMark = mark.mark(of: id), agent.isKept(id) else { continue }
            keeper.writer.write(role, id)
            write(id, isKnown: before.mark.holds(legMark))
            course.note(role, id, of: call)
        }
        keeper.writer.end(with: course)
        return keeper.writer.bytes
    }

    /// A leg as it is, or that it is as it was kept before.
    private mutating func write(_ id: LegID, isKnown: Bool) {
        guard !isKnown, let leg = agent.kept(id) else { return keeper.writer.write(false) }
        keeper.writer.write(true)
        keeper.writer.write(leg)
    }

    private func legs(of call: Call) -> [(KeptCall.Role, LegID?)] {
        [
            (.media, call.media?.leg), (.previousMedia, call.previousMediaToKeep), (.briefing, call.briefingToKeep),
            (.agent, call.agentToKeep),
        ]
    }

    /// Without whom the caller hears.
    private func course(of call: Call) -> KeptCall.Course {
        var course = KeptCall.Course(
            stage: keptStage(of: call),
            place: keptPlace(of: call),
            isAnswered: call.isAnswered,
            hasTriedFirstLeg: call.hasTriedFirstLeg,
            offersMade: call.offersMade,
            refusals: call.refusals
        )
        course.isRejoining = call.rejoin != nil
        course.maxWait = call.timers.deadline(.maxWait).map { $0 + wallOffset }
        course.welcomeMax = call.timers.deadline(.welcomeMax).map { $0 + wallOffset }
        course.maxDuration = call.timers.deadline(.maxDuration).map { $0 + wallOffset }
        if let media = call.media {
            switch media.purpose {
            case .welcome: course.mediaPurpose = .welcome
            case .hold: course.mediaPurpose = .hold
            case .dissuading: course.mediaPurpose = .dissuading
            case .overflow: course.mediaPurpose = .overflow
            }
            course.isMediaUp = media.isUp
        }
        return course
    }

    private func keptPlace(of call: Call) -> Center.Place {
        (center.place(of: call.ref) ?? Center.Place()).shifted(by: wallOffset)
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
        case .transferred: .transferred(to: call.handedOnTo)
        }
    }
}

extension Call {
    // What a restart cuts short is kept as well, so that its far end is told: whoever the caller is being handed on to, and who is to
    // take somebody's place. A talk has neither of those whose parts they get.
    fileprivate var previousMediaToKeep: LegID? { previousMedia?.leg ?? replacing?.leg }
    fileprivate var briefingToKeep: LegID? { briefing?.leg ?? transfer?.leg }
    fileprivate var agentToKeep: LegID? { offer?.leg ?? talk?.leg }
}

extension KeptCall.Course {
    /// A leg of the call has this part.
    fileprivate mutating func note(_ role: KeptCall.Role, _ leg: LegID, of call: Call) {
        if call.connected == leg { connected = role }
        if call.awaitsCallersAnswer == leg { awaitsCallersAnswer = role }
    }
}

extension KeptCall.Stage {
    /// A number for each.
    fileprivate static func code(of stage: Call.Stage) -> UInt8 {
        switch stage {
        case .welcome: 0
        case .queued, .ended: 1
        case .transferred: 2
        case .dissuading(let isFinal): isFinal ? 4 : 3
        case .offering: 5
        case .talking: 6
        case .leaving: 7
        }
    }
}
