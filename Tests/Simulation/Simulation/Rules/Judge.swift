import CallCenter
import Exchange
import SIP

/// The rules that hold after every event (CALLS.md sections 1 to 5), those that are looked at now and then, and those at the end.
struct Judge {
    /// What was broken, at most a handful: the first one counts.
    private(set) var findings: [Finding] = []
    var shadow: Shadow
    private var refusals = 0
    private(set) var calls = 0
    private(set) var events = 0
    /// Legs whose call is over.
    private var orphans: [LegID: Orphan] = [:]

    /// Since when that has been seen, and since when it has owed or awaited what it does now.
    private struct Orphan {
        var since: Milliseconds
        var debt: LegDebt
        var debtSince: Milliseconds
    }

    /// The longest time by which a leg has outlived its call, as far as was looked.
    private(set) var longestAfterlife: Milliseconds = 0
    private let limits: ExchangeConfiguration
    /// What had been counted when the core of now began, whose own counters began at 0.
    private var base = Counts()

    private struct Counts {
        var calls = 0
        var outcomes = [0, 0, 0, 0]
    }

    /// When deadlines are looked at next.
    private var nextLook: Milliseconds = 0
    init(shadow: Shadow, limits: ExchangeConfiguration) {
        self.shadow = shadow
        self.limits = limits
    }

    mutating func complain(_ what: String, about: [String] = [], at now: Milliseconds) {
        if findings.count < 8 { findings.append(Finding(at: now, text: what, about: about)) }
    }

    // MARK: After every event

    mutating func hear(_ effects: Effects, of exchange: inout Exchange, at now: Milliseconds, after cause: Cause) {
        events += 1
        var found: [(String, [String])] = []
        // A call may come, be refused and end within one input; records and notices are told apart from each other.
        for notice in effects.notices {
            guard case .callArrived = notice else { continue }
            calls += 1
            shadow.hear(notice, now: now) { found.append(($0, $1)) }
        }
        for record in effects.records {
            check(record, now: now) { found.append(($0, $1)) }
            if record.wait < 0 || record.pickup < 0 || record.talk < 0 {
                found.append(("a time below 0: \(record)", []))
            }
            if record.offerNumber != 0, record.callType == .answered {
                if shadow.handedOver.removeValue(forKey: Int(record.callNumber)) == nil {
                    found.append(("call \(record.callNumber) has a record of a talk that goes on", [record.caller]))
                }
            } else if record.offerNumber != 0 {
                shadow.recorded(refusal: Int(record.callNumber))
            } else if shadow.recorded(final: Int(record.callNumber), rejected: record.refusals) != 1 {
                found.append(("call \(record.callNumber) has two final records, or never came", [record.caller]))
            }
        }
        for notice in effects.notices {
            if case .callArrived = notice { continue }
            shadow.hear(notice, now: now) { found.append(($0, $1)) }
            switch notice {
            case .callEnded(let number, _, _, _, _):
                let call = shadow.call(number)
                if call?.finals != 1 { found.append(("call \(number) ended without a record", [call?.caller ?? ""])) }
                if call?.refusals != call?.rejected {
                    found.append(("call \(number): wrong number of refusals in its record", [call?.caller ?? ""]))
                }
                if call?.refusals != call?.refusalRecords {
                    found.append(("call \(number) was refused more often than recorded", [call?.caller ?? ""]))
                }
            case .refused: refusals += 1
            case .agentLoggedInByCall(let agentID, _):
                if case .message(let station) = cause, station.label == agentID { break }
                found.append(("\(agentID) is logged in or off by somebody else's call", [agentID]))
            case .repaired(let what): found.append(("repaired: \(what)", []))
            case .unreadable(let error, let source):
                if source.address.low >> 20 & 0xF != UInt64(Station.Kind.stranger.rawValue) {
                    found.append(("the core could not read a message: \(error)", []))
                }
            default: break
            }
        }
        if !effects.notices.isEmpty { shadow.checkAfterInput(now: now) { found.append(($0, $1)) } }
        for broken in exchange.checkTouched() { found.append((broken, caller(in: broken))) }
        for (what, about) in found { complain("\(what) (after \(cause))", about: about, at: now) }
        if events % 1_000 == 0 { look(at: &exchange, now: now) }
        if now >= nextLook {
            lookAtDeadlines(now: now)
            nextLook = now + 2_000
        }
    }

    /// CALLS.md section 5: what the row says is what was seen to happen.
    private func check(_ record: CallDetailRecord, now: Milliseconds, complain: (String, [String]) -> Void) {
        guard let call = shadow.handedOver[Int(record.callNumber)] ?? shadow.call(record.callNumber) else { return }
        var wrong: [String] = []
        func expect(_ holds: Bool, _ name: String) { if !holds { wrong.append(name) } }
        expect(record.flowID == "f\(call.flow)", "flow_id")
        expect(record.caller == call.caller, "caller")
        if record.offerNumber == 0 || record.callType == .answered {
            if call.state == .talking {
                expect(record.callType == .answered, "call_type")
                expect(record.wait == call.since - call.received, "wait_time")
                expect(record.talk == now - call.since, "talk_time")
                expect(record.agentID == call.agent.map { "a\($0)" }, "agent_id")
            } else if record.callType != .answered {
                expect(record.talk == 0, "talk_time")
            }
        } else {
            expect(record.callType == .refused && record.talk == 0, "call_type")
            expect(record.refusals == call.refusalRecords, "rejected")
        }
        if !wrong.isEmpty { complain("call \(record.callNumber): wrong \(wrong) in \(record)", [call.caller]) }
    }

    // MARK: Restarts

    /// The core has died, and another goes on.
    mutating func restart(with policy: Policy, now: Milliseconds) {
        base = Counts(calls: calls, outcomes: outcomes)
        orphans = [:]
        shadow.restart(with: policy, now: now)
    }

    /// Offers, and how calls ended.
    private var outcomes: [Int] { [shadow.offers, shadow.answered, shadow.abandoned, shadow.failed] }

    // MARK: Now and then

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
    private mutating func lookAtDeadlines(now: Milliseconds) {
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
        // Whoever has just picked up has some time to be joined.
        let limit = (call.definition.maxWait ?? limits.maxWait) + 3 * limits.handOverTimeout
        if now - call.began > limit {
            complain("call \(number) waits for longer than it may", about: [call.caller], at: now)
        }
    }

    /// A leg outlives its call by what the RFC makes it wait for (`LegDebt`), each 64 x T1 at most.
    private mutating func lookForOrphans(in exchange: borrowing Exchange, now: Milliseconds) {
        var still: [LegID: Orphan] = [:]
        for (leg, debt) in exchange.legsWithoutCall() {
            var orphan = orphans[leg] ?? Orphan(since: now, debt: debt, debtSince: now)
            if orphan.debt != debt { (orphan.debt, orphan.debtSince) = (debt, now) }
            still[leg] = orphan
            longestAfterlife = max(longestAfterlife, now - orphan.since)
            if now - orphan.debtSince > 64 * 500 {
                complain("a leg outlives its call for \(debt) for \(now - orphan.debtSince) ms", at: now)
            }
            if now - orphan.since > 3 * 64 * 500 {
                complain("a leg outlives its call by \(now - orphan.since) ms", at: now)
            }
        }
        orphans = still
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

    /// `call 17: …` as the core's own invariants name it.
    private func caller(in text: String) -> [String] {
        guard text.hasPrefix("call "), let number = Int(text.dropFirst(5).prefix { $0.isNumber }),
            number < shadow.calls.count, let call = shadow.calls[number]
        else { return [] }
        return [call.caller]
    }
}

/// What the core was told.
enum Cause: CustomStringConvertible {
    case message(of: Station)
    case timer
    case login, reload, configuration, operation, restart

    /// Nobody but the core has seen it.
    var isFromOutside: Bool {
        switch self {
        case .message, .timer: true
        case .login, .reload, .configuration, .operation, .restart: false
        }
    }

    var description: String {
        switch self {
        case .message(let station): "a message of \(station.label)"
        case .timer: "a timer"
        case .login: "a log-in or log-off"
        case .reload: "a reload"
        case .configuration: "another configuration"
        case .operation: "an operation"
        case .restart: "a restart"
        }
    }
}
