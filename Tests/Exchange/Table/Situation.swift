import CallCenter
import Exchange
import SIP

/// A call in a state of CALLS.md section 1, and what can be done to it. Where an INVITE has not been answered yet that makes a
/// state of its own.
final class Situation {
    enum State: String, CaseIterable {
        case welcomeRings = "welcome, unanswered"
        case welcome
        case queuedRings = "queued, unanswered"
        case queued
        case dissuading1
        case dissuading2
        case toagentRings = "toagent, unanswered"
        case toagent
        case joining = "toagent, joining"
        case preagent
        case talking = "toagent, talking"
        case rejoining = "toagent, joining anew"
        case handingOn = "toagent, handing on"
        case leaving = "queued, leaving"
        case transferred
        case handedOn = "transferred, handed on"
    }

    enum Event: String, CaseIterable {
        /// CANCEL before the answer, BYE after it.
        case callerEnds = "CANCEL or BYE of the caller"
        case refused = "refusal of whoever is called"
        case timeOut = "time-out"
        case networkDies = "silence of whoever is called or connected"
        case transportFails = "transport failure of whoever is called or connected"
        case mediaEnds = "media hang-up"
        case agentEnds = "BYE of the agent"
        case logOff = "agent log-off"
        case reloadFlow = "reload without the flow"
        case reloadAgent = "reload without the agent"
        case freeAgent = "operator frees the agent"
        case endCall = "operator ends the call"
        /// And what was to be kept until it is there again has found no room either.
        case databaseAway = "database away"
        case restart
    }

    let town: Town
    let state: State
    private let call: String
    private var logs: [(phone: Phone, seen: Int)] = []

    init(_ state: State) {
        self.state = state
        let agentless: Set<State> = [
            .queuedRings, .queued, .dissuading1, .dissuading2, .toagent, .joining, .leaving, .transferred, .preagent,
        ]
        town = Town(hasWelcome: state == .welcome || state == .welcomeRings, loggedIn: !agentless.contains(state)) {
            $0.policy.rejectOnNoAgents = false
            $0.agentRingTimeout = 10_000
            $0.maxWait = 50_000
            $0.welcomeMax = 20_000
            $0.maxCallDuration = 300_000
        } flow: { flow, phones in
            switch state {
            case .dissuading1, .dissuading2:
                flow.dissuading = .init(
                    message: phones.dissuading,
                    hangsUp: state == .dissuading2,
                    onHoldThreshold: 1_000
                )
            case .preagent: flow.messageFlowID = phones.briefing
            case .leaving, .transferred:
                flow.maxWait = 1_000
                flow.overflowURI = phones.voicemail
            default: break
            }
        }
        for phone in [town.welcome, town.dissuading, town.briefing] { phone.manner = .play(for: 1_000_000) }
        let talking: Set<State> = [.talking, .preagent, .rejoining, .handingOn, .handedOn]
        town.anna.manner = talking.contains(state) ? .answer(after: 0) : .ring
        switch state {
        case .welcomeRings: town.welcome.manner = .ring
        case .queuedRings: town.queue.manner = .ring
        case .leaving, .handingOn: town.voicemail.manner = .ring
        case .joining: town.anna.manner = .answer(after: 0)
        default: break
        }
        call = town.call(for: 2_000)
        if [.toagent, .joining, .preagent].contains(state) {
            town.caller.ignoresReinvite = state == .joining
            try? town.logIn("anna")
        }
        if state == .rejoining { loseReplacement() }
        if [.handingOn, .handedOn].contains(state) { town.anna.refer(town.anna.lastCallID, to: town.voicemail.uri) }
        town.bench.run(for: 500)
        logs = [town.caller, town.welcome, town.queue, town.dissuading, town.anna, town.briefing, town.voicemail]
            .map { ($0, $0.log.count) }
    }

    /// Another phone asks for the caller's place and leaves again; that crosses Anna's answer. She is asked for an offer to the caller,
    /// and does not say anything to that.
    private func loseReplacement() {
        guard let dialog = town.caller.last else { return }
        town.anna.ignoresReinvite = true
        let value = "\(dialog.callID);to-tag=\(dialog.remoteTag);from-tag=\(dialog.localTag)"
        let pickup = town.ben.invite("support", sdp: town.ben.sdp(), extra: ["Replaces: \(value)"])
        town.bench.run()
        town.ben.cancel(pickup)
        town.bench.run()
        guard let reinvite = town.anna.received.last(where: { $0.isRequest && $0.method == .invite }) else { return }
        town.anna.accept(reinvite, town.anna.lastCallID)
        town.bench.run()
    }

    /// Whoever is not the caller and has to do with the call now.
    private var other: Phone {
        switch state {
        case .welcomeRings, .welcome: town.welcome
        case .queuedRings, .queued: town.queue
        case .dissuading1, .dissuading2: town.dissuading
        case .toagentRings, .toagent, .talking, .rejoining: town.anna
        case .joining: town.caller
        case .preagent: town.briefing
        case .leaving, .transferred, .handingOn, .handedOn: town.voicemail
        }
    }

    /// False if the event cannot be in this state.
    func happen(_ event: Event) -> Bool {
        let bench = town.bench
        switch event {
        case .callerEnds:
            if town.caller.dialogs[call]?.isUp == true { town.caller.hangUp(call) } else { town.caller.cancel(call) }
        case .refused:
            let isCalled: Set<State> = [
                .welcomeRings, .queuedRings, .toagentRings, .toagent, .joining, .rejoining, .leaving, .handingOn,
            ]
            guard isCalled.contains(state) else { return false }
            other.refuse(state == .joining ? 488 : 486)
        case .timeOut:
            bench.run(for: timeOut)
        case .networkDies:
            let dead = other.endpoint
            guard dead != town.caller.endpoint else { return false }
            bench.isDead = { $0 == dead }
            bench.run(for: 20_000)
        case .transportFails:
            bench.exchange.transportFailed(other.endpoint, now: bench.now)
        case .mediaEnds:
            let hasMedia: Set<State> = [
                .welcome, .queued, .dissuading1, .dissuading2, .toagent, .preagent, .transferred, .handedOn,
            ]
            guard hasMedia.contains(state) else { return false }
            let phone = state == .toagent ? town.queue : other
            phone.hangUp(phone.lastCallID)
        case .agentEnds:
            guard [.talking, .rejoining, .joining, .preagent, .handingOn].contains(state) else { return false }
            town.anna.hangUp(town.anna.lastCallID)
        case .logOff:
            try? town.logIn("anna", false)
        case .reloadFlow:
            town.reload(withoutFlow: true)
        case .reloadAgent:
            town.reload(withoutAgents: true)
        case .freeAgent:
            _ = try? bench.exchange.freeAgent("anna", now: bench.now)
        case .endCall:
            guard let number = bench.call?.number else { return false }
            try? bench.exchange.endCall(number, now: bench.now)
        case .databaseAway:
            bench.exchange.keepingFailed()
        case .restart:
            guard (try? bench.restart()) != nil else { return false }
        }
        bench.run(for: 100)
        return true
    }

    /// Until the state's own deadline, counted from when it was reached.
    private var timeOut: Milliseconds {
        switch state {
        case .welcomeRings, .queuedRings: 24_000
        case .welcome, .dissuading1, .dissuading2, .preagent: 20_000
        case .queued: 50_000
        case .toagentRings, .toagent, .leaving, .handingOn: 12_000
        case .joining: 8_000
        case .rejoining: 33_000
        case .talking, .transferred, .handedOn: 300_000
        }
    }

    /// Everybody gives way: the network lives again, and the caller hangs up or cancels.
    func end() {
        town.bench.isDead = { _ in false }
        town.caller.ignoresReinvite = false
        town.anna.ignoresReinvite = false
        town.bench.run(for: 40_000)
        if town.caller.dialogs[call]?.isUp == true { town.caller.hangUp(call) } else { town.caller.cancel(call) }
        for phone in [town.anna, town.voicemail, town.queue] where phone.dialogs.values.contains(where: \.isUp) {
            for callID in phone.order { phone.hangUp(callID) }
        }
    }

    /// The state of the call, what has been recorded, counted and sent since the situation began, in one line.
    var outcome: String {
        let bench = town.bench
        let counters = bench.snapshot.totals.counters
        var parts = [bench.call.map { $0.state.rawValue } ?? "gone"]
        parts += bench.records.map(describe)
        var counts: [String] = []
        if counters.answered > 0 { counts.append("answered") }
        if counters.abandoned > 0 { counts.append("abandoned") }
        for (cause, count) in zip(FailureCause.allCases, counters.failed) where count > 0 {
            counts.append("failed: \(cause.rawValue)")
        }
        parts.append(counts.isEmpty ? "not counted" : counts.joined(separator: ", "))
        parts.append(
            "anna " + (bench.agent("anna").map { ($0.isLoggedIn ? "" : "off, ") + $0.state.rawValue } ?? "gone")
        )
        for (phone, seen) in logs {
            // Keep-alives are no part of it.
            let heard = phone.log[seen...].filter { !$0.contains("options") }
            if !heard.isEmpty { parts.append("\(phone.name): " + heard.joined(separator: ", ")) }
        }
        return parts.joined(separator: " | ")
    }

    private func describe(_ record: CallDetailRecord) -> String {
        let agent = record.agentID.isEmpty ? "" : " \(record.agentID)"
        let target = record.transferredTo == nil ? "" : ", transferred"
        return
            "CDR \(record.callType.rawValue) \(record.cause)\(agent) \(record.sipStatus) by \(record.endedBy.rawValue)"
            + ", fstats \(record.facts.rawValue)\(target)"
    }
}
