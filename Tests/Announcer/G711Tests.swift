import Testing

@testable import cc_announcer

@Suite("G.711")
struct G711Tests {
    @Test(
        "encodes mu-law as the Recommendation's table",
        arguments: [
            (0, 0xFF), (8, 0xFE), (-8, 0x7E), (100, 0xF2), (-100, 0x72), (1_000, 0xCE), (-1_000, 0x4E), (8_158, 0x9F),
            (32_635, 0x80), (.max, 0x80), (-32_635, 0x00), (.min, 0x00),
        ] as [(Int16, UInt8)]
    )
    func mu(sample: Int16, code: UInt8) {
        #expect(G711.mu.encode(sample) == code)
    }

    @Test(
        "encodes A-law as the Recommendation's table",
        arguments: [
            (0, 0xD5), (-1, 0x55), (15, 0xD5), (16, 0xD4), (100, 0xD3), (-100, 0x53), (1_000, 0xFA), (-1_000, 0x7A),
            (8_158, 0x8A), (.max, 0xAA), (.min, 0x2A),
        ] as [(Int16, UInt8)]
    )
    func a(sample: Int16, code: UInt8) {
        #expect(G711.a.encode(sample) == code)
    }

    @Test("is never off by more than half a step", arguments: G711.allCases)
    func roundTrip(law: G711) {
        for sample in stride(from: Int16(-32_000), through: 32_000, by: 1) {
            let decoded = decode(law.encode(sample), law)
            // Sixteen steps a segment: at most a thirty-second of the value, or half of the smallest step.
            let allowed = max(8, Int(sample.magnitude + 132) / 32 + 1)
            #expect(abs(decoded - Int(sample)) <= allowed)
        }
    }

    /// The receiving side, written from the Recommendation independently of the encoder.
    private func decode(_ code: UInt8, _ law: G711) -> Int {
        switch law {
        case .mu:
            let code = ~code
            let magnitude = (((Int(code & 0x0F) << 3) + 132) << Int(code >> 4 & 7)) - 132
            return code & 0x80 == 0 ? magnitude : -magnitude
        case .a:
            let code = code ^ 0x55
            let segment = Int(code >> 4 & 7)
            var magnitude = (Int(code & 0x0F) << 4) + 8
            if segment > 0 { magnitude = (magnitude + 256) << (segment - 1) }
            return code & 0x80 == 0 ? -magnitude : magnitude
        }
    }
}
