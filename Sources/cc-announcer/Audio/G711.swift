/// The two companding laws of ITU-T G.711: one byte a sample, 8,000 samples a second.
enum G711: CaseIterable, Sendable {
    /// Mu-law, of North America and Japan: PCMU in RTP.
    case mu
    /// A-law, of the rest of the world: PCMA in RTP.
    case a

    /// The byte that stands for a linear sample of 16 bits.
    func encode(_ sample: Int16) -> UInt8 {
        switch self {
        case .mu: Self.encodeMu(sample)
        case .a: Self.encodeA(sample)
        }
    }

    // Sign, three bits of segment (the logarithm), four of mantissa. The bias, 33 in the Recommendation's 14 bits and 132
    // in 16, makes the segments begin at powers of two; all bits are inverted.
    private static func encodeMu(_ sample: Int16) -> UInt8 {
        let sign: UInt8 = sample < 0 ? 0x80 : 0
        let magnitude = min(sample.magnitude, 32_635) + 132
        let segment = 8 - magnitude.leadingZeroBitCount
        let mantissa = UInt8(truncatingIfNeeded: magnitude >> UInt16(segment + 3)) & 0x0F
        return ~(sign | UInt8(segment) << 4 | mantissa)
    }

    // As above without the bias, so the lowest segment is linear. Every other bit is inverted.
    private static func encodeA(_ sample: Int16) -> UInt8 {
        let sign: UInt8 = sample < 0 ? 0 : 0x80
        // One's complement, so that -1 is the smallest negative value.
        let magnitude = UInt16(sample < 0 ? ~sample : sample)
        let segment = max(0, 8 - magnitude.leadingZeroBitCount)
        let shift = UInt16(max(1, segment) + 3)
        let mantissa = UInt8(truncatingIfNeeded: magnitude >> shift) & 0x0F
        return (sign | UInt8(segment) << 4 | mantissa) ^ 0x55
    }
}
