import Glibc

/// Brings a sound to another number of samples a second: ideal low-pass interpolation, cut to a Kaiser window.
///
/// What the lower of the two rates cannot carry is gone afterwards (80 dB down), instead of coming back at other frequencies.
struct Resampler {
    /// Outputs at `step` / `phases` of the input's samples from each other: 441 / 80 from 44,100 to 8,000.
    private let step: Int
    private let phases: Int
    /// Weights of the input's samples around an output, for each place that it can have between two of them.
    private let weights: [Float]
    /// Samples to each side.
    private let reach: Int

    /// - Parameters: samples a second, above 0.
    init(from source: Int, to target: Int) {
        let divisor = Self.greatestCommonDivisor(source, target)
        step = source / divisor
        phases = target / divisor
        guard source != target else {
            self.weights = []
            reach = 0
            return
        }
        // Of the Nyquist frequency of the lower rate. What lies between 0.84 and 1 fades.
        let cutoff = 0.92 * min(1, Double(target) / Double(source))
        reach = Int((32 / cutoff).rounded(.up))
        var weights: [Float] = []
        weights.reserveCapacity(phases * 2 * reach)
        for phase in 0..<phases {
            let offset = Double(phase) / Double(phases)
            for tap in 0..<2 * reach {
                let distance = Double(tap - reach + 1) - offset
                weights.append(Float(Self.weight(at: distance, cutoff, Double(reach))))
            }
        }
        self.weights = weights
    }

    func resample(_ samples: [Int16]) -> [Int16] {
        guard phases != step else { return samples }
        // Silence around it, so that no place needs a question whether there is a sample.
        let silence = [Float](repeating: 0, count: reach)
        let padded = silence + samples.map(Float.init) + silence
        let count = (samples.count * phases + step - 1) / step
        return padded.withUnsafeBufferPointer { input in
            weights.withUnsafeBufferPointer { weights in
                (0..<count).map { index in
                    let (first, phase) = (index * step).quotientAndRemainder(dividingBy: phases)
                    var sum: Float = 0
                    // The input's sample `first` has `reach` of silence before it, and is tap `reach - 1`.
                    for tap in 0..<2 * reach {
                        sum += input[first &+ 1 &+ tap] * weights[phase &* 2 &* reach &+ tap]
                    }
                    return Int16(clamping: Int(sum.rounded()))
                }
            }
        }
    }

    /// Of a sample so many samples away.
    private static func weight(at distance: Double, _ cutoff: Double, _ reach: Double) -> Double {
        let place = distance / reach
        guard abs(place) < 1 else { return 0 }
        let angle = .pi * cutoff * distance
        let sinc = distance == 0 ? 1 : sin(angle) / angle
        return cutoff * sinc * bessel(8 * (1 - place * place).squareRoot()) / bessel(8)
    }

    /// The modified Bessel function of the first kind and order 0, by its series.
    private static func bessel(_ value: Double) -> Double {
        var (sum, term, index) = (1.0, 1.0, 1.0)
        repeat {
            term *= (value / (2 * index)) * (value / (2 * index))
            sum += term
            index += 1
        } while term > sum * 1e-12
        return sum
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}
