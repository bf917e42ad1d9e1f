package import Logging

/// How a log event reads for people: `call arrived call=7 flow=support`.
package enum LogText {
    /// The fields of an event together with those of its logger, in one order whatever the hashing: lines of the same kind
    /// are to look the same.
    package static func fields(_ event: LogEvent, _ metadata: Logger.Metadata) -> [(key: String, value: String)] {
        let own = event.metadata ?? [:]
        var fields = (metadata.isEmpty ? own : metadata.merging(own) { $1 })
            .map { (key: $0.key, value: "\($0.value)") }
            .sorted { $0.key < $1.key }
        if let error = event.error { fields.append((key: "error", value: "\(error)")) }
        return fields
    }

    /// The message and its fields in one line.
    package static func line(_ message: Logger.Message, _ fields: [(key: String, value: String)]) -> String {
        var line = "\(message)"
        for field in fields { line += " \(field.key.lowercased())=\(quoted(field.value))" }
        return line
    }

    /// A value with blanks or quotes in it gets quotes; what could break the line is escaped.
    private static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x7F && $0 != 0x5C }
        guard !isPlain else { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                quoted += "\\u{\(String(scalar.value, radix: 16))}"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
