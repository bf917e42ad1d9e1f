package import CallCenter
package import SIP

/// A length of time or a moment of the core's steady clock, in milliseconds.
package typealias Milliseconds = SIP.Milliseconds

/// What the journey of a call depends on; the names are those of the configuration file. Replaceable while calls are in progress.
package struct ExchangeConfiguration: Sendable {
    /// Sources whose initial requests are taken.
    package var trusted: [IPNetwork] = []
    /// What other sources get: 403, silence, or a challenge.
    package var untrusted = UntrustedPolicy.reject
    /// What callers are challenged with, and who of them may come in with his password.
    package var realm = "callcenterd"
    package var users: [Doorman.User] = []
    /// What we answer to servers that challenge us.
    package var credentials: [Credential] = []
    /// The first match wins; without one the user part of the Request-URI is the flow ID.
    package var routes: [Route] = []
    /// What the caller gets by outcome of the routing; an outcome that is missing has its default status.
    package var answerByOutcome: [RoutingOutcome: RoutingAnswer] = [:]
    /// Name of the parameter that tells the hold media how many calls are ahead; nil: none.
    package var queuePositionParameter: String?
    /// Name of the parameter that tells the hold media the estimated wait in seconds; nil: none.
    package var queueWaitParameter: String?
    /// What of a caller is hidden where people look.
    package var callerMask = CallerMask()
    package var agentRingTimeout: Milliseconds = 30_000
    package var mediaAnswerTimeout: Milliseconds = 8_000
    package var welcomeMax: Milliseconds = 120_000
    package var maxWait: Milliseconds = 3_600_000
    package var handOverTimeout: Milliseconds = 8_000
    package var maxCallDuration: Milliseconds = 43_200_000
    /// How long a caller or an agent in a call may be silent before he is asked whether he is alive; 0: never.
    package var keepAlive: Milliseconds = 60_000
    /// The session interval that we ask for on every leg, in seconds (RFC 4028); 0: no session timers.
    package var sessionExpires = 1_800
    /// What calls do where there is a choice; counts for those that begin afterwards.
    package var scenario = Scenario()
    /// Of the distribution: wrap-up, refusals, how many calls there may be at once.
    package var policy = Policy()

    /// When new calls are refused.
    package var overload = OverloadControl.Limits()

    package enum UntrustedPolicy: String, Sendable {
        case reject, drop, challenge
    }

    package init() {}

    var legPolicy: LegPolicy { LegPolicy(keepAlive: keepAlive, sessionExpires: sessionExpires) }

    func answer(for outcome: RoutingOutcome) -> RoutingAnswer {
        answerByOutcome[outcome] ?? .status(outcome.defaultStatus)
    }
}

/// Times that no deployment needs to change.
enum FixedTimes {
    /// An agent whose CANCEL or BYE has had no final response is offerable after this (CALLS.md section 2, CANCEL).
    static let agentClearing: Milliseconds = 1_000
    /// A call whose ring timed out is offered elsewhere after this, even if the agent's phone says nothing.
    static let cancelLinger: Milliseconds = 2_000
    /// A caller silent for longer is asked whether he is alive when a phone begins to ring for him (CALLS.md section 2).
    static let silenceBeforeOffer: Milliseconds = 30_000
    /// How long a URI of `handle_call_status` may ring: longer than any proxy on the way lets it (timer C of RFC 3261).
    static let bridgeRing: Milliseconds = 200_000
    /// Bytes of a caller's header fields that pass; what is beyond is left out (an INVITE may be 64 KiB long).
    static let largestPassedHeaders = 2_048
    /// How often an unanswered caller hears that he is queued.
    static let queuedReminder: Milliseconds = 60_000
    /// First and longest pause before hold media is called again.
    static let holdRetry: ClosedRange<Milliseconds> = 1_000...30_000
}
