import SIP

/// What an unanswered caller hears of whoever is being called for him (CALLS.md section 2, successive first legs and 18x bodies).
extension Exchange {
    /// Whoever is called for an unanswered caller is at it: he hears so, and if the scenario says so, hears what he plays.
    mutating func relayProgress(_ status: Int, _ description: SessionDescription?, from leg: LegID, of call: Call) {
        guard !call.isAnswered else { return }
        let description = call.scenario.relaysEarlyMedia ? description : nil
        if description != nil { noteEarlyMedia(from: leg, of: call) }
        agent.progress(call.caller, status: status, relaying: description, now: now)
    }

    /// What one dialog has been told of media holds in it: those of another phone go under another To tag (RFC 3261 section 13.2.1; CALLS.md
    /// section 2, successive first legs).
    mutating func noteEarlyMedia(from leg: LegID, of call: Call) {
        let early = Call.EarlyMedia(leg: leg, branch: agent.branch(of: leg))
        if let before = call.early, before.leg == leg, before != early { agent.renewTag(of: call.caller) }
        call.early = early
    }
}

extension Call {
    /// A phone that has sent early media: of those that an INVITE of ours was forked to, which.
    struct EarlyMedia: Equatable {
        let leg: LegID
        let branch: [UInt8]
    }
}
