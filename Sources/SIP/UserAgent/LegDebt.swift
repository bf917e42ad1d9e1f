/// What a leg that its user has let go of still waits for. Each takes 64 × T1 at most; the first three may be followed by
/// another.
package enum LegDebt: Sendable, Equatable {
    /// Our first INVITE has had no response at all, before which it cannot be cancelled (RFC 3261 section 9.1). Timer B ends that.
    case firstResponse
    /// It has been cancelled and awaits its final response (section 9.1).
    case cancellation
    /// Our 2xx to the peer's first INVITE awaits its ACK, before which there must be no BYE (sections 13.3.1.4 and 15).
    case acknowledgement
    /// The BYE awaits its response; timer F ends that (section 17.1.2.2).
    case farewell
    /// Both sides know that the dialog is over, and a re-INVITE of ours has had no final response yet.
    case reinvite
}

extension UserAgent {
    /// nil if the leg is gone.
    package func debt(of id: LegID) -> LegDebt? {
        guard let leg = legs[id.handle] else { return nil }
        if leg.bye != nil { return .farewell }
        if leg.outgoing?.reinvite != nil { return .reinvite }
        if leg.accepted != nil { return .acknowledgement }
        return leg.outgoing?.cancellation == .sent ? .cancellation : .firstResponse
    }
}
