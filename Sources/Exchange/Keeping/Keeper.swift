import CallCenter
import SIP

/// What the Exchange remembers of what it has had kept.
struct Keeper: ~Copyable {
    /// So many of `Exchange.touched` have been looked at.
    var touchedDone = 0
    /// A buffer for the owners of legs that have changed.
    var owners: [UInt64] = []
    /// A buffer for what has changed of a call.
    var writer = ByteWriter(capacity: 16_384)
    /// How often it was looked for what has changed.
    var turn: UInt64 = 0
    /// The number of the pass over all calls and agents that has begun last. What is kept of a call for the first time in a pass is
    /// the whole of it.
    var pass: UInt32 = 0
    /// Nothing is kept of a call but the whole of it.
    var keepsWholeCalls = false
    /// What that pass has still to visit, and the agent whom it has visited last.
    var calls: [CallID] = []
    var lastAgent: String?
    /// Calls that have changed, but told nobody, and when they are kept all the same; from `quietDone` on, in order.
    var quiet: [(call: CallID, due: Milliseconds)] = []
    var quietDone = 0

    /// What nobody was told of may be in memory only for so long: in most cases the call tells somebody of something else meanwhile,
    /// and is kept then.
    static let quietTime: Milliseconds = 1_000
    /// After so many changes a call is kept as a whole: what is read at the start stays bounded.
    static let mostChanges: UInt16 = 64

    /// The next quiet call that is due.
    mutating func nextQuiet(now: Milliseconds) -> CallID? {
        guard quietDone < quiet.count else {
            quiet.removeAll(keepingCapacity: true)
            quietDone = 0
            return nil
        }
        guard quiet[quietDone].due <= now else { return nil }
        defer { quietDone += 1 }
        return quiet[quietDone].call
    }

    mutating func addQuiet(_ call: CallID, now: Milliseconds) {
        // What is done with goes before the buffer would grow.
        if quietDone > 1_024, quietDone > quiet.count / 2 {
            quiet.removeFirst(quietDone)
            quietDone = 0
        }
        quiet.append((call, now + Self.quietTime))
    }
}

/// By which a call that must be kept anew is told from one that is as it was kept: numbers only, so that it costs next to nothing to
/// take and to compare.
struct CallMark: Equatable {
    var number: Int32
    /// Of `KeptCall.Stage`; a call that leaves for somebody else has another leg for each.
    var stage: UInt8
    var isAnswered: Bool
    var isMediaUp: Bool
    var hasTriedFirstLeg: Bool
    var connected: LegID?
    var awaitsCallersAnswer: LegID?
    var rejoin: LegID?
    var arrival: UInt64
    var offersMade: UInt32
    var refusals: UInt32
    /// How many Call-IDs there are, and flows that it came from.
    var callIDs: UInt32
    var flowsBefore: UInt32
    var caller: LegMark?
    var media: LegMark?
    var agent: LegMark?
    /// Of the media before and of the briefing, if there is one of them, which is rare.
    var others: [LegMark?]

    /// That of a leg; nil if there was none.
    func mark(of leg: LegID) -> LegMark? {
        if let media, media.id == leg { return media }
        if let agent, agent.id == leg { return agent }
        if let caller, caller.id == leg { return caller }
        for case let other? in others where other.id == leg { return other }
        return nil
    }

    /// Whether it has the leg as it is now.
    func holds(_ leg: LegMark) -> Bool {
        leg == caller || leg == media || leg == agent || others.contains(leg)
    }
}

/// What of a call has been kept, and how often since it was kept as a whole. A reference: each look at a call would copy it.
final class KeptState {
    var mark: CallMark
    let flowID: String
    /// In which pass that was.
    let pass: UInt32
    var changes: UInt16 = 0

    init(mark: CallMark, flowID: String, pass: UInt32) {
        self.mark = mark
        self.flowID = flowID
        self.pass = pass
    }
}
