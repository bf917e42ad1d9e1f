import CallCenter
import Exchange
import SIP

/// What CALLS.md section 3 allows.
extension Shadow {

    /// CALLS.md section 3: the longest free agent who can, the first call that he can serve, and never a pair in its pause.
    mutating func checkOffer(of number: Int, to agent: Int, now: Milliseconds, complain: (String, [String]) -> Void) {
        guard let call = calls[number] else { return }
        let names = [call.caller, "a\(agent)"]
        if agents[agent].state != .incall { complain("a\(agent) is offered call \(number) and not incall", names) }
        if let other = agents[agent].call { complain("a\(agent) is offered call \(number) and has \(other)", names) }
        if !canServe(agent, call) { complain("a\(agent) has not the skill for call \(number)", names) }
        let isOrdered = dispatched.map { $0 == (number, agent) } ?? false
        if isOrdered {
            // Whoever dispatches from outside goes by rules of his own.
            dispatched = nil
            return
        }
        if !policy.internalDispatching { complain("call \(number) is offered while dispatching is off", names) }
        if call.pauses.contains(where: { $0.agent == agent && $0.until > now }) {
            complain("a\(agent) is offered call \(number) again too soon", names)
        }
        for other in waiting where isBefore(other, number) {
            guard let waiter = calls[other], canServe(agent, waiter), !mayPause(waiter, agent, now: now) else {
                continue
            }
            complain("call \(number) overtakes call \(other) at a\(agent)", names + [waiter.caller])
        }
        for other in agents.indices where other != agent && isIdle(other) {
            guard agents[other].freeOrder < agents[agent].freeOrder, canServe(other, call),
                !mayPause(call, other, now: now)
            else { continue }
            complain("a\(agent) is offered call \(number), a\(other) has been free for longer", names + ["a\(other)"])
        }
    }

    /// After each input: nobody waits for somebody who is there, and nobody serves who is needed no more.
    func checkAfterInput(now: Milliseconds, complain: (String, [String]) -> Void) {
        if policy.internalDispatching, !waiting.isEmpty {
            for agent in agents.indices where isIdle(agent) {
                for number in waiting {
                    guard let call = calls[number], canServe(agent, call), !mayPause(call, agent, now: now) else {
                        continue
                    }
                    complain("call \(number) waits, and a\(agent) is free for it", [call.caller, "a\(agent)"])
                }
            }
        }
        for number in waiting {
            guard let call = calls[number], overflows(call) else { continue }
            complain("call \(number) waits, although nobody is there for it", [call.caller])
        }
        for agent in agents.indices where agents[agent].state == .incall {
            guard agents[agent].call == nil else { continue }
            complain("a\(agent) is incall without a call", ["a\(agent)"])
        }
        for number in alive {
            if calls[number]?.state == .returning {
                complain("call \(number) is nowhere", [calls[number]?.caller ?? ""])
            }
        }
    }

    func isIdle(_ agent: Int) -> Bool {
        agents[agent].state == .free && agents[agent].isLoggedIn && agents[agent].isKnown
    }

    func canServe(_ agent: Int, _ call: Call) -> Bool {
        agents[agent].skills & 1 << UInt64(flows[call.flow].skill) != 0
    }

    /// Of a pause that ends right now one cannot tell whether its end has been heard of yet.
    private func mayPause(_ call: Call, _ agent: Int, now: Milliseconds) -> Bool {
        call.pauses.contains { $0.agent == agent && $0.until >= now }
    }

    func isBefore(_ one: Int, _ other: Int) -> Bool {
        guard let a = calls[one], let b = calls[other] else { return false }
        return (flows[a.flow].priority, a.arrival) < (flows[b.flow].priority, b.arrival)
    }

    func wrapup(of agent: Int, after flow: Int) -> Milliseconds {
        if freed == agent { return 0 }
        let own = agents[agent].wrapupTime ?? policy.wrapupTime
        return max(0, min(own, flows[flow].maxWrapup ?? own))
    }

    // MARK: Dissuading and overflow

    /// Whether somebody who comes now is to hear that waiting may be in vain; the estimate of the wait is the core's own business.
    func isCrowded(_ flow: Int) -> Bool {
        guard let threshold = flows[flow].dissuading?.queueSizeThreshold else { return false }
        return waiting.count { calls[$0]?.flow == flow } >= threshold
    }

    /// Whether nobody who could take the call is logged in, and its flow sends it elsewhere then.
    func overflows(_ call: Call) -> Bool {
        flows[call.flow].overflowsWithoutAgents && call.definition.hasOverflow
            && !agents.indices.contains { agents[$0].isLoggedIn && agents[$0].isKnown && canServe($0, call) }
    }

    func checkDissuasion(
        of call: Call,
        _ number: Int,
        isFinal: Bool,
        now: Milliseconds,
        complain: (String, [String]) -> Void
    ) {
        guard let rule = flows[call.flow].dissuading else {
            return complain("call \(number) is dissuaded, and its flow does no such thing", [call.caller])
        }
        if rule.hangsUp != isFinal { complain("call \(number) is dissuaded for good or not, wrongly", [call.caller]) }
        if ![.welcome, .waiting, .returning].contains(call.state) {
            complain("call \(number) is dissuaded while \(call.state)", [call.caller])
        }
        if call.dissuasions > 1 { complain("call \(number) is dissuaded for the third time", [call.caller]) }
        let isDue = rule.onHoldThreshold.map { call.arrival != 0 && call.arrivedAt + $0 <= now } ?? false
        let isArriving = call.arrival == 0
        guard isDue || (isArriving && (rule.estimatedWaitThreshold != nil || isCrowded(call.flow))) else {
            // With a threshold of 0 it is due at once.
            guard rule.onHoldThreshold == 0 else {
                return complain("call \(number) is dissuaded without a reason", [call.caller])
            }
            return
        }
    }

    /// The first call of a caller that is not over.
    func number(of caller: String) -> Int? { alive.last { calls[$0]?.caller == caller } }
}

extension Shadow {
    // MARK: Bookkeeping

    /// True if it has not been there before.
    mutating func enterQueue(_ call: inout Call, now: Milliseconds) -> Bool {
        guard call.arrival == 0 else { return false }
        call.arrival = nextArrival()
        call.arrivedAt = now
        return true
    }

    /// The agent is done with the call that he had.
    mutating func letGo(_ agent: Int, wrapup: Milliseconds, keepsPlace: Bool) {
        agents[agent].wrapup = wrapup
        agents[agent].keepsPlace = keepsPlace
        agents[agent].call = nil
    }

    /// Its agent has sent it into another flow, where it begins anew under the same number.
    mutating func handOver(
        _ call: Call,
        _ number: Int,
        to flow: Int,
        now: Milliseconds,
        complain: (String, [String]) -> Void
    ) {
        guard call.state == .talking, let agent = call.agent else {
            return complain("call \(number) comes again while \(call.state)", [call.caller])
        }
        letGo(agent, wrapup: wrapup(of: agent, after: call.flow), keepsPlace: false)
        handedOver[number] = call
        calls[number] = Call(
            flow: flow,
            caller: call.caller,
            since: now,
            received: now,
            began: now,
            definition: flows[flow],
            reloads: reloads
        )
    }

    /// The agent's phone is being called for this caller.
    func isOffered(callerNumbered caller: Int, to agent: Int) -> Bool {
        guard let call = agents[agent].call.flatMap({ calls[$0] }), call.state == .offered else { return false }
        return call.caller.utf8.number(behind: 1) == caller
    }

    /// Nobody of its flow takes it.
    mutating func leaves(_ number: Int, now: Milliseconds, complain: (String, [String]) -> Void) {
        guard var call = calls[number] else { return }
        if !call.definition.hasOverflow {
            complain("call \(number) overflows, and its flow does no such thing", [call.caller])
        }
        switch call.state {
        case .waiting: stopWaiting(number)
        case .welcome, .dissuaded, .returning: break
        case .offered, .briefed:
            guard let agent = call.agent else { break }
            let hasWorked = agents[agent].hasPickedUp
            letGo(agent, wrapup: hasWorked ? wrapup(of: agent, after: call.flow) : 0, keepsPlace: !hasWorked)
        case .leaving, .elsewhere, .talking, .over:
            complain("call \(number) overflows while \(call.state)", [call.caller])
        }
        call.state = .leaving
        call.since = now
        call.agent = nil
        calls[number] = call
    }

    mutating func stopWaiting(_ number: Int) {
        if let place = waiting.firstIndex(of: number) {
            waiting.swapAt(place, waiting.count - 1)
            waiting.removeLast()
        }
    }

    mutating func nextArrival() -> Int {
        lastArrival += 1
        return lastArrival
    }

    /// The last among the free ones.
    mutating func becomesFree(_ agent: Int, now: Milliseconds) {
        lastFree += 1
        agents[agent].freeOrder = lastFree
        agents[agent].freedAt = now
    }
}
