import SIP

/// One sound on its way to one listener: what is sent each 20 ms.
struct MediaStream {
    /// Samples, and bytes, a packet: 20 ms.
    static let frame = 160

    /// Where and how the listener wants it, from offer and answer.
    struct Target: Equatable {
        /// nil while the call is on hold: then nothing is sent and the sound waits where it is.
        var destination: Endpoint?
        var law: G711
        /// The number that the offer gave to that law; 0 or 8 if it follows RFC 3551.
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

    private let sound: Sound
    private let loops: Bool
    private let source: UInt32
    private var target: Target
    private var position = 0
    private var sequence: UInt16
    private var timestamp: UInt32
    private var isMarked = true

    /// A stream with random source, sequence number and timestamp, as RFC 3550 section 5.1 wants it.
    init(_ sound: Sound, loops: Bool, to target: Target, using generator: inout some RandomNumberGenerator) {
        self.sound = sound
        self.loops = loops
        self.target = target
        source = generator.next()
        sequence = generator.next()
        timestamp = generator.next()
    }

    /// Sends on to another address, in another law, or holds. The sound goes on from where it is; source, numbers and
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
        guard loops || position < sound.count else { return .end }
        packet.removeAll(keepingCapacity: true)
        let header = RTPHeader(
            isMarked: isMarked,
            payloadType: target.payloadType,
            sequence: sequence,
            timestamp: timestamp,
            source: source
        )
        header.append(to: &packet)
        appendSamples(to: &packet)
        isMarked = false
        sequence &+= 1
        timestamp &+= UInt32(Self.frame)
        return .send(to: destination)
    }

    // A loop begins again within a packet, so that its length need not be a multiple of 20 ms.
    private mutating func appendSamples(to packet: inout [UInt8]) {
        let bytes = sound.bytes(target.law)
        var missing = Self.frame
        while missing > 0 {
            if position >= bytes.count {
                guard loops else {
                    packet.append(contentsOf: repeatElement(target.law.silence, count: missing))
                    return
                }
                position = 0
            }
            let part = bytes[position..<min(bytes.count, position + missing)]
            packet.append(contentsOf: part)
            position += part.count
            missing -= part.count
        }
    }
}
