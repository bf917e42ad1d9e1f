import SIP

/// INFO, MESSAGE and the like while two sides are connected: they pass if the scenario says so (CALLS.md section 1, step 7).
extension Exchange {
    /// To whom the caller is connected now, or from there to the caller; with nobody there, 480.
    mutating func pass(_ request: PeerRequest, from leg: LegID, of call: Call) {
        if request.message.method == .refer { return refer(request, from: leg, of: call) }
        // Those that a relayed REFER has brought about belong to it.
        let isOfRelayedRefer = request.message.method == .notify && call.scenario.refer.policy == .relay
        guard isOfRelayedRefer || call.scenario.relayed.contains(request.message.method) else {
            // Nobody here has asked for a NOTIFY (RFC 6665 section 4.1.3).
            agent.answer(request, status: request.message.method == .notify ? 481 : 403, now: now)
            return
        }
        relay(request, from: leg, of: call)
    }

    mutating func relay(_ request: PeerRequest, from leg: LegID, of call: Call) {
        let target = leg == call.caller ? call.connected : leg == call.connected ? call.caller : nil
        guard let target else {
            agent.answer(request, status: 480, now: now)
            return
        }
        agent.pass(request, to: target, now: now)
    }
}
