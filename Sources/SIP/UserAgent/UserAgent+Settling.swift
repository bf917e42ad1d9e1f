/// What a leg keeps only for copies of messages that may still be on their way: forgotten when there cannot be any more, since legs
/// live for hours.
extension UserAgent {
    /// The ACK may be asked for again.
    mutating func keep(_ ack: Leg.SentACK, of leg: Leg) {
        var ack = ack
        ack.request.bytes = ack.request.bytes.compacted
        if leg.sentACKs.count == Leg.keptACKs { leg.sentACKs.removeFirst() }
        leg.sentACKs.append(ack)
        awaitCopies(of: leg)
    }

    /// Copies of what has just been dealt with come for 64 × T1 at most (RFC 3261 sections 13.3.1.4 and 17.2.1).
    mutating func awaitCopies(of leg: Leg) {
        guard leg.settleTimer == nil else { return }
        leg.settleTimer = arm(.settle, of: leg, at: now + transactions.timers.lifetime)
    }

    mutating func settle(_ leg: Leg) {
        leg.settleTimer = nil
        let begin = now - transactions.timers.lifetime
        leg.sentACKs = leg.sentACKs.filter { $0.moment > begin }
        if let refused = leg.refused, refused.moment <= begin {
            leg.refused = nil
            changedOwners.append(leg.owner)
        }
        if let next = [leg.sentACKs.first?.moment, leg.refused?.moment].compactMap(\.self).min() {
            leg.settleTimer = arm(.settle, of: leg, at: next + transactions.timers.lifetime)
        }
        if leg.phase == .established { forgetIdentity(of: leg) }
    }

    /// The leg itself is about to be forgotten.
    mutating func forgetCopies(of leg: Leg) {
        if let timer = leg.settleTimer { wheel.cancel(timer) }
        leg.settleTimer = nil
        forgetIdentity(of: leg)
    }

    private mutating func forgetIdentity(of leg: Leg) {
        if let identity = leg.identity { invitedLegs[identity] = nil }
        leg.identity = nil
    }
}
