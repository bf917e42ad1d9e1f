import CallCenter
import SIP

/// What must hold after every input, besides what the distribution says of itself (DESIGN.md section 1: the core is simulated).
extension Exchange {
    /// What is broken, in words for a log; empty in a sound Exchange. O(n log n): for tests, and now and then in a running
    /// process.
    package func checkInvariants() -> [String] {
        center.checkInvariants() + checkCalls()
    }

    private func checkCalls() -> [String] {
        var broken: [String] = []
        var served: [AgentRef] = []
        for id in calls.handles {
            guard let call = calls[id] else { continue }
            let name = "call \(call.facts.number)"
            if call.hasEnded { broken.append("\(name): ended and still there") }
            if !agent.isAlive(call.caller) { broken.append("\(name): its caller's leg is gone") }
            if let media = call.media?.leg, !agent.isAlive(media) { broken.append("\(name): its media leg is gone") }
            if let leg = call.offer?.leg ?? call.talk?.leg, !agent.isAlive(leg) {
                broken.append("\(name): its agent's leg is gone")
            }
            if let agentRef = call.offer?.agent ?? call.talk?.agent { served.append(agentRef) }
            if !CallTimer.allCases.contains(where: call.timers.isRunning) { broken.append("\(name): nothing ends it") }
        }
        if Set(served).count != served.count { broken.append("an agent serves two calls") }
        if center.callCount != calls.count {
            broken.append("\(calls.count) calls, the distribution knows \(center.callCount)")
        }
        return broken
    }
}
