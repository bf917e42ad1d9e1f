import Foundation

/// A message as sipp logged it.
struct SIPLogEntry: Sendable {
    /// Seconds since 1970 on the clock of the machine.
    let time: Double
    /// By the sipp that wrote the log.
    let isSent: Bool
    let text: String

    private var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// Method of a request, nil for a response.
    var method: String? {
        text.hasPrefix("SIP/2.0") ? nil : text.prefix { $0 != " " }.description
    }

    /// Status of a response, nil for a request.
    var status: Int? {
        text.hasPrefix("SIP/2.0 ") ? Int(text.dropFirst(8).prefix(3)) : nil
    }

    /// The first header of this name, which the log must spell so.
    func header(_ name: String) -> String? {
        for line in lines {
            if line.isEmpty { return nil }
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                return parts[1].trimmingCharacters(in: .whitespaces)
            }
        }
        return nil
    }

    var callID: String { header("Call-ID") ?? "" }

    /// `1 INVITE`: which transaction of its call and direction this belongs to.
    var cseq: String { header("CSeq") ?? "" }

    /// Whether it is a request, or the response to one, of this method.
    func concerns(_ method: String) -> Bool { cseq.hasSuffix(" " + method) }

    /// What follows the empty line.
    var body: String {
        guard let gap = text.firstRange(of: "\n\n") else { return "" }
        return String(text[gap.upperBound...])
    }

    /// The audio port of the SDP, nil without SDP.
    var audioPort: Int? {
        body.firstMatch(of: /m=audio ([0-9]+)/).flatMap { Int($0.1) }
    }

    /// The user part of From.
    var caller: String? {
        header("From")?.firstMatch(of: /<sips?:([^@>]*)@/).map { String($0.1) }
    }

    /// The tag of From or To; nil without one.
    func tag(of name: String) -> String? {
        header(name)?.firstMatch(of: /;tag=([^;> ]+)/).map { String($0.1) }
    }

    /// The display name of From, without quotes.
    var displayName: String? {
        header("From")?.firstMatch(of: /^"?([^"<]*?)"?\s*</).map { String($0.1) }
    }
}

/// Reads the message log of sipp (`-trace_msg`).
func readSIPLog(_ file: URL) throws -> [SIPLogEntry] {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = .current
    format.dateFormat = "yyyy-MM-dd HH:mm:ss"
    let ruler = String(repeating: "-", count: 47) + " "
    let text = try String(decoding: Data(contentsOf: file), as: UTF8.self).replacing("\r\n", with: "\n")
    return text.split(separator: ruler).compactMap { part in
        guard let newline = part.firstIndex(of: "\n") else { return nil }
        let stamp = part[..<newline].split(separator: ".")
        guard stamp.count == 2, let date = format.date(from: String(stamp[0])), let fraction = Double("0." + stamp[1])
        else { return nil }
        let rest = part[part.index(after: newline)...]
        guard let end = rest.firstIndex(of: "\n") else { return nil }
        return SIPLogEntry(
            time: date.timeIntervalSince1970 + fraction,
            isSent: rest[..<end].contains("sent"),
            text: String(rest[end...].drop { $0 == "\n" })
        )
    }
}
