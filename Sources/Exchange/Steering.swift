package import CallCenter
import SIP

/// What people and programs outside decide (CALLS.md section 6): dispatching by command, and the operator's repairs. Each may come
/// at any moment; who asked is logged by whoever took the command.
extension Exchange {
    /// `internal_call_dispatching`: whether calls go to agents by the rules, or by `dispatch` only.
    package var isDispatchingInternally: Bool { center.policy.internalDispatching }

    package mutating func setDispatching(_ isOn: Bool, now: Milliseconds) {
        self.now = now
        center.setDispatching(isOn, now: now, out: &distribution)
        settle()
    }

    /// `dispatch_call_to_agent`.
    package mutating func dispatch(call number: Int32, agentID: String, now: Milliseconds) throws(SteeringError) {
        self.now = now
        try center.dispatch(call: number, agentID: agentID, now: now, out: &distribution)
        settle()
    }

    /// Ends a call in whatever state it is; an agent who had it goes the usual way.
    package mutating func endCall(_ number: Int32, now: Milliseconds) throws(SteeringError) {
        self.now = now
        guard let call = calls[CallID(owner: try center.owner(ofCall: number))] else { throw .unknownCall(number) }
        endByOperator(call)
        settle()
    }

    /// Puts a waiting call at another place among those of its flow, 0 being the first; returns the place that it got.
    package mutating func moveCall(_ number: Int32, to position: Int, now: Milliseconds) throws(SteeringError) -> Int {
        self.now = now
        let place = try center.move(call: number, to: position)
        // Others have moved as well.
        touched.append(contentsOf: calls.handles)
        settle()
        // No peer is told, but whoever asked for it is.
        keepQuiet(now: now)
        return place
    }

    package mutating func endWrapup(agentID: String, now: Milliseconds) throws(SteeringError) {
        self.now = now
        try center.endWrapup(agentID: agentID, now: now, out: &distribution)
        keep(agentID: agentID)
        settle()
    }

    /// Makes an agent free, whatever holds him: a call that only rings goes back to its place in the queue (and is not offered to
    /// him again before `reoffer_delay`), a conversation ends, a wrap-up is over. Returns what held him.
    package mutating func freeAgent(_ agentID: String, now: Milliseconds) throws(SteeringError) -> AgentHold {
        self.now = now
        let hold = try center.hold(onAgent: agentID)
        switch hold {
        case .nothing: break
        case .wrapup: try center.endWrapup(agentID: agentID, now: now, out: &distribution)
        case .call(let owner):
            guard let call = calls[CallID(owner: owner)] else {
                repairAll()
                break
            }
            let agentRef = call.offer?.agent ?? call.talk?.agent
            if call.offer != nil {
                loseOffer(of: call, cause: .failed, status: 0, recordedAs: "operator")
            } else {
                endByOperator(call)
            }
            if let agentRef { center.skipWrapup(agentRef, now: now, out: &distribution) }
        }
        settle()
        // A wrap-up that was to be longer has been kept while the call ended.
        keep(agentID: agentID)
        return hold
    }

    private mutating func endByOperator(_ call: Call) {
        if let talk = call.talk {
            finish(call, talk: talk, by: .operator)
        } else {
            fail(call, cause: .operator, status: 480, by: .operator)
        }
    }
}
