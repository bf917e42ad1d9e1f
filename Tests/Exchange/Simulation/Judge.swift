import CallCenter
import Exchange
import SIP

/// The rules that hold after every event (CALLS.md sections 1 to 5), and those at the end.
struct Judge {
    /// What was broken, at most a handful: the first one counts.
    private(set) var findings: [String] = []
    private(set) var records: [CallDetailRecord] = []
    private(set) var refusals = 0
    private var keys: Set<String> = []
    private var finals = 0
    private var events = 0
    /// Since when an answered caller has had no other leg.
    private var silentSince: [String: Milliseconds] = [:]
    /// The longest that a caller was without.
    private(set) var longestSilence: Milliseconds = 0

    mutating func complain(_ what: String, at now: Milliseconds) {
        if findings.count < 8 { findings.append("\(now): \(what)") }
    }

    mutating func hear(_ effects: Effects, at now: Milliseconds) {
        for record in effects.records {
            records.append(record)
            if record.offerNumber == 0 { finals += 1 }
            if !keys.insert("\(record.callUUID)-\(record.offerNumber)").inserted {
                complain("two records of call \(record.callNumber), offer \(record.offerNumber)", at: now)
            }
            if record.wait < 0 || record.pickup < 0 || record.talk < 0 {
                complain("a time below 0: \(record)", at: now)
            }
        }
        for notice in effects.notices {
            switch notice {
            case .repaired(let what): complain("repaired: \(what)", at: now)
            case .refused: refusals += 1
            case .unreadable(let error, _): complain("the core could not read a message: \(error)", at: now)
            default: break
            }
        }
    }

    mutating func look(at exchange: inout Exchange, now: Milliseconds, after cause: String) {
        for broken in exchange.checkInvariants() { complain("after \(cause): \(broken)", at: now) }
        events += 1
        // What the invariants do not hold already is looked at now and then: a snapshot takes its time.
        guard events % 16 == 0 else { return }
        let snapshot = exchange.snapshot(now: now)
        let counters = snapshot.totals.countersSinceStart
        let ended = counters.answered + counters.abandoned + counters.failures
        let alive = snapshot.totals.onHold + snapshot.totals.offering
        if counters.received != ended + UInt64(alive) {
            complain("after \(cause): \(counters.received) received, \(ended) ended, \(alive) alive", at: now)
        }
        if Int(counters.received) != finals + snapshot.calls.count {
            complain("after \(cause): \(counters.received) calls, \(finals) final records", at: now)
        }
        let served = snapshot.calls.compactMap(\.agentID).sorted()
        for (one, other) in zip(served, served.dropFirst()) where one == other {
            complain("after \(cause): \(one) has two calls", at: now)
        }
    }

    /// An answered caller is never without media for longer than a hand-over takes. To be called after `look`.
    mutating func listen(to callers: [Caller], _ others: [Station], now: Milliseconds) {
        guard events % 16 == 0 else { return }
        var heard: Set<String> = []
        for station in others {
            for session in station.sessions where session.phase == .up { heard.insert(session.caller) }
        }
        for caller in callers {
            guard let session = caller.session, session.phase == .up, !heard.contains(caller.name) else {
                silentSince[caller.name] = nil
                continue
            }
            let since = silentSince[caller.name] ?? now
            silentSince[caller.name] = since
            longestSilence = max(longestSilence, now - since)
        }
    }

    mutating func lookAtTheEnd(_ exchange: inout Exchange, now: Milliseconds) {
        let snapshot = exchange.snapshot(now: now)
        if !snapshot.calls.isEmpty { complain("\(snapshot.calls.count) calls are left", at: now) }
        if exchange.dialogsAlive > 0 { complain("\(exchange.dialogsAlive) dialogs are left", at: now) }
        if exchange.transactionsAlive > 0 { complain("\(exchange.transactionsAlive) transactions are left", at: now) }
        if exchange.timersRunning > 0 { complain("\(exchange.timersRunning) timers are left", at: now) }
        for agent in snapshot.agents where agent.state != .free { complain("\(agent.id) is \(agent.state)", at: now) }
        let rejected = records.filter { $0.callType == .refused }.count
        if rejected != refusals { complain("\(refusals) refusals, \(rejected) records of them", at: now) }
        if longestSilence > 8_000 { complain("a caller had no media for \(longestSilence) ms", at: now) }
    }
}
