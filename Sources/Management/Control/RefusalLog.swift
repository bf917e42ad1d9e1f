import Logging
import Synchronization

/// Says in the log that connections are refused, at most once in ten seconds, and how many were since the last line.
final class RefusalLog: Sendable {
    private struct State {
        var nextLine: ContinuousClock.Instant?
        var refusals = 0
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(_ logger: Logger) { self.logger = logger }

    func note(limit: Int, at now: ContinuousClock.Instant = .now) {
        let refusals: Int? = state.withLock { state in
            state.refusals += 1
            if let next = state.nextLine, now < next { return nil }
            defer { state = State(nextLine: now + .seconds(10)) }
            return state.refusals
        }
        guard let refusals else { return }
        logger.warning("connections refused", metadata: ["limit": "\(limit)", "refused": "\(refusals)"])
    }
}
