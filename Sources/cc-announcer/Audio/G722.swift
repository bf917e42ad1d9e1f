/// The encoder of ITU-T G.722 at 64 kbit/s: two bands of a wideband sound, each as adaptive differential PCM.
///
/// 16,000 samples a second go in, a byte for each two of them comes out: the two upper bits are the upper band's, the six lower
/// ones the lower band's. Names of steps are those of the Recommendation's blocks (clause 6); all arithmetic is in
/// its fixed point of 16 bits.
struct G722 {
    private var lower = Band(step: 32)
    private var upper = Band(step: 8)
    /// The last 24 samples, the oldest first: the transmit quadrature mirror filter's.
    private var history = [Int](repeating: 0, count: 24)

    /// The bytes of a sound from its beginning; a last sample without a partner is followed by silence.
    static func encode(_ samples: [Int16]) -> [UInt8] {
        var encoder = G722()
        return encoder.encode(samples)
    }

    mutating func encode(_ samples: [Int16]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity((samples.count + 1) / 2)
        for index in stride(from: 0, to: samples.count, by: 2) {
            let second = index + 1 < samples.count ? samples[index + 1] : 0
            bytes.append(encode(Int(samples[index]), Int(second)))
        }
        return bytes
    }

    private mutating func encode(_ first: Int, _ second: Int) -> UInt8 {
        let (low, high) = split(first, second)
        return UInt8(truncatingIfNeeded: encodeUpper(high) << 6 | encodeLower(low))
    }

    /// The quadrature mirror filter: the same 12 coefficients serve both phases, in opposite orders.
    private mutating func split(_ first: Int, _ second: Int) -> (low: Int, high: Int) {
        var (even, odd) = (0, 0)
        history.withUnsafeMutableBufferPointer { history in
            for index in 0..<22 { history[index] = history[index + 2] }
            history[22] = first
            history[23] = second
            Tables.mirror.withUnsafeBufferPointer { mirror in
                for index in 0..<12 {
                    even &+= history[2 &* index] &* mirror[index]
                    odd &+= history[2 &* index &+ 1] &* mirror[11 &- index]
                }
            }
        }
        return ((odd &+ even) >> 14, (odd &- even) >> 14)
    }

    private mutating func encodeLower(_ sample: Int) -> Int {
        let error = saturated(sample &- lower.prediction)
        // QUANTL: the interval of the error's size among 30.
        let size = error >= 0 ? error : ~error
        var interval = 1
        while interval < 30, size >= (Tables.decisions[interval] &* lower.step) >> 12 { interval &+= 1 }
        // Codes count down from the largest interval: negative ones in two runs, for the two smallest have codes of their own.
        let code: Int
        if error >= 0 {
            code = 62 &- interval
        } else {
            code = interval <= 2 ? 64 &- interval : 34 &- interval
        }
        // INVQAL: what a decoder makes of the four upper bits alone, as both sides adapt by those.
        let coarse = code >> 2
        let difference = (lower.step &* Tables.lowerLevels[coarse]) >> 15
        lower.adapt(by: Tables.lowerWeights[coarse], limit: 18_432, shift: 8)
        lower.advance(difference)
        return code
    }

    private mutating func encodeUpper(_ sample: Int) -> Int {
        let error = saturated(sample &- upper.prediction)
        let size = error >= 0 ? error : ~error
        let isLarge = size >= (564 &* upper.step) >> 12
        let code = (error >= 0 ? 2 : 0) | (isLarge ? 0 : 1)
        let difference = (upper.step &* Tables.upperLevels[code]) >> 15
        upper.adapt(by: Tables.upperWeights[code], limit: 22_528, shift: 10)
        upper.advance(difference)
        return code
    }
}

extension G722 {
    /// A band's predictor and its step size.
    fileprivate struct Band {
        /// The quantizer's scale, DET in the Recommendation.
        private(set) var step: Int
        /// What is expected of the next sample: S.
        private(set) var prediction = 0

        /// Logarithm of the scale: NB.
        private var logarithm = 0
        /// The part of the prediction that comes from the zeros: SZ.
        private var zeros = 0
        /// The last two reconstructed signals, and partially reconstructed ones: R and P.
        private var (r1, r2, p1, p2) = (0, 0, 0, 0)
        /// Coefficients of the two poles: A1 and A2.
        private var (a1, a2) = (0, 0)
        /// The last six differences, the newest first, and the coefficients of the six zeros: D and B.
        private var differences = [Int](repeating: 0, count: 6)
        private var coefficients = [Int](repeating: 0, count: 6)

        init(step: Int) { self.step = step }

        /// LOGSCL and SCALEL, LOGSCH and SCALEH: the step follows the size of what was just coded.
        mutating func adapt(by weight: Int, limit: Int, shift: Int) {
            logarithm = min(max((logarithm &* 127) >> 7 &+ weight, 0), limit)
            let mantissa = Tables.powers[logarithm >> 6 & 31]
            let exponent = shift &- logarithm >> 11
            step = (exponent < 0 ? mantissa << -exponent : mantissa >> exponent) << 2
        }

        /// Takes in the quantized difference, and predicts the next sample.
        mutating func advance(_ difference: Int) {
            // RECONS.
            let (r, p) = (saturated(prediction &+ difference), saturated(zeros &+ difference))
            adaptPoles(p)
            adaptZeros(difference)
            (r2, r1) = (r1, r)
            (p2, p1) = (p1, p)
            // FILTEP and PREDIC.
            let poles = saturated(
                (a1 &* saturated(2 &* r1)) >> 15 &+ (a2 &* saturated(2 &* r2)) >> 15
            )
            prediction = saturated(poles &+ zeros)
        }

        /// UPPOL2 and UPPOL1: by the signs of P, now and before.
        private mutating func adaptPoles(_ p: Int) {
            let isSteady = (p < 0) == (p1 < 0)
            let slope = min(isSteady ? -saturated(a1 << 2) : saturated(a1 << 2), 32_767)
            let second = ((p < 0) == (p2 < 0) ? 128 : -128) &+ slope >> 7 &+ (a2 &* 32_512) >> 15
            a2 = min(max(second, -12_288), 12_288)
            let first = saturated((isSteady ? 192 : -192) &+ (a1 &* 32_640) >> 15)
            let bound = saturated(15_360 &- a2)
            a1 = min(max(first, -bound), bound)
        }

        /// UPZERO, then FILTEZ with the new difference in the first place.
        private mutating func adaptZeros(_ difference: Int) {
            let gain = difference == 0 ? 0 : 128
            var sum = 0
            differences.withUnsafeMutableBufferPointer { differences in
                coefficients.withUnsafeMutableBufferPointer { coefficients in
                    for index in 0..<6 {
                        let isAlike = (differences[index] < 0) == (difference < 0)
                        let change = isAlike ? gain : -gain
                        coefficients[index] = saturated(change &+ (coefficients[index] &* 32_640) >> 15)
                    }
                    for index in stride(from: 5, to: 0, by: -1) { differences[index] = differences[index - 1] }
                    differences[0] = difference
                    for index in 0..<6 { sum &+= (coefficients[index] &* saturated(2 &* differences[index])) >> 15 }
                }
            }
            zeros = saturated(sum)
        }
    }

    /// The Recommendation's tables.
    fileprivate enum Tables {
        /// Coefficients of the quadrature mirror filter (table 11), of one phase.
        static let mirror = [3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11]
        /// Q6: bounds of the intervals of the lower band's quantizer.
        static let decisions = [
            0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1_023, 1_121,
            1_219, 1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919,
        ]
        /// QM4: levels of the lower band, by the four upper bits of the code.
        static let lowerLevels = [
            0, -20_456, -12_896, -8_968, -6_288, -4_240, -2_584, -1_200, 20_456, 12_896, 8_968, 6_288, 4_240, 2_584,
            1_200, 0,
        ]
        /// WL of RL42: how the lower band's step changes, by the same bits.
        static let lowerWeights = [
            -60, 3_042, 1_198, 538, 334, 172, 58, -30, 3_042, 1_198, 538, 334, 172, 58, -30, -60,
        ]
        /// QM2 and WH of RH2: the same of the upper band, by its two bits.
        static let upperLevels = [-7_408, -1_616, 7_408, 1_616]
        static let upperWeights = [798, -214, 798, -214]
        /// ILB: 2048 x 2^(index / 32).
        static let powers = [
            2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543, 2_599, 2_656, 2_714, 2_774,
            2_834, 2_896, 2_960, 3_025, 3_091, 3_158, 3_228, 3_298, 3_371, 3_444, 3_520, 3_597, 3_676, 3_756, 3_838,
            3_922, 4_008,
        ]
    }
}

/// Within 16 bits.
private func saturated(_ value: Int) -> Int { min(max(value, -32_768), 32_767) }
