/// What the sender of a stream tells its listener besides: how much it has sent, and which moment a timestamp stands for
/// (RFC 3550 section 6). Every packet is a compound one, as section 6.1 wants it: a report, then who sends.
struct RTCP {
    /// Seconds between reports on the average (section 6.2); each interval is drawn from half to one and a half of it.
    static let interval = 5.0
    /// Makes up for the drawing's favouring of short intervals (section 6.3.1): e - 3/2.
    static let compensation = 1.218_28

    /// The packet types.
    private static let senderReport: UInt8 = 200
    private static let sourceDescription: UInt8 = 202
    private static let goodbye: UInt8 = 203

    /// What a report says.
    struct Report {
        let source: UInt32
        /// Seconds since 1900 and their fractions, in 32 bits each (section 4).
        let time: UInt64
        /// The same moment in samples.
        let timestamp: UInt32
        let packets: UInt32
        /// Without headers.
        let octets: UInt32
    }

    /// A compound packet: sender report (section 6.4.1), source description with CNAME (6.5.1), and at the end BYE (6.6).
    static func packet(_ report: Report, name: [UInt8], isLast: Bool) -> [UInt8] {
        var packet: [UInt8] = []
        header(senderReport, count: 0, words: 6, to: &packet)
        append(report.source, to: &packet)
        append(report.time, to: &packet)
        append(report.timestamp, to: &packet)
        append(report.packets, to: &packet)
        append(report.octets, to: &packet)

        let name = name.prefix(255)
        // The item is followed by at least one zero, up to a whole word.
        let padding = 4 - (2 + name.count) % 4
        header(sourceDescription, count: 1, words: 1 + (2 + name.count + padding) / 4, to: &packet)
        append(report.source, to: &packet)
        packet += [1, UInt8(truncatingIfNeeded: name.count)] + name + [UInt8](repeating: 0, count: padding)

        if isLast {
            header(goodbye, count: 1, words: 1, to: &packet)
            append(report.source, to: &packet)
        }
        return packet
    }

    /// Frames of 20 ms until the next report.
    static func frames(isFirst: Bool, using generator: inout some RandomNumberGenerator) -> Int {
        let seconds = interval * (isFirst ? 0.5 : 1) * Double.random(in: 0.5...1.5, using: &generator) / compensation
        return max(1, Int(seconds * 50))
    }

    /// - Parameter words: of 32 bits, without this one.
    private static func header(_ type: UInt8, count: UInt8, words: Int, to packet: inout [UInt8]) {
        packet += [0x80 | count, type]
        append(UInt16(truncatingIfNeeded: words), to: &packet)
    }

    private static func append<Integer: FixedWidthInteger>(_ value: Integer, to packet: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { packet.append(contentsOf: $0) }
    }
}
