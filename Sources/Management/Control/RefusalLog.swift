import Logging
import NIOCore
import Synchronization

/// Says in the log that connections or requests are refused, each kind of line at most once in ten seconds, and how many were since
/// the last one.
final class RefusalLog: Sendable {
    private struct Line {
        var next: ContinuousClock.Instant?
        var count = 0
    }

    private let logger: Logger
    /// By what they say; of ours, so there are few.
    private let lines = Mutex<[String: Line]>([:])

    init(_ logger: Logger) { self.logger = logger }

    /// There is no room for another.
    func note(refusedAt limit: Int, at now: ContinuousClock.Instant = .now) {
        note("connections refused", now) { ["limit": "\(limit)", "refused": "\($0)"] }
    }

    /// One that had nothing to do has made room.
    func note(closedAt limit: Int, at now: ContinuousClock.Instant = .now) {
        note("idle connections closed for new ones", now) { ["limit": "\(limit)", "closed": "\($0)"] }
    }

    /// - Parameter source: whose attempt it was, of the last one only.
    func note(_ what: String, from source: SocketAddress?, at now: ContinuousClock.Instant = .now) {
        note("requests refused: \(what)", now) {
            ["source": "\(source?.ipAddress ?? "unknown")", "refused": "\($0)"]
        }
    }

    private func note(_ text: String, _ now: ContinuousClock.Instant, _ metadata: (Int) -> Logger.Metadata) {
        guard let count = due(text, now) else { return }
        logger.warning("\(text)", metadata: metadata(count))
    }

    /// How many there were since the last line, if it is time for one.
    private func due(_ text: String, _ now: ContinuousClock.Instant) -> Int? {
        lines.withLock { lines in
            lines[text, default: Line()].count += 1
            guard let line = lines[text], line.next.map({ now >= $0 }) != false else { return nil }
            lines[text] = Line(next: now + .seconds(10))
            return line.count
        }
    }
}
