import SIP

/// INFO and MESSAGE while two sides are connected: they pass (CALLS.md section 1, step 7).
extension Exchange {
    /// To whom the caller is connected now, or from there to the caller; with nobody there, 480.
    mutating func pass(_ request: PeerRequest, from leg: LegID, of call: Call) {
        let target = leg == call.caller ? call.connected : leg == call.connected ? call.caller : nil
        guard let target else {
            agent.answer(request, status: 480, now: now)
            return
        }
        agent.pass(request, to: target, now: now)
    }
}
