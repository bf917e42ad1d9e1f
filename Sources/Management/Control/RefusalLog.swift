import Logging
import NIOCore
import Synchronization

/// Says in the log that connections or requests are refused, at most once in ten seconds, and how many were since the last line.
final class RefusalLog: Sendable {
    private struct State {
        var nextLine: ContinuousClock.Instant?
        var refusals = 0
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(_ logger: Logger) { self.logger = logger }

    func note(limit: Int, at now: ContinuousClock.Instant = .now) {
        guard let refusals = due(now) else { return }
        logger.warning("connections refused", metadata: ["limit": "\(limit)", "refused": "\(refusals)"])
    }

    /// - Parameter source: whose attempt it was, of the last one only.
    func note(_ what: String, from source: SocketAddress?, at now: ContinuousClock.Instant = .now) {
        guard let refusals = due(now) else { return }
        let address = source?.ipAddress ?? "unknown"
        logger.warning("requests refused: \(what)", metadata: ["source": "\(address)", "refused": "\(refusals)"])
    }

    /// How many there were since the last line, if it is time for one.
    private func due(_ now: ContinuousClock.Instant) -> Int? {
        state.withLock { state in
            state.refusals += 1
            if let next = state.nextLine, now < next { return nil }
            defer { state = State(nextLine: now + .seconds(10)) }
            return state.refusals
        }
    }
}
