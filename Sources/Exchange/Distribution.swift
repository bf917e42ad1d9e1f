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
    /// A turn was cut short; the rest of its work is to be done.
    case overrun

    static let layer: UInt8 = 4
}

extension Exchange {
    /// Does what the distribution has decided.
    mutating func apply(_ effect: CenterEffect) {
        switch effect {
        case .offer(let ref, let owner, let agentRef):
            guard let call = calls[CallID(owner: owner)], call.ref == ref else {
                found("an agent was reserved for a call that is gone")
                center.agentCleared(agentRef, now: now, out: &distribution)
                return
            }
            touched.append(call.id)
            offer(call, to: agentRef)
        case .wait(let ref, let owner):
            guard let call = calls[CallID(owner: owner)], call.ref == ref else { return }
            touched.append(call.id)
            wait(call)
        case .dissuade(let ref, let owner, let isFinal):
            guard let call = calls[CallID(owner: owner)], call.ref == ref else { return }
            touched.append(call.id)
            dissuade(call, isFinal: isFinal)
        case .overflow(let ref, let owner):
            guard let call = calls[CallID(owner: owner)], call.ref == ref else { return }
            touched.append(call.id)
            if center.isAbandoned(ref), call.flow.overflowURI != nil {
                overflow(call)
            } else if center.state(of: ref) == .queued {
                // An agent has come in the same turn; or a reload has brought the rule after the call, which knows nowhere to go.
                wait(call)
            }
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
            keep(change)
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
        case .overrun:
            // Settling, which follows every timer, is all there is to do.
            isOverrun = false
        case nil:
            break
        }
    }

    /// A turn has no end: whatever feeds itself gets the rest of the millisecond, and everybody else the next.
    mutating func cutTurnShort() {
        guard !isOverrun else { return }
        isOverrun = true
        found("a turn of more than \(turnLimit) steps was cut short")
        let token = TimerToken(
            layer: ExchangeTimer.layer,
            kind: ExchangeTimer.overrun.rawValue,
            index: 0,
            generation: 0
        )
        _ = agent.wheel.schedule(token, at: now + 1)
    }

    /// An agent's leg is being ended: he is offerable when it is gone, at most a second later (CALLS.md section 2, CANCEL).
    ///
    /// - Parameter earliest: not before this moment, whatever the leg does.
    mutating func clear(_ agentRef: AgentRef, after leg: LegID, notBefore earliest: Milliseconds = .min) {
        guard agent.isAlive(leg), earliest <= now else {
            clearLater(agentRef, at: earliest)
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
    /// find each other again and again within one turn. So is one whose phone refuses at once.
    mutating func clearLater(_ agentRef: AgentRef, at moment: Milliseconds) {
        guard moment > now, let slot = unreachable.insert(agentRef) else {
            center.agentCleared(agentRef, now: now, out: &distribution)
            return
        }
        let token = TimerToken(
            layer: ExchangeTimer.layer,
            kind: ExchangeTimer.unreachable.rawValue,
            index: slot.index,
            generation: slot.generation
        )
        _ = agent.wheel.schedule(token, at: moment)
    }

    /// The leg is gone, or has had its second.
    mutating func cleared(_ leg: LegID) {
        guard let agentRef = clearing.removeValue(forKey: leg) else { return }
        center.agentCleared(agentRef, now: now, out: &distribution)
    }
}
