import CSystemd
package import Dispatch
import Glibc
import Synchronization

/// The entries that wait for the journal, up to a bound. A thread of its own hands them over, so that a journal that does not
/// take them cannot stop whoever logs; what has no room is left out, and how much is said afterwards.
package final class JournalSink: Sendable {
    private struct Waiting {
        var entries: [JournalEntry] = []
        var bytes = 0
        var dropped = 0
        var isWriting = false
    }

    /// How long an entry waits for company: waking a thread costs more than the entry.
    private static let gathering = DispatchTimeInterval.milliseconds(20)

    let identifier: String
    private let limit: Int
    private let waiting = Mutex(Waiting())
    private let queue = DispatchQueue(label: "callcenterd.journal", qos: .utility)
    private let hand: @Sendable (JournalEntry) -> Void

    /// - Parameters:
    ///   - identifier: what `journalctl -t` asks for.
    ///   - limit: bytes that may wait.
    package convenience init(identifier: String, limit: Int = 1 << 20) {
        self.init(identifier: identifier, limit: limit, hand: Self.send)
    }

    /// - Parameter hand: gives one entry to the journal; may block.
    init(identifier: String, limit: Int, hand: @escaping @Sendable (JournalEntry) -> Void) {
        self.identifier = identifier
        self.limit = limit
        self.hand = hand
    }

    /// Whether standard error is the journal's (systemd.exec(5), JOURNAL_STREAM): then the fields can be kept as well.
    package static var isStandardErrorJournal: Bool {
        guard let stream = getenv("JOURNAL_STREAM") else { return false }
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
    }

    func append(_ entry: JournalEntry) {
        let mustStart = waiting.withLock { waiting in
            guard waiting.bytes < limit else {
                waiting.dropped += 1
                return false
            }
            waiting.entries.append(entry)
            waiting.bytes += entry.bytes.count
            defer { waiting.isWriting = true }
            return !waiting.isWriting
        }
        if mustStart { queue.asyncAfter(deadline: .now() + Self.gathering) { self.writeAll() } }
    }

    /// Waits until all entries so far are handed over, at most this long.
    package func flush(within limit: DispatchTimeInterval) {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            self.writeAll()
            done.signal()
        }
        _ = done.wait(timeout: .now() + limit)
    }

    private func writeAll() {
        while true {
            var (entries, dropped) = waiting.withLock { waiting in
                defer {
                    waiting.isWriting = !waiting.entries.isEmpty || waiting.dropped > 0
                    waiting.entries = []
                    waiting.bytes = 0
                    waiting.dropped = 0
                }
                return (waiting.entries, waiting.dropped)
            }
            if dropped > 0 {
                let message = "\(dropped) log entries left out: the journal is too slow"
                entries.append(JournalEntry(warning: message, identifier: identifier))
            }
            guard !entries.isEmpty else { return }
            for entry in entries { hand(entry) }
        }
    }

    private static func send(_ entry: JournalEntry) {
        // A journal that is away refuses; there is nowhere else to say it.
        _ = cc_journal_send(entry.bytes, entry.ends, UInt32(clamping: entry.ends.count))
    }
}
