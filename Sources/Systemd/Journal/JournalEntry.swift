import Logging

/// One entry of the journal: fields, each `NAME=value`, one after the other in one buffer.
struct JournalEntry: Sendable, Equatable {
    private(set) var bytes: [UInt8] = []
    /// Where each field ends in `bytes`.
    private(set) var ends: [UInt32] = []

    init(_ event: LogEvent, metadata: Logger.Metadata, identifier: String) {
        let fields = LogText.fields(event, metadata)
        add("MESSAGE", LogText.line(event.message, fields))
        add("PRIORITY", "\(Self.priority(of: event.level))")
        add("SYSLOG_IDENTIFIER", identifier)
        for field in fields { if let name = Self.name(field.key) { add(name, field.value) } }
    }

    /// An entry of our own about the log itself.
    init(warning message: String, identifier: String) {
        add("MESSAGE", message)
        add("PRIORITY", "4")
        add("SYSLOG_IDENTIFIER", identifier)
    }

    private mutating func add(_ name: String, _ value: String) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "="))
        bytes.append(contentsOf: value.utf8)
        ends.append(UInt32(clamping: bytes.count))
    }

    /// The name as the journal wants it (systemd.journal-fields(7)): capital letters, digits and underscores, beginning with
    /// a letter, at most 64. nil if nothing is left of it, or if it is one that the entry has already.
    static func name(_ key: String) -> String? {
        let letters = key.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        let start = letters.drop { !(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0) }
        let name = String(decoding: start.prefix(64), as: UTF8.self)
        return name.isEmpty || ["MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER"].contains(name) ? nil : name
    }

    /// syslog(3): 2 critical to 7 debug.
    private static func priority(of level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
