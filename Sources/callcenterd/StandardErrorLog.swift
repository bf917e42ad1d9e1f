import Dispatch
import Glibc
import Logging
import Synchronization
import Systemd

/// Log lines on standard error: `2026-11-22T22:35:46.123Z info call arrived call=7 flow=support`.
///
/// Whoever logs only appends to a buffer; a thread of its own writes. A reader that does not read (a full pipe, a stopped
/// terminal) can therefore not stop the call loop: beyond the bound lines are left out, and how many is said afterwards.
struct StandardErrorLog: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    private let sink: LogSink

    init(sink: LogSink) { self.sink = sink }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        sink.append(event.level, LogText.line(event.message, LogText.fields(event, metadata)))
    }
}

/// The lines that wait to be written to a descriptor, up to a bound.
final class LogSink: Sendable {
    private struct Waiting {
        var bytes: [UInt8] = []
        var dropped = 0
        var isWriting = false
        /// What the lines of a second begin with.
        var stamp: [UInt8] = []
        var second = -1
    }

    /// How long a line waits for company: waking a thread costs more than the line.
    private static let gathering = DispatchTimeInterval.milliseconds(20)

    private let descriptor: CInt
    private let limit: Int
    private let waiting = Mutex(Waiting())
    private let queue = DispatchQueue(label: "callcenterd.log", qos: .utility)

    /// - Parameter limit: bytes that may wait.
    init(descriptor: CInt = STDERR_FILENO, limit: Int = 1 << 20) {
        self.descriptor = descriptor
        self.limit = limit
    }

    func append(_ level: Logger.Level, _ text: String) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let mustStart = waiting.withLock { waiting in
            guard waiting.bytes.count < limit else {
                waiting.dropped += 1
                return false
            }
            if waiting.second != time.tv_sec {
                waiting.second = time.tv_sec
                waiting.stamp = Array(Self.stamp(time.tv_sec).utf8)
            }
            waiting.bytes.append(contentsOf: waiting.stamp)
            let milliseconds = time.tv_nsec / 1_000_000
            for divisor in [100, 10, 1] {
                waiting.bytes.append(UInt8(truncatingIfNeeded: milliseconds / divisor % 10) + UInt8(ascii: "0"))
            }
            waiting.bytes.append(contentsOf: "Z ".utf8)
            waiting.bytes.append(contentsOf: level.rawValue.utf8)
            waiting.bytes.append(UInt8(ascii: " "))
            waiting.bytes.append(contentsOf: text.utf8)
            waiting.bytes.append(UInt8(ascii: "\n"))
            defer { waiting.isWriting = true }
            return !waiting.isWriting
        }
        if mustStart { queue.asyncAfter(deadline: .now() + Self.gathering) { self.writeAll() } }
    }

    /// RFC 3339, UTC, up to the point before the milliseconds.
    private static func stamp(_ second: Int) -> String {
        var second = second
        var parts = tm()
        gmtime_r(&second, &parts)
        func digits(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date = "\(parts.tm_year + 1900)-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday))"
        return "\(date)T\(digits(parts.tm_hour)):\(digits(parts.tm_min)):\(digits(parts.tm_sec))."
    }

    /// Waits until all lines so far are written, at most this long.
    func flush(within limit: DispatchTimeInterval) {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            self.writeAll()
            done.signal()
        }
        _ = done.wait(timeout: .now() + limit)
    }

    private func writeAll() {
        while true {
            let bytes = waiting.withLock { waiting -> [UInt8] in
                if waiting.dropped > 0 {
                    waiting.bytes.append(contentsOf: "\(waiting.dropped) log lines left out: nobody reads them\n".utf8)
                    waiting.dropped = 0
                }
                waiting.isWriting = !waiting.bytes.isEmpty
                defer { waiting.bytes.removeAll(keepingCapacity: waiting.bytes.count < 65_536) }
                return waiting.bytes
            }
            guard !bytes.isEmpty else { return }
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno != EINTR {
                    return giveUp()
                }
            }
        }
    }

    /// Standard error is closed: nobody will ever read.
    private func giveUp() {
        waiting.withLock { $0.isWriting = false }
    }
}
