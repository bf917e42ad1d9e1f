import Logging
import Synchronization

/// What the HTTP server logs, until it is cancelled: then another part has failed, whose error ends the process, and the server's
/// errors of being cut off ("Waiting on child channel: CancellationError()") would stand before that as if they were the reason.
final class ServerLog: Sendable {
    private let isSilent = Atomic(false)
    private let target: Logger

    init(_ target: Logger) { self.target = target }

    /// For the server: as the one of `init`, until that is over.
    var logger: Logger {
        var logger = Logger(label: target.label) { _ in Handler(log: self, target: target.handler) }
        logger.logLevel = target.logLevel
        return logger
    }

    /// From now on nothing is logged.
    func fallSilent() { isSilent.store(true, ordering: .relaxed) }

    private struct Handler: LogHandler {
        let log: ServerLog
        var target: any LogHandler

        var logLevel: Logger.Level {
            get { target.logLevel }
            set { target.logLevel = newValue }
        }

        var metadata: Logger.Metadata {
            get { target.metadata }
            set { target.metadata = newValue }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { target[metadataKey: key] }
            set { target[metadataKey: key] = newValue }
        }

        func log(event: LogEvent) {
            // Who is cancelled may hear of it before we do.
            guard !log.isSilent.load(ordering: .relaxed), !Task.isCancelled else { return }
            target.log(event: event)
        }
    }
}
