import CallCenter
package import SIP

/// What must hold after every input, besides what the distribution says of itself (DESIGN.md section 1: the core is simulated).
extension Exchange {
    /// What is broken, in words for a log; empty in a sound Exchange. O(n log n): for tests, and now and then in a running
    /// process.
    package func checkInvariants() -> [String] {
        center.checkInvariants() + checkCalls()
    }

    /// The same of the calls that the last input has touched, and of their agents: cheap enough to be asked for after each.
    package func checkTouched() -> [String] {
        var broken: [String] = []
        for id in touched {
            if let call = calls[id] { check(call, into: &broken) }
        }
        return broken
    }

    private func checkCalls() -> [String] {
        var broken: [String] = []
        var served: [AgentRef] = []
        for id in calls.handles {
            guard let call = calls[id] else { continue }
            check(call, into: &broken)
            if let agentRef = call.offer?.agent ?? call.talk?.agent { served.append(agentRef) }
        }
        for id in bridges.handles {
            guard let bridge = bridges[id] else { continue }
            if !agent.isAlive(bridge.caller) || !agent.isAlive(bridge.far) { broken.append("a bridge has lost a leg") }
            if bridge.timer == nil { broken.append("a bridge that nothing ends") }
        }
        if Set(served).count != served.count { broken.append("an agent serves two calls") }
        if center.callCount != calls.count {
            broken.append("\(calls.count) calls, the distribution knows \(center.callCount)")
        }
        return broken
    }

    private func check(_ call: Call, into broken: inout [String]) {
        func complain(_ what: String) { broken.append("call \(call.facts.number): \(what)") }
        if call.hasEnded { complain("ended and still there") }
        if !agent.isAlive(call.caller) { complain("its caller's leg is gone") }
        if let media = call.media?.leg, !agent.isAlive(media) { complain("its media leg is gone") }
        if let leg = call.previousMedia?.leg, !agent.isAlive(leg) { complain("the leg of what played before is gone") }
        if let leg = call.briefing?.leg, !agent.isAlive(leg) { complain("the leg of its agent's message is gone") }
        if let leg = call.offer?.leg ?? call.talk?.leg, !agent.isAlive(leg) { complain("its agent's leg is gone") }
        if let leg = call.transfer?.leg, !agent.isAlive(leg) {
            complain("the leg that it is being handed on to is gone")
        }
        if let leg = call.replacing?.leg, !agent.isAlive(leg) { complain("the leg that is to replace another is gone") }
        if !call.timers.isAnyRunning { complain("nothing ends it") }
        if let agentRef = call.offer?.agent ?? call.talk?.agent, center.call(of: agentRef) != call.ref {
            complain("its agent serves another, or none")
        }
        if let media = call.media, !media.isUp, call.join?.leg != media.leg, !call.timers.isRunning(.mediaAnswer) {
            complain("nothing ends the wait for its media")
        }
        // An answered caller has media, or somebody is seeing to it.
        if call.isAnswered, call.media == nil, call.previousMedia == nil, call.talk == nil,
            call.offer?.isJoining != true,
            !call.timers.isRunning(.holdRetry)
        {
            complain("an answered caller is without media")
        }
    }
}

// MARK: - What is there

extension Exchange {
    /// Legs that have outlived their call and what each is kept for, in the order of their slots.
    package func legsWithoutCall() -> [(leg: LegID, debt: LegDebt)] {
        agent.legsAndOwners.compactMap { leg, owner in
            let isOwned = Bridge.id(owner: owner).map(bridges.contains) ?? calls.contains(CallID(owner: owner))
            return isOwned ? nil : agent.debt(of: leg).map { (leg, $0) }
        }
    }

    /// Everything that is kept for calls and their messages, by name: all of it is gone when the calls are.
    package var holdings: [(name: String, count: Int)] {
        agent.holdings + [
            ("calls", calls.count), ("bridges", bridges.count), ("calls of the distribution", center.callCount),
            ("agents whose leg is being ended", clearing.count), ("agents who could not be called", unreachable.count),
            ("timers of the distribution", centerTimers.count), ("decisions", distribution.count),
        ]
    }
}
