import CallCenter
import SIP

/// Mending of what must never be broken, found by looking through everything (CALLS.md section 3).
extension Exchange {
    /// Looks for calls, legs and agents that do not belong together any more, and puts them right. Each finding is counted and
    /// stands in the notices. O(agents + calls).
    package mutating func repair(now: Milliseconds) {
        self.now = now
        repairAll()
        settle()
    }

    /// The same a part at a time, as it is due; to be called after `advance`. However many calls and agents there are, it delays
    /// nobody for long, and takes no more than a small part of the time: it is the rounds that take longer then.
    ///
    /// - Returns: whether a round is over.
    package mutating func repairDue(now: Milliseconds) -> Bool {
        guard let due = repairRound.due else {
            repairRound.due = now + RepairRound.interval
            return false
        }
        guard now >= due else { return false }
        self.now = now
        if repairRound.slot == 0 { repairRound.begun = now }
        let end = min(repairRound.slot + RepairRound.slotsAtOnce, slotCount)
        if repairRound.slot < end { repair(slots: repairRound.slot..<end) }
        let isOver = end == slotCount
        if isOver { center.matchForgotten(now: now, out: &distribution) }
        repairRound.slot = isOver ? 0 : end
        repairRound.due = max(now + RepairRound.pause, isOver ? repairRound.begun + RepairRound.interval : now)
        settle()
        return isOver
    }

    mutating func repairAll() {
        repair(slots: 0..<slotCount)
        center.matchForgotten(now: now, out: &distribution)
    }

    private var slotCount: Int { max(calls.slotCount, center.slotCount) }

    private mutating func repair(slots: Range<Int>) {
        for id in calls.handles(inSlots: slots) {
            guard let call = calls[id] else { continue }
            repair(call)
        }
        for (number, ref, owner) in center.owners(inSlots: slots) where calls[CallID(owner: owner)]?.ref != ref {
            found("call \(number): in the distribution, and nowhere else")
            center.callFailed(ref, cause: .internal, now: now, out: &distribution)
        }
        center.repair(slots: slots, now: now, out: &distribution)
    }

    private mutating func repair(_ call: Call) {
        if center.state(of: call.ref) == nil {
            found("unknown to the distribution; ended", in: call)
            record(endOf: call, type: .error, cause: "internal", status: 500, facts: [], by: .system)
            close(call, status: 500) { _, _, _ in }
        } else if !agent.isAlive(call.caller) {
            found("its caller's leg was gone; ended", in: call)
            callerLeft(call, by: .system)
        } else if let leg = call.offer?.leg, !agent.isAlive(leg) {
            found("the leg of the agent who was called was gone", in: call)
            loseOffer(of: call, cause: .failed, status: 0)
        } else if let talk = call.talk, !agent.isAlive(talk.leg) {
            found("the agent's leg was gone; ended", in: call)
            finish(call, talk: talk, by: .system)
        } else if let leg = call.transfer?.leg, !agent.isAlive(leg) {
            found("the leg that it was being handed on to was gone", in: call)
            transferFailed(call, status: 481)
        } else if let media = call.media, !agent.isAlive(media.leg) {
            found("the leg of what plays to it was gone", in: call)
            loseMedia(of: call, status: 481)
        } else if !call.timers.isAnyRunning {
            found("nothing would have ended it", in: call)
            arm(.maxDuration, of: call, in: configuration.maxCallDuration)
        }
    }

    /// The same of a call. Its name is only made for those in whom something is found: all are looked at all the time.
    private mutating func found(_ what: String, in call: Call) { found("call \(call.facts.number): \(what)") }

    /// A broken invariant: for the log, and for the count.
    mutating func found(_ what: String) { center.note(what, out: &distribution) }
}

/// How far the looking through everything has got.
struct RepairRound {
    /// When the next part is to be looked at; nil: nobody has asked yet.
    var due: Milliseconds?
    /// Where that part begins.
    var slot = 0
    var begun: Milliseconds = 0

    /// From one round to the next, unless it takes longer than that.
    static let interval: Milliseconds = 5_000
    /// From one part to the next.
    static let pause: Milliseconds = 100
    /// So many calls are some hundred microseconds where nothing of them is in the caches of the processor.
    static let slotsAtOnce = 500
}
