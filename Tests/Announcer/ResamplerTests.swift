import Foundation
import Testing

@testable import cc_announcer

@Suite("Another number of samples a second")
struct ResamplerTests {
    private static func tone(_ hertz: Double, rate: Int, seconds: Double = 0.5) -> [Int16] {
        (0..<Int(seconds * Double(rate))).map { index in
            Int16(10_000 * sin(2 * .pi * hertz * Double(index) / Double(rate)))
        }
    }

    /// The power of what is left of a tone and of all else, in the middle, where no edge is heard.
    private static func powers(_ samples: [Int16], _ hertz: Double, rate: Int) -> (tone: Double, rest: Double) {
        let middle = samples[samples.count / 4..<samples.count * 3 / 4]
        var (sine, cosine, energy) = (0.0, 0.0, 0.0)
        for (index, sample) in zip(middle.indices, middle) {
            let angle = 2 * .pi * hertz * Double(index) / Double(rate)
            sine += Double(sample) * sin(angle)
            cosine += Double(sample) * cos(angle)
            energy += Double(sample) * Double(sample)
        }
        let tone = 2 * (sine * sine + cosine * cosine) / Double(middle.count)
        return (tone / Double(middle.count), (energy - tone) / Double(middle.count))
    }

    /// Power of the tone that goes in.
    private static let whole = 10_000.0 * 10_000 / 2

    @Test(
        "leaves a tone what it is, and adds nothing",
        arguments: [
            (16_000, 8_000, 1_000.0), (16_000, 8_000, 3_300), (8_000, 16_000, 1_000), (8_000, 16_000, 3_300),
            (44_100, 8_000, 440), (22_050, 16_000, 3_000), (48_000, 16_000, 6_500), (11_025, 16_000, 2_000),
        ]
    )
    func tone(from source: Int, to target: Int, hertz: Double) {
        let samples = Resampler(from: source, to: target).resample(Self.tone(hertz, rate: source))
        #expect(abs(samples.count - target / 2) <= 1)
        let (tone, rest) = Self.powers(samples, hertz, rate: target)
        #expect(abs(tone / Self.whole - 1) < 0.01)
        // 60 dB below it; rounding to whole numbers alone is 96 dB.
        #expect(rest < Self.whole / 1e6)
    }

    @Test(
        "takes out what the lower rate cannot carry",
        arguments: [(16_000, 8_000, 5_000.0), (16_000, 8_000, 7_900), (44_100, 16_000, 12_000), (48_000, 8_000, 4_500)]
    )
    func alias(from source: Int, to target: Int, hertz: Double) {
        let samples = Resampler(from: source, to: target).resample(Self.tone(hertz, rate: source))
        let middle = samples[samples.count / 4..<samples.count * 3 / 4]
        let power = middle.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(middle.count)
        #expect(power < Self.whole / 1e6)
    }

    @Test("gives a sound as it is at the same rate, and the shortest one something")
    func edges() {
        #expect(Resampler(from: 8_000, to: 8_000).resample([1, 2, 3]) == [1, 2, 3])
        #expect(Resampler(from: 8_000, to: 16_000).resample([5]).count == 2)
        #expect(Resampler(from: 48_000, to: 8_000).resample([5]).count == 1)
        #expect(Resampler(from: 16_000, to: 8_000).resample([.max, .max, .min, .min, .max, .max]).count == 3)
    }
}

@Suite("A sound")
struct SoundTests {
    @Test("has as many bytes in every encoding, whatever its rate and length", arguments: WaveFile.rates)
    func lengths(rate: UInt32) {
        for count in [0, 1, 2, 3, 441, 1_000, 1_001] {
            let sound = Sound(samples: [Int16](repeating: 100, count: count), rate: Int(rate))
            #expect(sound.count > 0)
            #expect(Encoding.allCases.allSatisfy { sound.bytes($0).count == sound.count })
            #expect(abs(sound.count - max(1, count * 8_000 / Int(rate))) <= 1)
        }
        #expect(Sound(samples: [1], rate: Int(rate)).isWideband == (rate > 8_000))
    }
}
