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
    /// The core dies now and then, and another one goes on with what it has had kept.
    var dies = false
    /// Agents who hand their callers on by REFER; agents and callers who go on with another phone (INVITE with Replaces).
    var refers = 0
    var takeovers = 0
    /// Callers are challenged; some of them, in percent, do not know the password.
    var wantsPasswords = false
    var wrongPasswords = 0
    /// Callers, in percent, who call what is no flow: they are sent elsewhere, joined to somebody, or refused.
    var strays = 0
    /// Conversations, in percent, that last longer than any session interval.
    var longTalks = 0
    /// Sessions, in percent, that stations promise to refresh, and do not.
    var forgetful = 0
    /// Announcements, in percent, that are never over.
    var endless = 0

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

    /// Those that came later have random numbers of their own, so that earlier seeds mean what they meant.
    mutating func addLater(_ random: inout SeededGenerator, isOrderly: Bool) {
        guard !random.happens(15), !isOrderly else { return }
        dies = random.happens(40)
        refers = random.level(upTo: 60)
        takeovers = random.level(upTo: 30)
        wantsPasswords = random.happens(20)
        if wantsPasswords { wrongPasswords = random.level(upTo: 10) }
        strays = random.level(upTo: 15)
        longTalks = random.level(upTo: 10)
        forgetful = random.level(upTo: 20)
        endless = random.level(upTo: 10)
    }
}
