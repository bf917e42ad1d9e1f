import CallCenter
import SIP

/// Mending of what must never be broken, found by looking through everything (CALLS.md section 3).
extension Exchange {
    /// Looks for calls, legs and agents that do not belong together any more, and puts them right. Each finding is counted and
    /// stands in the notices. To be called every few seconds, after `advance`; O(agents + calls).
    package mutating func repair(now: Milliseconds) {
        self.now = now
        repairAll()
        settle()
    }

    mutating func repairAll() {
        for id in calls.handles {
            guard let call = calls[id] else { continue }
            repair(call)
        }
        for (number, ref, owner) in center.owners where calls[CallID(owner: owner)]?.ref != ref {
            found("call \(number): in the distribution, and nowhere else")
            center.callFailed(ref, cause: .internal, now: now, out: &distribution)
        }
        center.repair(now: now, out: &distribution)
    }

    private mutating func repair(_ call: Call) {
        let name = "call \(call.facts.number)"
        if center.state(of: call.ref) == nil {
            found("\(name): unknown to the distribution; ended")
            record(endOf: call, type: .error, cause: "internal", status: 500, facts: [], by: .system)
            close(call, status: 500) { _, _, _ in }
        } else if !agent.isAlive(call.caller) {
            found("\(name): its caller's leg was gone; ended")
            callerLeft(call, by: .system)
        } else if let leg = call.offer?.leg, !agent.isAlive(leg) {
            found("\(name): the leg of the agent who was called was gone")
            loseOffer(of: call, cause: .failed, status: 0)
        } else if let talk = call.talk, !agent.isAlive(talk.leg) {
            found("\(name): the agent's leg was gone; ended")
            finish(call, talk: talk, by: .system)
        } else if let leg = call.transfer?.leg, !agent.isAlive(leg) {
            found("\(name): the leg that it was being handed on to was gone")
            transferFailed(call, status: 481)
        } else if let media = call.media, !agent.isAlive(media.leg) {
            found("\(name): the leg of what plays to it was gone")
            loseMedia(of: call, status: 481)
        } else if !CallTimer.allCases.contains(where: call.timers.isRunning) {
            found("\(name): nothing would have ended it")
            arm(.maxDuration, of: call, in: configuration.maxCallDuration)
        }
    }

    /// A broken invariant: for the log, and for the count.
    mutating func found(_ what: String) { center.note(what, out: &distribution) }
}
