import CallCenter
import Exchange
import SIP

/// The rules that are looked at now and then, and at the end.
extension Judge {
    mutating func look(at exchange: inout Exchange, now: Milliseconds) {
        for broken in exchange.checkInvariants() { complain(broken, about: caller(in: broken), at: now) }
        let snapshot = exchange.snapshot(now: now)
        let counters = snapshot.totals.countersSinceStart
        let ended = counters.answered + counters.abandoned + counters.failures
        let onTheWay = snapshot.totals.onHold + snapshot.totals.offering
        if counters.received + counters.restored != ended + UInt64(onTheWay) {
            complain("\(counters.received) received, \(ended) ended, \(onTheWay) on their way", at: now)
        }
        let counted = [counters.distributed, counters.answered, counters.abandoned, counters.failures].map(Int.init)
        let seen = zip(outcomes, base.outcomes).map { $0 - $1 }
        if counted != seen {
            complain("offers, answers, abandoned and failed calls: counted \(counted), seen \(seen)", at: now)
        }
        let came = calls - base.calls
        if Int(counters.received) != came { complain("\(came) calls came, \(counters.received) counted", at: now) }
        if snapshot.calls.count != shadow.alive.count {
            complain("\(snapshot.calls.count) calls are listed, \(shadow.alive.count) are alive", at: now)
        }
        let served = snapshot.calls.compactMap(\.agentID).sorted()
        for (one, other) in zip(served, served.dropFirst()) where one == other {
            complain("\(one) has two calls", about: [one], at: now)
        }
        for agent in snapshot.agents where !agent.isRemoved { look(at: agent, now: now) }
        lookAtDeadlines(now: now)
        lookForOrphans(in: exchange, now: now)
    }

    private mutating func look(at agent: CenterSnapshot.Agent, now: Milliseconds) {
        guard let index = agent.id.utf8.number(behind: 1) else { return }
        let known = shadow.agents[index]
        let state: AgentState = known.state == .free ? .free : known.state == .incall ? .incall : .wrapup
        if state != agent.state || known.isLoggedIn != agent.isLoggedIn {
            complain("\(agent.id) is \(agent.state), and was last said to be \(state)", about: [agent.id], at: now)
        }
        if known.state == .wrapup, now - known.since > max(known.wrapup, 1_000) {
            complain("\(agent.id) is stuck in his wrap-up", about: [agent.id], at: now)
        }
    }

    /// Every state of a call has a deadline.
    mutating func lookAtDeadlines(now: Milliseconds) {
        let announcement = limits.welcomeMax + limits.mediaAnswerTimeout
        for number in shadow.alive {
            guard let call = shadow.calls[number] else { continue }
            let limit: Milliseconds =
                switch call.state {
                case .welcome, .dissuaded: announcement
                case .waiting: limits.maxWait + limits.handOverTimeout
                case .returning, .over: 0
                case .offered: limits.agentRingTimeout + limits.handOverTimeout + 2_000
                case .briefed: announcement + limits.handOverTimeout
                // He has to answer, and the caller to be joined to him.
                case .leaving: limits.agentRingTimeout + 2 * 64 * 500
                case .talking, .elsewhere: limits.maxCallDuration
                }
            if now - call.since > limit {
                complain(
                    "call \(number) is still \(call.state) after \(now - call.since) ms",
                    about: [call.caller],
                    at: now
                )
            }
            lookAtDeadlines(of: call, number, now: now)
        }
    }

    private mutating func lookAtDeadlines(of call: Shadow.Call, _ number: Int, now: Milliseconds) {
        switch call.state {
        case .waiting:
            // A reload counts for what comes afterwards.
            guard let threshold = shadow.flows[call.flow].dissuading?.onHoldThreshold, call.dissuasions == 0,
                call.reloads == shadow.reloads, now > call.arrivedAt + threshold
            else { break }
            complain("call \(number) should have been dissuaded", about: [call.caller], at: now)
        case .welcome, .dissuaded, .returning, .offered, .briefed, .leaving, .talking, .elsewhere, .over: break
        }
        guard ![.briefed, .leaving, .talking, .elsewhere, .over].contains(call.state) else { return }
        // Whoever has just picked up has some time to be told which queue it is, and to be joined.
        let briefing = call.definition.briefs ? limits.welcomeMax + limits.mediaAnswerTimeout : 0
        let limit = (call.definition.maxWait ?? limits.maxWait) + briefing + 3 * limits.handOverTimeout
        if now - call.began > limit {
            complain("call \(number) waits for longer than it may", about: [call.caller], at: now)
        }
    }

    /// Nothing of a call outlives it by more than 64 x T1, besides legs that must wait for something before they can say BYE.
    mutating func lookForOrphans(in exchange: borrowing Exchange, now: Milliseconds) {
        var still: [LegID: Orphan] = [:]
        for (leg, debt) in exchange.legsWithoutCall() {
            var orphan = orphans[leg] ?? Orphan(since: now, debt: debt, limitSince: now)
            if Self.mayWaitAnew(for: debt, after: orphan.debt) { orphan.limitSince = now }
            orphan.debt = debt
            still[leg] = orphan
            longestAfterlife = max(longestAfterlife, now - orphan.since)
            if now - orphan.limitSince > 64 * 500 {
                complain("a leg outlives its call for \(debt) by \(now - orphan.since) ms", at: now)
            }
        }
        orphans = still
    }

    /// Where RFC 3261 itself needs more than 64 x T1 after the end of a call.
    private static func mayWaitAnew(for debt: LegDebt, after before: LegDebt) -> Bool {
        switch (before, debt) {
        // Section 9.1: no CANCEL before the INVITE has had a response, for which timer B waits (section 17.1.1.2); from then on the
        // final response has 64 x T1.
        case (.firstResponse, .cancellation): true
        // Sections 9.1 and 13.2.2.4: the INVITE is accepted all the same. That makes a dialog, which takes a BYE to end; the BYE has
        // timer F (section 17.1.2.2).
        case (.firstResponse, .farewell), (.cancellation, .farewell): true
        // Sections 13.3.1.4 and 15: no BYE before the ACK for our 2xx has come, or 64 x T1 are over; it has timer F then.
        case (.acknowledgement, .farewell): true
        default: false
        }
    }

    // MARK: At the end

    mutating func lookAtTheEnd(_ exchange: inout Exchange, _ store: RecordStore, now: Milliseconds) {
        look(at: &exchange, now: now)
        for (name, count) in exchange.holdings where count > 0 { complain("\(count) \(name) are left", at: now) }
        for number in shadow.alive {
            complain("call \(number) never ended", about: [shadow.calls[number]?.caller ?? ""], at: now)
        }
        for agent in exchange.snapshot(now: now).agents where agent.state != .free {
            complain("\(agent.id) is \(agent.state)", about: [agent.id], at: now)
        }
        if store.finals != calls { complain("\(calls) calls, \(store.finals) final records", at: now) }
        if store.refusals != refusals { complain("\(refusals) refusals, \(store.refusals) records of them", at: now) }
    }

}
