import Dispatch
import Synchronization

/// An answer that several may give; the first one counts, whether it is waited for yet or not.
final class OneAnswer<Answer: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Answer, Never>)
        case given(Answer)
        case over
    }

    private let state = Mutex(State.open)

    /// The first answer. One task may wait for it, once.
    func wait() async -> Answer {
        await withCheckedContinuation { continuation in
            let early = state.withLock { state -> Answer? in
                if case .given(let answer) = state {
                    state = .over
                    return answer
                }
                state = .awaited(continuation)
                return nil
            }
            if let early { continuation.resume(returning: early) }
        }
    }

    func give(_ answer: Answer) {
        let waiting = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            switch state {
            case .open:
                state = .given(answer)
                return nil
            case .awaited(let continuation):
                state = .over
                return continuation
            case .given, .over: return nil
            }
        }
        waiting?.resume(returning: answer)
    }
}

extension Duration {
    /// Nothing here is longer than minutes, which an `Int` of nanoseconds holds.
    var nanoseconds: Int {
        let seconds = Int(clamping: min(components.seconds, 3_600))
        return seconds * 1_000_000_000 + Int(clamping: components.attoseconds / 1_000_000_000)
    }
}

extension DispatchQueue {
    /// For what is given up when its time is over, whoever else is busy.
    static let deadlines = DispatchQueue(label: "callcenterd.deadlines", qos: .utility)
}

extension DispatchTime {
    static func after(_ duration: Duration) -> DispatchTime { .now() + .nanoseconds(duration.nanoseconds) }
}
