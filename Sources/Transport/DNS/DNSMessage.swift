internal import SIP

/// Reads the answers of a DNS message (RFC 1035 section 4): SRV (RFC 2782) and NAPTR (RFC 3403). c-ares reads them too, but
/// keeps their times to live to itself.
struct DNSMessage {
    /// A record and how long it holds, in seconds.
    struct Answer: Equatable {
        let record: DNSRecord
        let timeToLive: UInt32
    }

    private let bytes: [UInt8]
    private static let most = 64

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Those of the answer section that could be read, in its order.
    var answers: [Answer] {
        guard let questions = word(4), let count = word(6) else { return [] }
        var offset = 12
        for _ in 0..<questions {
            guard let end = name(at: offset)?.end else { return [] }
            offset = end + 4
        }
        var answers: [Answer] = []
        for _ in 0..<min(Int(count), Self.most) {
            guard let owner = name(at: offset), let type = word(owner.end), let high = word(owner.end + 4),
                let low = word(owner.end + 6), let length = word(owner.end + 8)
            else { break }
            let data = owner.end + 10
            offset = data + Int(length)
            guard offset <= bytes.count, let record = record(type, data, offset) else { continue }
            answers.append(Answer(record: record, timeToLive: UInt32(high) << 16 | UInt32(low)))
        }
        return answers
    }

    private func record(_ type: UInt16, _ start: Int, _ end: Int) -> DNSRecord? {
        switch type {
        case 33:
            guard let priority = word(start), let weight = word(start + 2), let port = word(start + 4),
                let target = name(at: start + 6)
            else { return nil }
            return .srv(priority: priority, weight: weight, port: port, target: target.text)
        case 35:
            guard let order = word(start), let preference = word(start + 2), let flags = text(at: start + 4, end),
                let service = text(at: flags.end, end), let rule = text(at: service.end, end),
                let replacement = name(at: rule.end)
            else { return nil }
            return .naptr(
                order: order,
                preference: preference,
                flags: flags.text,
                service: service.text,
                replacement: replacement.text
            )
        default:
            return nil
        }
    }

    private func word(_ offset: Int) -> UInt16? {
        guard offset >= 0, offset + 2 <= bytes.count else { return nil }
        return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    /// A string with its length in front.
    private func text(at offset: Int, _ limit: Int) -> (text: String, end: Int)? {
        guard offset < min(limit, bytes.count) else { return nil }
        let end = offset + 1 + Int(bytes[offset])
        guard end <= min(limit, bytes.count) else { return nil }
        return (String(decoding: bytes[(offset + 1)..<end], as: UTF8.self), end)
    }

    /// A name in lower case without its last dot, compression undone; `end` is behind it where it stands.
    private func name(at start: Int) -> (text: String, end: Int)? {
        var labels: [String] = []
        var offset = start
        var end: Int?
        var length = 0
        while offset < bytes.count {
            let size = Int(bytes[offset])
            if size == 0 {
                let text = labels.joined(separator: ".").lowercased()
                return (text, end ?? offset + 1)
            }
            if size >= 0xC0 {
                guard let pointer = word(offset) else { return nil }
                end = end ?? offset + 2
                // Backwards only, so that it ends.
                guard Int(pointer & 0x3FFF) < offset else { return nil }
                offset = Int(pointer & 0x3FFF)
                continue
            }
            length += size + 1
            guard size < 64, length <= 255, offset + 1 + size <= bytes.count else { return nil }
            labels.append(String(decoding: bytes[(offset + 1)..<(offset + 1 + size)], as: UTF8.self))
            offset += 1 + size
        }
        return nil
    }
}
