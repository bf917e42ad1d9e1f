import CallCenter
import Exchange
import SIP

/// What the core publishes, and what of it cannot be.
extension Shadow {
    mutating func hear(_ notice: Notice, now: Milliseconds, complain: (String, [String]) -> Void) {
        switch notice {
        case .callArrived(let number, _, let flow, let caller):
            let number = Int(number)
            while calls.count <= number { calls.append(nil) }
            let flow = flow.utf8.number(behind: 1) ?? 0
            if alive.contains(number), let call = calls[number] {
                return handOver(call, number, to: flow, now: now, complain: complain)
            }
            // A call that comes from another flow has waited there already.
            let before = self.number(of: caller).flatMap { calls[$0] }
            calls[number] = Call(
                flow: flow,
                caller: caller,
                since: now,
                received: before?.received ?? now,
                began: now,
                definition: flows[flow],
                reloads: reloads
            )
            alive.append(number)
        case .callState(let number, let state, _, let agent):
            move(Int(number), to: state, agent?.utf8.number(behind: 1), now: now, complain: complain)
        case .callAnswered(let number, _, let agentID):
            guard var call = call(number), let agent = agentID.utf8.number(behind: 1) else { return }
            if (call.state != .offered && call.state != .briefed) || call.agent != agent {
                complain(
                    "call \(number) is answered by \(agentID), who had not been offered it",
                    [agentID, call.caller]
                )
            }
            answered += 1
            call.state = .talking
            call.since = now
            call.pauses = []
            calls[Int(number)] = call
        case .callOverflows(let number, _, _): leaves(Int(number), now: now, complain: complain)
        case .refused(let number, _, let agentID, _, _):
            guard let agent = agentID.utf8.number(behind: 1) else { return }
            refused(Int(number), agent, now: now)
        case .callEnded(let number, _, _, let cause, _):
            if cause == "abandoned" {
                abandoned += 1
            } else if !["answered", "transferred"].contains(cause) {
                failed += 1
            }
            ended(Int(number), now: now)
        case .agentChanged(let seen):
            guard let agent = seen.agentID.utf8.number(behind: 1) else { return }
            change(agent, seen.state, isLoggedIn: seen.isLoggedIn, now: now, complain: complain)
        default: break
        }
    }

    /// The agent's 200 to the INVITE of the offer has reached the core.
    mutating func pickedUp(_ agent: Int) {
        if agents[agent].call != nil { agents[agent].hasPickedUp = true }
    }

    private mutating func move(
        _ number: Int,
        to state: CallState,
        _ agent: Int?,
        now: Milliseconds,
        complain: (String, [String]) -> Void
    ) {
        guard var call = call(Int32(number)), call.state != .over else {
            complain("call \(number) is \(state), although it is over or never came", [])
            return
        }
        switch state {
        case .queued:
            if call.state == .waiting, !isRestoring {
                complain("call \(number) is told to be queued twice", [call.caller])
            }
            let isArriving = enterQueue(&call, now: now)
            if isArriving, call.definition.dissuading != nil, isCrowded(call.flow), !overflows(call) {
                complain("call \(number) is queued where it should have been dissuaded", [call.caller])
            }
            if call.state != .waiting { waiting.append(number) }
            call.since = now
            call.state = .waiting
            call.agent = nil
        case .dissuading1, .dissuading2:
            checkDissuasion(of: call, number, isFinal: state == .dissuading2, now: now, complain: complain)
            _ = enterQueue(&call, now: now)
            if call.state == .waiting { stopWaiting(number) }
            call.state = .dissuaded
            call.since = now
            call.dissuasions += 1
        case .toagent:
            guard let agent else { return complain("call \(number) is with an agent who is nobody", [call.caller]) }
            _ = enterQueue(&call, now: now)
            if ![.welcome, .waiting, .returning, .dissuaded].contains(call.state) {
                complain("call \(number) is offered while \(call.state)", [call.caller, "a\(agent)"])
            }
            if call.state == .waiting { stopWaiting(number) }
            offers += 1
            call.state = .offered
            call.since = now
            call.agent = agent
            calls[number] = call
            checkOffer(of: number, to: agent, now: now, complain: complain)
            agents[agent].call = number
            agents[agent].hasPickedUp = false
        case .preagent:
            if call.state != .offered || call.agent != agent || !call.definition.briefs {
                complain("call \(number) is preagent, having been \(call.state)", [call.caller])
            }
            call.state = .briefed
            call.since = now
        case .transferred:
            if call.state == .talking, let agent = call.agent {
                letGo(agent, wrapup: wrapup(of: agent, after: call.flow), keepsPlace: false)
            } else if call.state == .leaving {
                failed += 1
            } else {
                complain("call \(number) is transferred, having been \(call.state)", [call.caller])
            }
            call.state = .elsewhere
            call.since = now
            call.agent = nil
        default: break
        }
        calls[number] = call
    }

    private mutating func refused(_ number: Int, _ agent: Int, now: Milliseconds) {
        guard var call = call(Int32(number)) else { return }
        if call.state == .waiting { stopWaiting(number) }
        // An agent who cannot be called at all is only heard of now.
        if call.state != .offered && call.state != .briefed {
            offers += 1
            dispatched = nil
        }
        call.state = .returning
        call.agent = nil
        call.refusals += 1
        call.pauses.removeAll { $0.until < now }
        if policy.reofferDelay > 0 { call.pauses.append((agent, now + policy.reofferDelay)) }
        calls[number] = call
        letGo(agent, wrapup: wrapup(of: agent, after: call.flow), keepsPlace: false)
    }

    private mutating func ended(_ number: Int, now: Milliseconds) {
        guard var call = call(Int32(number)) else { return }
        if call.state == .waiting { stopWaiting(number) }
        if let agent = call.agent {
            let hasWorked = call.state == .talking || agents[agent].hasPickedUp
            letGo(agent, wrapup: hasWorked ? wrapup(of: agent, after: call.flow) : 0, keepsPlace: !hasWorked)
        }
        call.state = .over
        call.since = now
        call.pauses = []
        calls[number] = call
        if let place = alive.firstIndex(of: number) { alive.swapAt(place, alive.count - 1) }
        alive.removeLast()
    }

    private mutating func change(
        _ agent: Int,
        _ state: AgentState,
        isLoggedIn: Bool,
        now: Milliseconds,
        complain: (String, [String]) -> Void
    ) {
        let was = agents[agent]
        let state: Agent.State =
            switch state {
            case .free: .free
            case .incall: .incall
            case .wrapup: .wrapup
            }
        if state == was.state, isLoggedIn == was.isLoggedIn {
            complain("a\(agent) is told to be \(state) twice", ["a\(agent)"])
        }
        if was.state == .incall, state != .incall, let number = was.call {
            complain("a\(agent) is \(state), and has call \(number)", ["a\(agent)"])
        }
        if isLoggedIn, !was.isLoggedIn { becomesFree(agent, now: now) }
        if state == .free, was.state == .wrapup {
            if !was.keepsPlace { becomesFree(agent, now: now) }
            let rest = now - was.since
            if was.isKnown, rest < was.wrapup || rest > max(was.wrapup, 1_000) {
                complain("a\(agent) rested for \(rest) ms, \(was.wrapup) ms were his due", ["a\(agent)"])
            }
        }
        if state == .incall, was.state != .incall, !isRestoring, was.state != .free || !was.isLoggedIn || !was.isKnown {
            complain("a\(agent) was taken, although he was not to be had", ["a\(agent)"])
        }
        if state == .free, !was.isKnown { forget(agent) }
        if state != was.state { agents[agent].since = now }
        agents[agent].isLoggedIn = isLoggedIn
        agents[agent].state = state
    }

    /// He is gone; should he come back, it is as another.
    mutating func forget(_ agent: Int) {
        for number in alive { calls[number]?.pauses.removeAll { $0.agent == agent } }
    }

    /// Noted that a final record came; the number of them.
    mutating func recorded(final number: Int, rejected: Int) -> Int {
        guard number < calls.count else { return 0 }
        calls[number]?.rejected = rejected
        calls[number]?.finals += 1
        return calls[number]?.finals ?? 0
    }

    mutating func recorded(refusal number: Int) {
        guard number < calls.count else { return }
        calls[number]?.refusalRecords += 1
    }
}
