import CallCenter
import SIP

/// What commands are to be answered, and do (CALLS.md section 6).
extension Shadow {
    enum Answer: Equatable {
        case ok
        /// 403, 404 and 488 on the wire of the management.
        case dispatching, unknown, unsuitable

        /// What has come of a command.
        init(_ command: () throws(SteeringError) -> Void) {
            do {
                try command()
                self = .ok
            } catch {
                switch error {
                case .internalDispatching: self = .dispatching
                case .unknownCall, .unknownAgent: self = .unknown
                case .unsuitable: self = .unsuitable
                }
            }
        }
    }

    func answer(toDispatch number: Int, _ agent: Int) -> Answer {
        if policy.internalDispatching { return .dispatching }
        guard alive.contains(number), let call = calls[number], agents.indices.contains(agent), agents[agent].isKnown
        else { return .unknown }
        guard call.state == .waiting, isIdle(agent), canServe(agent, call) else { return .unsuitable }
        return .ok
    }

    /// The place that the call gets among those of its flow, which move up or down by one; nil if it does not wait.
    mutating func move(_ number: Int, to place: Int) -> Int? {
        guard alive.contains(number), let call = calls[number], call.state == .waiting else { return nil }
        let line = waiting.filter { calls[$0]?.flow == call.flow }
            .sorted { (calls[$0]?.arrival ?? 0) < (calls[$1]?.arrival ?? 0) }
        guard let old = line.firstIndex(of: number) else { return nil }
        let target = min(max(place, 0), line.count - 1)
        var moved = line
        moved.remove(at: old)
        moved.insert(number, at: target)
        let places = line.map { calls[$0]?.arrival ?? 0 }
        for (call, place) in zip(moved, places) { calls[call]?.arrival = place }
        return target
    }

    /// His wrap-up is over now, as soon as the leg to his phone is gone.
    mutating func cutWrapup(_ agent: Int, now: Milliseconds) {
        guard agents[agent].state == .wrapup else { return }
        agents[agent].wrapup = min(agents[agent].wrapup, now - agents[agent].since)
    }
}
