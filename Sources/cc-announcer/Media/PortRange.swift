/// Ports for RTP: pairs of an even one for RTP and the odd one above it for RTCP (RFC 3550 section 11).
struct PortRange: Equatable {
    let lower: UInt16
    let upper: UInt16

    init(lower: UInt16, upper: UInt16) {
        self.lower = lower
        self.upper = upper
    }

    /// Reads `20000-29999`; nil if that is no range, begins at 0, or has no pair in it.
    init?(_ text: String) {
        let bounds = text.split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, let lower = UInt16(bounds[0]), let upper = UInt16(bounds[1]), lower > 0 else {
            return nil
        }
        self.init(lower: lower, upper: upper)
        guard !pairs.isEmpty else { return nil }
    }

    /// The even port of each pair.
    var pairs: [UInt16] {
        guard lower < upper else { return [] }
        return (lower..<upper).filter { $0.isMultiple(of: 2) }
    }
}
