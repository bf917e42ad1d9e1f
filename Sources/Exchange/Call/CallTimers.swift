import SIP

/// What a call waits for; every state of every call has at least one.
enum CallTimer: UInt8, CaseIterable {
    /// The media server is to answer.
    case mediaAnswer
    /// The welcome is to be over.
    case welcomeMax
    /// Hold media that failed is called again.
    case holdRetry
    /// An unanswered caller is told again that he is queued.
    case queuedReminder
    /// An unanswered caller who could be given no media is refused.
    case unansweredLimit
    /// The agent is to answer.
    case agentRing
    /// The agent's phone is to confirm the CANCEL.
    case cancelLinger
    /// What the agent hears before he is joined is to begin, and to be over.
    case briefing
    /// The caller is to be joined to the agent who has answered.
    case handOver
    /// Whom the caller is to be handed on to is to answer, and the caller to be joined to him.
    case transfer
    case maxWait
    case maxDuration

    /// Of the wheel's tokens that belong to calls.
    static let layer: UInt8 = 3
}

/// The running timers of one call, at most one of a kind.
struct CallTimers {
    private struct Running {
        let id: TimerID
        let deadline: Milliseconds
        let timer: CallTimer
    }

    /// Two or three mostly.
    private var running: [Running] = []

    private func place(of timer: CallTimer) -> Int? { running.firstIndex { $0.timer == timer } }

    /// Starts the timer, or starts it anew.
    mutating func arm(_ timer: CallTimer, of call: CallID, at deadline: Milliseconds, on wheel: inout TimingWheel) {
        disarm(timer, on: &wheel)
        let token = TimerToken(
            layer: CallTimer.layer,
            kind: timer.rawValue,
            index: call.index,
            generation: call.generation
        )
        running.append(Running(id: wheel.schedule(token, at: deadline), deadline: deadline, timer: timer))
    }

    mutating func disarm(_ timer: CallTimer, on wheel: inout TimingWheel) {
        guard let place = place(of: timer) else { return }
        wheel.cancel(running[place].id)
        running.remove(at: place)
    }

    mutating func disarmAll(on wheel: inout TimingWheel) {
        for timer in running { wheel.cancel(timer.id) }
        running = []
    }

    /// Whether the timer that has fired is to be heeded: it may have been disarmed or armed anew by another of the same moment.
    mutating func fired(_ timer: CallTimer, now: Milliseconds) -> Bool {
        guard let place = place(of: timer), running[place].deadline <= now else { return false }
        running.remove(at: place)
        return true
    }

    var isAnyRunning: Bool { !running.isEmpty }

    /// nil if it does not run.
    func deadline(_ timer: CallTimer) -> Milliseconds? { place(of: timer).map { running[$0].deadline } }

    func isRunning(_ timer: CallTimer) -> Bool { place(of: timer) != nil }
}
