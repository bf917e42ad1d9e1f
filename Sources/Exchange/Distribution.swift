import CallCenter
import SIP

/// Timers of the Exchange that belong to no call.
enum ExchangeTimer: UInt8 {
    /// Of the distribution: the slot says which.
    case distribution
    /// A leg of an agent that has had no final response for too long.
    case clearing
    /// An agent could not even be called a while ago.
    case unreachable
    /// Of a bridge: it has had its time.
    case bridge

    static let layer: UInt8 = 4
}

extension Exchange {
    /// Does what the distribution has decided.
    mutating func apply(_ effect: CenterEffect) {
        switch effect {
        case .offer(_, let owner, let agentRef):
            guard let call = calls[CallID(owner: owner)] else {
                note(.repaired("an agent was reserved for a call that is gone"))
                center.agentCleared(agentRef, now: now, out: &distribution)
                return
            }
            touched.append(call.id)
            offer(call, to: agentRef)
        case .wait(_, let owner):
            guard let call = calls[CallID(owner: owner)] else { return }
            touched.append(call.id)
            wait(call)
        case .wake(let deadline, let timer):
            guard let slot = centerTimers.insert(timer) else { return }
            let token = TimerToken(
                layer: ExchangeTimer.layer,
                kind: ExchangeTimer.distribution.rawValue,
                index: slot.index,
                generation: slot.generation
            )
            _ = agent.wheel.schedule(token, at: deadline)
        case .agentChanged(let change):
            note(.agentChanged(change))
        case .agentLoggedOffForNoAnswer(let agentID):
            note(.agentLoggedOffForNoAnswer(agentID: agentID))
        case .repaired(let what):
            note(.repaired(what))
        }
    }

    mutating func fireExchangeTimer(_ token: TimerToken) {
        let slot = SlabHandle(index: token.index, generation: token.generation)
        switch ExchangeTimer(rawValue: token.kind) {
        case .distribution:
            guard let timer = centerTimers.remove(slot) else { return }
            center.fire(timer, now: now, out: &distribution)
        case .clearing:
            cleared(LegID(slot))
        case .unreachable:
            guard let agentRef = unreachable.remove(slot) else { return }
            center.agentCleared(agentRef, now: now, out: &distribution)
        case .bridge:
            if let bridge = bridges[slot] { expired(bridge) }
        case nil:
            break
        }
    }

    /// An agent's leg is being ended: he is offerable when it is gone, at most a second later (CALLS.md section 2, CANCEL).
    mutating func clear(_ agentRef: AgentRef, after leg: LegID) {
        guard agent.isAlive(leg) else {
            center.agentCleared(agentRef, now: now, out: &distribution)
            return
        }
        clearing[leg] = agentRef
        let token = TimerToken(
            layer: ExchangeTimer.layer,
            kind: ExchangeTimer.clearing.rawValue,
            index: leg.index,
            generation: leg.generation
        )
        _ = agent.wheel.schedule(token, at: now + FixedTimes.agentClearing)
    }

    /// An agent whose location leads nowhere is offerable after the same time: without wrap-up and pause, he and the call would
    /// find each other again and again within one turn.
    mutating func clearLater(_ agentRef: AgentRef) {
        guard let slot = unreachable.insert(agentRef) else { return }
        let token = TimerToken(
            layer: ExchangeTimer.layer,
            kind: ExchangeTimer.unreachable.rawValue,
            index: slot.index,
            generation: slot.generation
        )
        _ = agent.wheel.schedule(token, at: now + FixedTimes.agentClearing)
    }

    /// The leg is gone, or has had its second.
    mutating func cleared(_ leg: LegID) {
        guard let agentRef = clearing.removeValue(forKey: leg) else { return }
        center.agentCleared(agentRef, now: now, out: &distribution)
    }
}
