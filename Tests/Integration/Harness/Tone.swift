import Foundation

/// Sine tones in 16 bit, mono WAV files.
enum Tone {
    static func wav(hertz: Int, seconds: Int, rate: Int = 8_000) -> Data {
        let count = rate * seconds
        var data = Data()
        func append(_ text: String) { data.append(contentsOf: text.utf8) }
        func append<Value: FixedWidthInteger>(_ value: Value) {
            withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
        }
        append("RIFF")
        append(UInt32(36 + count * 2))
        append("WAVEfmt ")
        append(UInt32(16))
        append(UInt16(1))
        append(UInt16(1))
        append(UInt32(rate))
        append(UInt32(rate * 2))
        append(UInt16(2))
        append(UInt16(16))
        append("data")
        append(UInt32(count * 2))
        for index in 0..<count {
            append(Int16(12_000 * sin(2 * .pi * Double(hertz) * Double(index) / Double(rate))))
        }
        return data
    }

    /// For how many seconds a recording holds little else than this tone, by the Goertzel algorithm over tenths of a second.
    static func seconds(of hertz: Int, in wav: Data) -> Double {
        guard wav.count > 44 else { return 0 }
        // Samples a second stand in the header.
        let rate = wav.dropFirst(24).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard rate > 0 else { return 0 }
        let bytes = [UInt8](wav.dropFirst(44))
        let samples = stride(from: 0, to: bytes.count - bytes.count % 2, by: 2).map { index in
            Double(Int16(bitPattern: UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8))
        }
        let window = rate / 10
        let coefficient = 2 * cos(2 * .pi * Double(hertz) / Double(rate))
        var found = 0
        for start in stride(from: 0, through: samples.count - window, by: window) {
            var (previous, beforeThat, energy) = (0.0, 0.0, 0.0)
            for sample in samples[start..<start + window] {
                (previous, beforeThat) = (sample + coefficient * previous - beforeThat, previous)
                energy += sample * sample
            }
            let power = previous * previous + beforeThat * beforeThat - coefficient * previous * beforeThat
            // A pure tone has power = energy x window / 2.
            if energy > 1_000_000, power > 0.5 * energy * Double(window) / 2 { found += 1 }
        }
        return Double(found) / 10
    }
}
