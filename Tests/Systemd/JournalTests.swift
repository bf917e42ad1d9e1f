import Dispatch
import Logging
import Synchronization
import Testing

@testable import Systemd

@Suite("Entries for the journal")
struct JournalTests {
    @Test("an entry has a line for people, a priority, and every field by itself")
    func fields() {
        let entry = entry(.warning, "call refused", ["CALL_ID": "7", "FLOW": "support desk", "receive-buffer": "4"])
        #expect(
            entry.fields == [
                "MESSAGE=call refused call_id=7 flow=\"support desk\" receive-buffer=4",
                "PRIORITY=4",
                "SYSLOG_IDENTIFIER=test",
                "CALL_ID=7",
                "FLOW=support desk",
                "RECEIVE_BUFFER=4",
            ]
        )
    }

    @Test(
        "levels become priorities of syslog(3)",
        arguments: [
            (Logger.Level.trace, "7"), (.debug, "7"), (.info, "6"), (.notice, "5"), (.warning, "4"), (.error, "3"),
            (.critical, "2"),
        ]
    )
    func priorities(level: Logger.Level, priority: String) {
        #expect(entry(level, "x", [:]).fields.contains("PRIORITY=\(priority)"))
    }

    @Test("a value with line breaks stays one field, and the line for people one line")
    func hostileValue() {
        let entry = entry(.info, "call", ["CALLER": "a\nPRIORITY=0"])
        #expect(entry.fields.first == "MESSAGE=call caller=\"a\\u{a}PRIORITY=0\"")
        #expect(entry.fields.last == "CALLER=a\nPRIORITY=0")
        #expect(entry.fields.count { $0.hasPrefix("PRIORITY=") } == 1)
    }

    @Test(
        "names become what the journal takes",
        arguments: [
            ("FLOW", "FLOW"), ("receive-buffer", "RECEIVE_BUFFER"), ("_PID", "PID"), ("9lives", "LIVES"), ("é", nil),
            ("message", nil), ("PRIORITY", nil),
        ] as [(String, String?)]
    )
    func names(key: String, name: String?) {
        #expect(JournalEntry.name(key) == name)
    }

    @Test("a journal that takes nothing holds nobody up; what was left out is said afterwards")
    func stuckJournal() {
        let gate = DispatchSemaphore(value: 0)
        let taken = Collected()
        let sink = JournalSink(identifier: "test", limit: 500) { entry in
            gate.wait()
            taken.add(entry)
        }
        var logger = Logger(label: "test") { _ in JournalLog(sink: sink) }
        logger.logLevel = .info
        for number in 0..<100 { logger.info("line \(number)") }
        for _ in 0..<200 { gate.signal() }
        sink.flush(within: .seconds(60))
        let messages = taken.entries.compactMap(\.fields.first)
        #expect(messages.first == "MESSAGE=line 0")
        let left = messages.filter { $0.contains("left out") }
        #expect(left.count == 1)
        let written = messages.count - left.count
        #expect(left.first == "MESSAGE=\(100 - written) log entries left out: the journal is too slow")
        #expect(written < 100)
    }

    private func entry(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) -> JournalEntry {
        let taken = Collected()
        let sink = JournalSink(identifier: "test", limit: 1 << 16) { taken.add($0) }
        var logger = Logger(label: "test") { _ in JournalLog(sink: sink) }
        logger.logLevel = .trace
        logger.log(level: level, message, metadata: metadata)
        sink.flush(within: .seconds(60))
        return taken.entries[0]
    }
}

/// What a sink has handed over.
private final class Collected: Sendable {
    private let list = Mutex<[JournalEntry]>([])

    var entries: [JournalEntry] { list.withLock { $0 } }

    func add(_ entry: JournalEntry) { list.withLock { $0.append(entry) } }
}

extension JournalEntry {
    fileprivate var fields: [String] {
        var start = 0
        return ends.map { end in
            defer { start = Int(end) }
            return String(decoding: bytes[start..<Int(end)], as: UTF8.self)
        }
    }
}
