/// Why a file cannot be played, in words for the person who put it there.
enum WaveError: Error, Equatable, CustomStringConvertible {
    case notWave
    case truncated
    case notPCM(format: UInt16)
    case bits(UInt16)
    case channels(UInt16)
    case sampleRate(UInt32)
    case empty

    var description: String {
        switch self {
        case .notWave: "not a WAV file"
        case .truncated: "the WAV file is cut off"
        case .notPCM(let format): "WAV format \(format); wanted PCM (1)" + Self.remedy
        case .bits(let bits): "\(bits) bits a sample; wanted 16" + Self.remedy
        case .channels(let channels): "\(channels) channels; wanted 1 or 2" + Self.remedy
        case .sampleRate(let rate): "\(rate) samples a second; wanted \(Self.rates)" + Self.remedy
        case .empty: "the WAV file has no samples"
        }
    }

    private static let remedy = ": convert it with sox IN.wav -r 16000 -c 1 -b 16 OUT.wav"
    private static let rates = WaveFile.rates.map { "\($0)" }.joined(separator: ", ")
}

/// The sound of a RIFF WAVE file of 16-bit samples.
struct WaveFile: Equatable {
    /// Samples a second that a file may have: those that programs write.
    static let rates: [UInt32] = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

    /// The sound; of two channels the mean.
    let samples: [Int16]
    /// Samples a second.
    let rate: Int

    /// Reads a file of uncompressed 16-bit samples.
    init(_ bytes: [UInt8]) throws(WaveError) {
        var reader = Reader(bytes)
        guard reader.tag() == "RIFF", reader.word32() != nil, reader.tag() == "WAVE" else { throw .notWave }
        var format: Format?
        while let tag = reader.tag() {
            guard let size = reader.word32() else { throw .truncated }
            guard let chunk = reader.chunk(Int(size)) else { throw .truncated }
            if tag == "fmt " {
                format = try Format(chunk)
            } else if tag == "data" {
                guard let format else { throw .notWave }
                samples = format.samples(of: chunk)
                rate = format.rate
                guard !samples.isEmpty else { throw .empty }
                return
            }
        }
        throw format == nil ? .notWave : .truncated
    }

    /// The chunk "fmt ".
    private struct Format {
        let channels: Int
        let rate: Int

        init(_ chunk: ArraySlice<UInt8>) throws(WaveError) {
            var reader = Reader(chunk)
            guard var format = reader.word16(), let channels = reader.word16(), let rate = reader.word32(),
                reader.word32() != nil, reader.word16() != nil, let bits = reader.word16()
            else { throw .truncated }
            // WAVE_FORMAT_EXTENSIBLE: the real format begins the GUID.
            if format == 0xFFFE, reader.word16() != nil, reader.word16() != nil, reader.word32() != nil {
                format = reader.word16() ?? format
            }
            guard format == 1 else { throw .notPCM(format: format) }
            guard bits == 16 else { throw .bits(bits) }
            guard channels == 1 || channels == 2 else { throw .channels(channels) }
            guard WaveFile.rates.contains(rate) else { throw .sampleRate(rate) }
            self.channels = Int(channels)
            self.rate = Int(rate)
        }

        func samples(of chunk: ArraySlice<UInt8>) -> [Int16] {
            var reader = Reader(chunk)
            return (0..<chunk.count / (2 * channels)).map { _ in
                var sum = 0
                for _ in 0..<channels { sum += Int(Int16(bitPattern: reader.word16() ?? 0)) }
                return Int16(clamping: sum / channels)
            }
        }
    }
}

/// Takes little-endian fields off the front of some bytes; nil when they are used up.
private struct Reader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    mutating func word16() -> UInt16? {
        guard let low = bytes.popFirst(), let high = bytes.popFirst() else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    mutating func word32() -> UInt32? {
        guard let low = word16(), let high = word16() else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    mutating func tag() -> String? {
        guard bytes.count >= 4 else { return nil }
        defer { bytes.removeFirst(4) }
        return String(decoding: bytes.prefix(4), as: UTF8.self)
    }

    /// A chunk of so many bytes, and its padding to an even number.
    mutating func chunk(_ size: Int) -> ArraySlice<UInt8>? {
        guard bytes.count >= size else { return nil }
        defer { bytes.removeFirst(min(bytes.count, size + size % 2)) }
        return bytes.prefix(size)
    }
}
