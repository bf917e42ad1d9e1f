import Testing

@testable import cc_announcer

/// A WAV file of these samples.
func wave(
    _ samples: [Int16],
    format: UInt16 = 1,
    channels: UInt16 = 1,
    rate: UInt32 = 8_000,
    bits: UInt16 = 16,
    before: [UInt8] = []
) -> [UInt8] {
    func word16(_ value: UInt16) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
    func word32(_ value: Int) -> [UInt8] {
        word16(UInt16(value & 0xFFFF)) + word16(UInt16(value >> 16))
    }
    let block = channels * bits / 8
    var body = Array("WAVEfmt ".utf8) + word32(16) + word16(format) + word16(channels) + word32(Int(rate))
    body += word32(Int(rate) * Int(block)) + word16(block) + word16(bits) + before
    body += Array("data".utf8) + word32(2 * samples.count) + samples.flatMap { word16(UInt16(bitPattern: $0)) }
    return Array("RIFF".utf8) + word32(body.count) + body
}

@Suite("A WAV file")
struct WaveFileTests {
    @Test("gives its samples")
    func samples() throws {
        #expect(try WaveFile(wave([1, -2, .max, .min])).samples == [1, -2, .max, .min])
    }

    @Test("may have other chunks before the samples, of odd length too")
    func chunks() throws {
        let list = Array("LIST".utf8) + [3, 0, 0, 0, 1, 2, 3, 0]
        #expect(try WaveFile(wave([7, 8], before: list)).samples == [7, 8])
    }

    @Test("is brought down to one channel by means")
    func folded() throws {
        let file = try WaveFile(wave([10, 20, -4, 0, .max, .max], channels: 2, rate: 16_000))
        #expect(file.samples == [15, -2, .max])
        #expect(file.rate == 16_000)
    }

    @Test(
        "is refused for one reason",
        arguments: [
            ([], .notWave),
            (Array("RIFFxxxxAVI ".utf8), .notWave),
            (wave([1], format: 7), .notPCM(format: 7)),
            (wave([1], bits: 8), .bits(8)),
            (wave([1], channels: 6), .channels(6)),
            (wave([1], channels: 0), .channels(0)),
            (wave([1], rate: 7_999), .sampleRate(7_999)),
            (wave([]), .empty),
            (wave([1, 2, 3]).dropLast(), .truncated),
            (Array(wave([1, 2, 3]).prefix(36)), .truncated),
            (Array(wave([1, 2, 3]).prefix(20)), .truncated),
            (Array(wave([1, 2, 3]).prefix(12)), .notWave),
        ] as [([UInt8], WaveError)]
    )
    func refused(bytes: [UInt8], error: WaveError) {
        #expect(throws: error) { try WaveFile(bytes) }
    }

    @Test("never traps, wherever it is cut off or damaged")
    func damaged() {
        let whole = wave([1, 2, 3, 4], before: Array("LIST".utf8) + [2, 0, 0, 0, 9, 9])
        for index in whole.indices {
            _ = try? WaveFile(Array(whole[..<index]))
            for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
                var bytes = whole
                bytes[index] = value
                _ = try? WaveFile(bytes)
            }
        }
        #expect(throws: Never.self) { try WaveFile(whole) }
    }
}
