import SIP

/// RTP against SRTP is not converted (CALLS.md section 2, early offer): where one side has only the one and the other side only
/// the other, they are not joined, as if the later one had refused with 488.
extension Exchange {
    /// Whether two sides have no protection of their media in common. Counted if so.
    mutating func isUnlike(_ description: SessionDescription, _ other: SessionDescription?) -> Bool {
        guard let other, description.isProtectedUnlike(other) else { return false }
        counters.protectionMismatches += 1
        return true
    }
}
