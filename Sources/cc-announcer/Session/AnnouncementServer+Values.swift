import SIP

/// What goes in besides datagrams, and what is said of calls.
extension AnnouncementServer {
    /// Bounds and durations, in milliseconds.
    struct Limits {
        /// Calls at a time; more get 503.
        var calls = 2_000
        /// How long an agent's phone rings, and how long he talks.
        var agentRing: Milliseconds = 1_500
        var agentTalk: Milliseconds = 6_000
        /// A call that lasts longer is ended.
        var longest: Milliseconds = 14_400_000
    }

    /// What to report of a call.
    enum Note: Equatable {
        case began(user: String, source: Endpoint)
        case refused(user: String, source: Endpoint, status: Int)
        /// There is no such sound, and silence is played.
        case missing(user: String)
        case ended(user: String, reason: Ending)
    }

    /// Why a call is over.
    enum Ending: String {
        case played = "played to its end"
        case agentLeft = "the agent hung up"
        case tooLong = "the longest time is over"
        case cancelled = "cancelled by the caller"
        case callerLeft = "the caller hung up"
        case callerLost = "the caller does not answer"
        case noAgreement = "no audio that both sides have"
        case stopped = "the announcer is stopped"
    }
}
