import Testing

@testable import cc_announcer

@Suite("G.722")
struct G722Tests {
    /// A tone in each band that grow, then nothing, then noise: every part of the coder moves. In whole numbers, so that it is the
    /// same everywhere.
    private static let signal: [Int16] = {
        var state: UInt32 = 1
        return (0..<16_000).map { index in
            switch index {
            case ..<10_000:
                let place = index % 36
                let size = index
                let low = 2 * size * min(place, 36 - place) / 18 - size
                let high = [index / 4, -(index / 4), 0][index % 3]
                return Int16(clamping: low + high)
            case ..<11_000:
                return 0
            default:
                state = state &* 1_664_525 &+ 1_013_904_223
                return Int16(truncatingIfNeeded: Int(state >> 16) - 32_768)
            }
        }
    }()

    @Test("encodes to the bit as an independent implementation does (libspandsp 0.0.6)")
    func reference() {
        let bytes = G722.encode(Self.signal)
        #expect(bytes.count == 8_000)
        #expect(Array(bytes.prefix(12)) == [94, 122, 247, 112, 244, 122, 122, 219, 122, 244, 178, 179])
        #expect(Array(bytes[3_000..<3_008]) == [51, 116, 235, 208, 246, 248, 123, 155])
        // FNV-1a of all that g722_encode of libspandsp makes of the same samples.
        let sum = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 }
        #expect(sum == 0x1BF2_9A37_FDAC_AACE)
    }

    @Test("has a byte for each two samples, and fills up an odd one")
    func lengths() {
        #expect(G722.encode([]).isEmpty)
        #expect(G722.encode([1]) == G722.encode([1, 0]))
        #expect(G722.encode([1, 2, 3]).count == 2)
    }

    @Test("does not overflow, whatever comes")
    func extremes() {
        for period in 1...7 {
            let samples = (0..<4_000).map { $0 / period % 2 == 0 ? Int16.max : Int16.min }
            #expect(G722.encode(samples).count == 2_000)
        }
    }
}
