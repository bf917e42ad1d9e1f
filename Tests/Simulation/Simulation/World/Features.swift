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

    /// Nobody of an orderly centre loses a call.
    static func any(_ random: inout SeededGenerator, isOrderly: Bool) -> Features {
        var features = Features()
        features.briefs = random.level(upTo: 80)
        features.dissuades = random.level(upTo: 80)
        guard !isOrderly else { return features }
        features.overflows = random.level(upTo: 80)
        features.isSteered = random.happens(40)
        features.logsInByCall = random.level(upTo: 60)
        return features
    }
}
