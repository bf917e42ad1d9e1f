import SIP

/// Sounds on their way to one listener: what is sent each 20 ms.
struct MediaStream {
    /// Bytes a packet, in every encoding, and what its timestamp counts: 20 ms.
    static let frame = 160

    /// Where and how the listener wants it, from offer and answer.
    struct Target: Equatable {
        /// nil while the call is on hold: then nothing is sent and the sound waits where it is.
        var destination: Endpoint?
        /// Where reports go; nil: nowhere.
        var control: Endpoint?
        var encoding: Encoding
        /// The number that the offer gave to that encoding; 0, 8 or 9 if it follows RFC 3551.
        var payloadType: UInt8
    }

    enum Step: Equatable {
        /// A packet was written.
        case send(to: Endpoint)
        /// On hold.
        case wait
        /// The last packet has gone before.
        case end
    }

    /// What is played before `sound`, each once, the next one last.
    private var lead: [Sound]
    private let sound: Sound
    private let loops: Bool
    private let source: UInt32
    private var target: Target
    private var position = 0
    private var sequence: UInt16
    private var timestamp: UInt32
    private var isMarked = true
    private var packets: UInt32 = 0
    /// Frames until the next report.
    private var framesToReport: Int

    /// A stream with random source, sequence number and timestamp, as RFC 3550 section 5.1 wants it.
    init(
        _ sound: Sound,
        after lead: [Sound] = [],
        loops: Bool,
        to target: Target,
        using generator: inout some RandomNumberGenerator
    ) {
        self.lead = lead.reversed()
        self.sound = sound
        self.loops = loops
        self.target = target
        source = generator.next()
        sequence = generator.next()
        timestamp = generator.next()
        framesToReport = RTCP.frames(isFirst: true, using: &generator)
    }

    /// Sends on to another address, in another encoding, or holds. The sound goes on from where it is; source, numbers and
    /// timestamps too.
    mutating func retarget(_ target: Target) {
        if target.destination == nil { isMarked = true }
        self.target = target
    }

    /// Time that passed without packets, because the process stood still.
    mutating func skip(frames: Int) {
        timestamp &+= UInt32(truncatingIfNeeded: frames * Self.frame)
        isMarked = true
    }

    /// The next 20 ms. Overwrites `packet` if there is something to send.
    mutating func next(_ packet: inout [UInt8]) -> Step {
        guard let destination = target.destination else {
            timestamp &+= UInt32(Self.frame)
            return .wait
        }
        guard loops || !lead.isEmpty || position < sound.count else { return .end }
        packet.removeAll(keepingCapacity: true)
        let header = RTPHeader(
            isMarked: isMarked,
            payloadType: target.payloadType,
            sequence: sequence,
            timestamp: timestamp,
            source: source
        )
        header.append(to: &packet)
        appendSound(to: &packet)
        isMarked = false
        packets &+= 1
        framesToReport -= 1
        sequence &+= 1
        timestamp &+= UInt32(Self.frame)
        return .send(to: destination)
    }

    /// The report that is due before the next packet; nil if none is.
    mutating func report(
        at time: UInt64,
        name: [UInt8],
        using generator: inout some RandomNumberGenerator
    ) -> (packet: [UInt8], to: Endpoint)? {
        guard framesToReport <= 0 else { return nil }
        framesToReport = RTCP.frames(isFirst: false, using: &generator)
        return report(at: time, name: name, isLast: false)
    }

    /// The last report, with BYE; nil for a listener who has heard nothing.
    func goodbye(at time: UInt64, name: [UInt8]) -> (packet: [UInt8], to: Endpoint)? {
        report(at: time, name: name, isLast: true)
    }

    private func report(at time: UInt64, name: [UInt8], isLast: Bool) -> (packet: [UInt8], to: Endpoint)? {
        guard packets > 0, let control = target.control else { return nil }
        let report = RTCP.Report(
            source: source,
            time: time,
            timestamp: timestamp,
            packets: packets,
            octets: packets &* UInt32(Self.frame)
        )
        return (RTCP.packet(report, name: name, isLast: isLast), control)
    }

    // One sound follows the other, and a loop begins again, within a packet, so that their lengths need not be multiples
    // of 20 ms.
    private mutating func appendSound(to packet: inout [UInt8]) {
        var missing = Self.frame
        while missing > 0 {
            let current = lead.last ?? sound
            guard position < current.count else {
                if lead.popLast() == nil, !loops {
                    packet.append(contentsOf: Sound.silence.bytes(target.encoding).prefix(missing))
                    return
                }
                position = 0
                continue
            }
            let part = current.bytes(target.encoding)[position..<min(current.count, position + missing)]
            packet.append(contentsOf: part)
            position += part.count
            missing -= part.count
        }
    }
}
