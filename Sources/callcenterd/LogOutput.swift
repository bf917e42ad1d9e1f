import Dispatch
import Logging
import Systemd

/// Where the log goes: to the journal with its fields, if standard error is the journal's, else to standard error in lines.
enum LogOutput: Sendable {
    case journal(JournalSink)
    case standardError(LogSink)

    static func open() -> LogOutput {
        JournalSink.isStandardErrorJournal
            ? .journal(JournalSink(identifier: "callcenterd")) : .standardError(LogSink())
    }

    func handler() -> any LogHandler {
        switch self {
        case .journal(let sink): JournalLog(sink: sink)
        case .standardError(let sink): StandardErrorLog(sink: sink)
        }
    }

    /// Waits until all lines so far are written, at most this long.
    func flush(within limit: DispatchTimeInterval) {
        switch self {
        case .journal(let sink): sink.flush(within: limit)
        case .standardError(let sink): sink.flush(within: limit)
        }
    }
}
