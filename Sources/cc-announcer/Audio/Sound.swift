import Glibc

/// A sound, ready to be sent in either law.
final class Sound: Sendable {
    /// 8,000 a second.
    static let sampleRate = 8_000

    private let mu: [UInt8]
    private let a: [UInt8]

    /// At least one sample is needed; without any there is one of silence.
    init(samples: [Int16]) {
        let samples = samples.isEmpty ? [0] : samples
        mu = samples.map(G711.mu.encode)
        a = samples.map(G711.a.encode)
    }

    /// Samples, and bytes, in either law.
    var count: Int { mu.count }

    func bytes(_ law: G711) -> [UInt8] {
        switch law {
        case .mu: mu
        case .a: a
        }
    }

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
