import CallCenter
import SIP

/// What the Exchange remembers of what it has had kept.
struct Keeper {
    /// So many of `Exchange.touched` have been looked at.
    var touchedDone = 0
    /// A buffer for the owners of legs that have changed.
    var owners: [UInt64] = []
    /// The number of the pass over all calls and agents that has begun last.
    var pass: UInt32 = 0
    /// What that pass has still to visit.
    var calls: [CallID] = []
    var nextAgent = Int.max
}

/// By which a call that must be kept anew is told from one that is as it was kept.
struct CallMark: Equatable {
    var number: Int32
    var stage: KeptCall.Stage
    var isAnswered: Bool
    var isMediaUp: Bool
    var hasTriedFirstLeg: Bool
    var connected: LegID?
    var awaitsCallersAnswer: LegID?
    var arrival: UInt64
    var offersMade: Int
    var refusals: Int
    var caller: LegMark?
    var media: LegMark?
    var previousMedia: LegMark?
    var briefing: LegMark?
    var agent: LegMark?
}
