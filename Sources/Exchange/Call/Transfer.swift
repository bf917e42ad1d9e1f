import CallCenter
import SIP

/// REFER while caller and agent talk: the agent hands the caller on (CALLS.md section 2, REFER; RFC 3515, RFC 5589).
///
///     REFER ──► 202, NOTIFY 100 ──► INVITE to the target ──► its offer to the caller in a re-INVITE, the answer in the ACK
///           ──► NOTIFY 200, BYE to the agent: his wrap-up; the caller and the target talk on (`transferred`)
///
/// Until the caller has been joined to the target he keeps the agent; if that comes to nothing, for good. An agent who hangs up
/// right behind his REFER has handed the caller on all the same.
extension Exchange {
    private enum Destination {
        /// One of ours, which the call enters as it is.
        case flow(FlowRef)
        /// Whom to call, and the value of the Replaces that he is to get.
        case address(URI, replaces: [UInt8]?)
    }

    mutating func refer(_ request: PeerRequest, from leg: LegID, of call: Call) {
        switch call.scenario.refer.policy {
        case .refuse: agent.answer(request, status: 603, now: now)
        case .relay: relay(request, from: leg, of: call)
        case .follow: follow(request, from: leg, of: call)
        }
    }

    private mutating func follow(_ request: PeerRequest, from leg: LegID, of call: Call) {
        // Callers hand nobody on: that would be calls to anywhere at our expense.
        guard call.talk?.leg == leg else { return agent.answer(request, status: 403, now: now) }
        // Whom he means must be the same for everybody who reads it: we judge it, and others send it on.
        guard let target = request.message.referTarget, !target.uri.repeatsParameter else {
            return agent.answer(request, status: 400, now: now)
        }
        guard call.transfer == nil, call.replacing == nil, !call.isBeingJoined else {
            return agent.answer(request, status: 491, now: now)
        }
        switch destination(of: target, from: leg, in: call.scenario) {
        case nil:
            agent.answer(request, status: 403, now: now)
        case .flow(let flow):
            let referral = agent.accept(refer: request, now: now)
            let isTaken = center.takesCalls(flow)
            agent.notify(referral, of: leg, status: isTaken ? 200 : 480, now: now)
            if isTaken { handOver(call, to: flow) }
        case .address(let uri, let replaces):
            let referral = agent.accept(refer: request, now: now)
            agent.notify(referral, of: leg, status: 100, now: now)
            transfer(call, to: uri, replaces: replaces, referral, request.message)
        }
    }

    /// Flows first; a dialog of ours that is to be replaced; then what the scenario allows (no toll fraud). nil: not to be called.
    private func destination(of target: ReferTarget, from leg: LegID, in scenario: Scenario) -> Destination? {
        guard let replaces = target.replaces else {
            if let flow = flow(reachedBy: target.uri, from: leg) { return .flow(flow) }
            return isAllowed(target.uri, in: scenario) ? .address(target.uri, replaces: nil) : nil
        }
        // Both ends of a consultation by way of us are here, whatever address it went by.
        if let own = agent.leg(replacedBy: replaces).flatMap({ agent.contact(of: $0) }) {
            return .address(own, replaces: replaces)
        }
        return isAllowed(target.uri, in: scenario) ? .address(target.uri, replaces: replaces) : nil
    }

    /// By a route, or by its name at an address of ours.
    private func flow(reachedBy uri: URI, from leg: LegID) -> FlowRef? {
        for route in configuration.routes where route.subject == .requestURI && route.agentLogin == nil {
            guard let match = route.pattern.match(uri.bytes[...]) else { continue }
            let id = route.flow ?? match.flow.map { String(decoding: unescaped($0), as: UTF8.self) }
            return id.flatMap { center.flow(named: $0) }
        }
        guard agent.isOurs(uri, on: leg), let user = uri.user else { return nil }
        return center.flow(named: String(decoding: user, as: UTF8.self))
    }

    private func isAllowed(_ uri: URI, in scenario: Scenario) -> Bool {
        if let patterns = scenario.refer.allowed {
            // A pattern is about the host: the INVITE must not go elsewhere.
            return uri.leadsToItsHost && patterns.contains { $0.match(uri.bytes[...]) != nil }
        }
        return center.agentID { location in
            URI(location).map { equalIgnoringCase($0.place, uri.place) } ?? false
        } != nil
    }

    // MARK: Somebody outside

    private mutating func transfer(
        _ call: Call,
        to uri: URI,
        replaces: [UInt8]?,
        _ referral: Referral,
        _ refer: Message
    ) {
        var headers: [ExtraHeader] = []
        if let replaces {
            headers.append(ExtraHeader(name: Array("Replaces".utf8), value: replaces))
            headers.append(ExtraHeader(name: Array("Require".utf8), value: Array("replaces".utf8)))
        }
        if let referrer = refer.first(.referredBy) {
            headers.append(ExtraHeader(name: Array("Referred-By".utf8), value: refer.copy(of: referrer)))
        }
        let description = call.scenario.offer == .early ? earlyOffer(for: call) : nil
        let leg = invite(uri.description, for: call, offering: description, adding: headers)
        call.transfer = Call.Transfer(
            leg: leg,
            target: uri.description,
            referral: referral,
            offered: description
        )
        guard let leg else { return transferFailed(call, status: 503) }
        agent.keepAlive(leg, now: now)
        arm(.transfer, of: call, in: configuration.agentRingTimeout)
    }

    mutating func handleTransfer(_ event: LegEvent, of call: Call) {
        guard let transfer = call.transfer, let talk = call.talk else { return }
        switch event {
        case .progress(_, let status, _):
            agent.notify(transfer.referral, of: talk.leg, status: status, now: now)
        case .answered(let leg, let description):
            guard let description else { return transferFailed(call, status: 488) }
            arm(.transfer, of: call, in: configuration.handOverTimeout)
            if transfer.offered != nil { agent.acknowledge(leg, relaying: nil, now: now) }
            join(leg, offer: description, isAgent: false, of: call)
        case .refused(_, let status):
            transferFailed(call, status: status)
        case .hungUp, .gone:
            transferFailed(call, status: 480)
        case .offered(let leg, _):
            agent.refuse(leg, status: 491, now: now)
        case .invited, .cancelled, .acknowledged, .offerCancelled, .modified, .modificationRefused, .requested,
            .released:
            break
        }
    }

    /// The target does not take the caller: the agent keeps him.
    mutating func transferFailed(_ call: Call, status: Int) {
        guard let transfer = call.transfer else { return }
        disarm(.transfer, of: call)
        call.transfer = nil
        if let leg = transfer.leg {
            forget(leg, of: call)
            agent.hangUp(leg, status: 480, now: now)
        }
        if let talk = call.talk { agent.notify(transfer.referral, of: talk.leg, status: status, now: now) }
    }

    /// The caller has the target.
    mutating func transferJoined(_ call: Call, answer: SessionDescription) {
        guard let transfer = call.transfer, let talk = call.talk, let leg = transfer.leg else { return }
        agent.notify(transfer.referral, of: talk.leg, status: 200, now: now)
        letGo(of: talk, in: call, to: transfer, isUp: true, by: .agent)
        align(leg, offered: transfer.offered, to: answer)
    }

    /// The agent has hung up, or is lost, while the target is being called: the caller waits for it without him.
    mutating func agentLeft(_ call: Call, behind transfer: Call.Transfer, by who: CallDetailRecord.EndedBy) {
        guard let talk = call.talk else { return }
        call.handedOnTo = transfer.target
        letGo(of: talk, in: call, to: transfer, isUp: false, by: who)
        if call.join?.leg != transfer.leg { arm(.mediaAnswer, of: call, in: configuration.agentRingTimeout) }
    }

    /// The agent's part is over, and recorded; for the caller it goes on under a deadline of its own.
    private mutating func letGo(
        of talk: Call.Talk,
        in call: Call,
        to transfer: Call.Transfer,
        isUp: Bool,
        by who: CallDetailRecord.EndedBy
    ) {
        guard let leg = transfer.leg else { return }
        disarm(.transfer, of: call)
        record(
            endOf: call,
            type: .answered,
            cause: "transferred",
            status: 200,
            facts: .answered,
            by: who,
            transferredTo: transfer.target,
            isOver: false
        )
        call.transfer = nil
        forget(talk.leg, of: call)
        agent.hangUp(talk.leg, status: 480, now: now)
        call.stage = .transferred
        call.media = Call.MediaLeg(leg: leg, purpose: .overflow, isUp: isUp, offered: isUp ? nil : transfer.offered)
        if isUp { call.connected = leg }
        center.transferred(call.ref, now: now, out: &distribution)
        clear(talk.agent, after: talk.leg)
        arm(.maxDuration, of: call, in: configuration.maxCallDuration)
        noteState(of: call)
    }

    // MARK: A flow of ours

    /// The same call in another flow: its UUID and number stay, its wait begins anew. The record of the talk has the number of its
    /// offer, since 0 is that of the last row of the call.
    private mutating func handOver(_ call: Call, to flow: FlowRef) {
        guard let talk = call.talk, let definition = center.sharedDefinition(of: flow) else { return }
        record(
            endOf: call,
            number: talk.number,
            type: .answered,
            cause: "transferred",
            status: 200,
            facts: .answered,
            by: .agent,
            transferredTo: definition.id,
            isOver: false
        )
        forget(talk.leg, of: call)
        agent.hangUp(talk.leg, status: 480, now: now)
        center.talkEnded(call.ref, now: now, out: &distribution)
        clear(talk.agent, after: talk.leg)
        call.stage = .queued
        call.flowsBefore = []
        enter(flow, definition, facts: call.facts.handedOver(now: now, wall: now + wallOffset), call)
    }
}
