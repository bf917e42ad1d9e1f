import CallCenter
import SIP

/// From the INVITE to the welcome (CALLS.md section 1, steps 2 and 3).
extension Exchange {
    /// A new INVITE that SIP has nothing against: `cc_handle_call` of the reference manual.
    mutating func arrive(_ leg: LegID, _ invite: Message) {
        // A part of a call that is there.
        if let outcome = agent.replaced(by: invite) { return replace(leg, invite, outcome) }
        guard !isShuttingDown, !isProvisioningAwaited else {
            agent.refuse(leg, status: 503, retryAfter: 5, now: now)
            return
        }
        if let login = firstMatch(for: invite)?.0.agentLogin {
            logIn(callerOf: invite, login, leg)
            return
        }
        switch flow(for: invite) {
        case .failure(let failure):
            counters.count(failure.outcome)
            let answer = configuration.answer(for: failure.outcome)
            note(
                .notRouted(
                    failure.outcome,
                    flowID: failure.flowID,
                    answer: answer,
                    source: agent.source(of: leg)
                )
            )
            switch answer {
            case .status(let status): agent.refuse(leg, status: status, now: now)
            case .redirect(let uri): agent.refuse(leg, status: 302, contact: uri, now: now)
            case .bridge(let uri):
                guard !bridge(leg, invite, to: uri) else { return }
                agent.refuse(leg, status: failure.outcome.defaultStatus, now: now)
            }
        case .success(let flow):
            start(leg, invite, flow: flow)
        }
    }

    private mutating func start(_ leg: LegID, _ invite: Message, flow: FlowRef) {
        let facts = facts(of: invite, from: leg)
        let definition = center.sharedDefinition(of: flow)
        guard let definition, let id = calls.nextHandle,
            let ref = try? center.admit(
                flow: flow,
                number: facts.number,
                owner: id.owner,
                callerUser: configuration.callerMask.hide(facts.callerUser),
                callerDisplayName: configuration.callerMask.hide(facts.callerDisplayName),
                now: now
            )
        else {
            counters.overloaded += 1
            note(.overloaded(source: agent.source(of: leg)))
            agent.refuse(leg, status: 503, retryAfter: 5, now: now)
            return
        }
        let call = Call(
            id: id,
            facts: facts,
            caller: leg,
            ref: ref,
            flow: definition,
            scenario: configuration.scenario,
            side: .unanswered(offer: agent.remoteOffer(of: leg))
        )
        _ = calls.insert(call)
        touched.append(call.id)
        counters.count(.accepted)
        agent.setOwner(call.id.owner, of: leg)
        agent.keepAlive(leg, now: now)
        call.callIDs.append(agent.callID(of: leg))
        noteArrival(of: call)
        arm(.maxWait, of: call, in: definition.maxWait ?? configuration.maxWait)
        if definition.messageWelcome != nil {
            noteState(of: call)
            callMedia(.welcome, for: call)
        } else {
            distribute(call)
        }
    }

    private mutating func facts(of invite: Message, from leg: LegID) -> CallFacts {
        let uri = invite.copy(of: invite.from.uri)
        let parsed = try? URI(parsing: uri)
        let user = parsed?.user ?? []
        return CallFacts(
            uuid: mintUUID(),
            number: nextNumber(),
            callerUser: String(decoding: user, as: UTF8.self),
            callerDisplayName: String(decoding: invite.from.displayNameText(in: invite.bytes), as: UTF8.self),
            callerURI: parsed?.withoutHeaders.bytes ?? uri,
            calledURI: invite.requestURI.map { invite.copy(of: $0) } ?? [],
            hopsLeft: invite.hopsLeft,
            passedHeaders: passedHeaders(of: invite, from: leg),
            received: now,
            receivedWall: now + wallOffset
        )
    }

    /// 128 random bits as 32 hexadecimal digits.
    mutating func mintUUID() -> String {
        var digits: [UInt8] = []
        Token.append(random.next(), to: &digits)
        Token.append(random.next(), to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    /// 31 bits, beginning again at 1.
    mutating func nextNumber() -> Int32 {
        let number = nextCallNumber
        nextCallNumber = number == .max ? 1 : number + 1
        return number
    }

    mutating func noteArrival(of call: Call) {
        note(
            .callArrived(
                number: call.facts.number,
                uuid: call.facts.uuid,
                flowID: call.flow.id,
                caller: configuration.callerMask.hide(call.facts.callerUser)
            )
        )
    }

    /// The welcome is over, or there is none: to an agent, or into the queue (step 4).
    mutating func distribute(_ call: Call) {
        call.stage = .queued
        call.isWaiting = false
        center.enqueue(call.ref, now: now, out: &distribution)
    }
}
