/// The times that the transaction machines run on (RFC 3261 table 4, RFC 6026 section 8), in milliseconds.
package struct TimerValues: Hashable, Sendable {
    /// Estimate of the round trip; the first interval of timers A, E and G.
    package var t1: Milliseconds
    /// The longest interval between retransmissions of non-INVITE requests and of responses to INVITE.
    package var t2: Milliseconds
    /// How long a message may stay in the network; timers I and K.
    package var t4: Milliseconds
    /// When an INVITE that nobody has answered yet gets a 100 (RFC 3261 section 17.2.1).
    package var trying: Milliseconds
    /// How long an INVITE may ring without a sign of life from the side that must answer. The RFCs set no end for user
    /// agents (timer C of proxies is more than three minutes); it is a net under the deadlines of the layers above, so
    /// that nothing stays for ever.
    package var proceeding: Milliseconds

    @inlinable
    package init(
        t1: Milliseconds,
        t2: Milliseconds,
        t4: Milliseconds,
        trying: Milliseconds = 200,
        proceeding: Milliseconds = 1_800_000
    ) {
        self.t1 = t1
        self.t2 = t2
        self.t4 = t4
        self.trying = trying
        self.proceeding = proceeding
    }

    /// T1 500 ms, T2 4 s, T4 5 s.
    @inlinable package static var rfc3261: TimerValues { TimerValues(t1: 500, t2: 4000, t4: 5000) }

    /// 64 × T1, the life of a transaction: timers B, F, H, J, L and M, and D on unreliable transports.
    @inlinable package var lifetime: Milliseconds { 64 * t1 }

    /// How long the timer E of a client takes until its interval is T2, before which a non-INVITE request gets no 100
    /// (RFC 4320 section 4.1): 3.5 s with the values of the RFC.
    package var nonInviteTrying: Milliseconds {
        var elapsed: Milliseconds = 0
        var interval = max(t1, 1)
        while interval < t2 {
            elapsed += interval
            interval *= 2
        }
        return elapsed
    }
}

/// Timers A, E and G: the same bytes are sent again and again, at growing intervals, over transports that lose them.
struct Retransmission: Hashable, Sendable {
    private(set) var next: Milliseconds
    private var interval: Milliseconds

    /// First `interval` after `now`; nil over reliable transports, where nothing is sent twice.
    init?(reliable: Bool, after interval: Milliseconds, now: Milliseconds) {
        guard !reliable else { return nil }
        self.interval = interval
        next = now + interval
    }

    /// Doubles the interval, up to `limit`.
    mutating func advance(limit: Milliseconds = .max, now: Milliseconds) {
        interval = min(interval * 2, limit)
        next = now + interval
    }
}
