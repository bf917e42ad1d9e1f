import CallCenter
import SIP

/// What the centre of a seed makes use of besides the plain journey of a call: percentages of flows, or of occasions.
struct Features {
    /// `message_flow_id`.
    var briefs = 0
    var dissuades = 0
    /// `overflow_uri` and `max_wait`.
    var overflows = 0
    /// People end calls, move them, free agents and dispatch, whatever is going on.
    var isSteered = false
    /// Agents log in and off by calling.
    var logsInByCall = 0
    /// Who knows session timers, takes UPDATE, sends and wants reliable provisional responses, and challenges the core: percentages
    /// of sessions.
    var timers = 0
    var updates = 0
    var reliable = 0
    var challenges = 0

    /// Nobody of an orderly centre loses a call.
    static func any(_ random: inout SeededGenerator, isOrderly: Bool) -> Features {
        var features = Features()
        features.briefs = random.level(upTo: 80)
        features.dissuades = random.level(upTo: 80)
        features.timers = random.level(upTo: 90)
        features.updates = random.level(upTo: 90)
        features.reliable = random.level(upTo: 60)
        features.challenges = random.level(upTo: 40)
        guard !isOrderly else { return features }
        features.overflows = random.level(upTo: 80)
        features.isSteered = random.happens(40)
        features.logsInByCall = random.level(upTo: 60)
        return features
    }
}
