import Glibc

/// A sound, ready to be sent in any encoding: 8,000 bytes a second each.
final class Sound: Sendable {
    /// Of G.711, and of RTP timestamps.
    static let sampleRate = 8_000
    private static let widebandRate = 16_000

    private let mu: [UInt8]
    private let a: [UInt8]
    private let wide: [UInt8]
    /// Bytes in any encoding.
    let count: Int
    /// Whether it has more than a telephone carries, so that G.722 is worth while.
    let isWideband: Bool

    /// At least one sample is needed; without any there is one of silence.
    init(samples: [Int16], rate: Int = sampleRate) {
        let samples = samples.isEmpty ? [0] : samples
        let narrow = Resampler(from: rate, to: Self.sampleRate).resample(samples)
        let wide = G722.encode(Resampler(from: rate, to: Self.widebandRate).resample(samples))
        count = min(narrow.count, wide.count)
        mu = narrow.prefix(count).map(G711.mu.encode)
        a = narrow.prefix(count).map(G711.a.encode)
        self.wide = Array(wide.prefix(count))
        isWideband = rate > Self.sampleRate
    }

    func bytes(_ encoding: Encoding) -> [UInt8] {
        switch encoding {
        case .pcmu: mu
        case .pcma: a
        case .g722: wide
        }
    }

    /// A second of nothing: for what is missing.
    static let silence = Sound(samples: [Int16](repeating: 0, count: sampleRate))

    /// What an agent of the sample centre says: a soft chime, then silence, two seconds in all.
    static let chime: Sound = {
        let tones = [(start: 0.0, frequency: 523.25), (start: 0.18, frequency: 659.25)]
        let samples = (0..<2 * sampleRate).map { index in
            let time = Double(index) / Double(sampleRate)
            let value = tones.reduce(0.0) { sum, tone in
                let age = time - tone.start
                guard age >= 0, age < 0.6 else { return sum }
                let fade = min(1, age / 0.01) * (1 - age / 0.6) * (1 - age / 0.6)
                return sum + fade * sin(2 * .pi * tone.frequency * age)
            }
            return Int16(clamping: Int(value * 4_000))
        }
        return Sound(samples: samples)
    }()
}
