/// The server side of an INVITE (RFC 3261 section 17.2.1, figure 7, as RFC 6026 section 8.5 changes it).
///
///                                   |INVITE
///                                   |pass INVITE to TU
///                INVITE             V send 100 if TU does not within 200 ms
///                send response+------------+
///                    +--------|            |--------+ 1xx from TU
///                    |        | Proceeding |        | send response
///                    +------->|            |<-------+
///                             +------------+
///                300-699 from TU |    | 2xx from TU
///                send response   |    | send response
///                 +--------------+    +------------+
///                 |                                |
///     INVITE      V          Timer G fires         V
///     send resp.+-----------+send response   +------------+
///        +------|           |------+         |            |---+ INVITE: -
///        |      | Completed |      |         |  Accepted  |   | ACK: to TU
///        +----->|           |<-----+         |            |<--+ 2xx from TU: send response
///               +-----------+                +------------+
///                 |       | Timer H fires           |
///             ACK |       | inform TU               | Timer L fires
///              -  V       +-------------------------+----> Terminated
///               +-----------+                                  ^
///               | Confirmed |  Timer I fires                   |
///               |           |----------------------------------+
///               +-----------+
///
/// Terminated is no state here: the layer forgets the transaction when the machine says that it is over. Transport errors
/// are told to the user but change no state (RFC 6026 section 8.8), so the machine does not see them. Not in the figure:
/// a user who leaves the transaction in Proceeding without a response for `TimerValues.proceeding` has lost it, and the
/// machine gives it up.
package struct InviteServerMachine: Hashable, Sendable {
    private enum State: Hashable {
        /// `trying`: when the 100 is due; nil as soon as any response has been sent.
        case proceeding(trying: Milliseconds?, until: Milliseconds)
        case completed(Retransmission?, until: Milliseconds)
        case confirmed(until: Milliseconds)
        case accepted(until: Milliseconds)
    }

    private var state: State
    private let isReliable: Bool

    /// The INVITE has just been passed up.
    package init(reliable: Bool, timers: TimerValues, now: Milliseconds) {
        isReliable = reliable
        state = .proceeding(trying: now + timers.trying, until: now + timers.proceeding)
    }

    /// When `fire` must be called next. Every state has such a time.
    package var wake: Milliseconds {
        switch state {
        case .proceeding(let trying, let until): trying ?? until
        case .completed(let retransmission, let until): min(retransmission?.next ?? until, until)
        case .confirmed(let until), .accepted(let until): until
        }
    }

    /// Whether the INVITE is still needed, to build the 100.
    package var needsRequest: Bool {
        if case .proceeding(.some, _) = state { true } else { false }
    }

    /// Whether the last response may have to be sent again.
    package var needsResponse: Bool {
        switch state {
        case .proceeding, .completed: true
        case .confirmed, .accepted: false
        }
    }

    /// Whether an ACK would be news.
    package var awaitsAck: Bool {
        if case .completed = state { true } else { false }
    }

    /// What to do with a message that belongs to the transaction.
    package enum Reception: Equatable, Sendable {
        /// Send the last response again.
        case resend
        /// Pass it up: an ACK for a 2xx that took over the branch of its INVITE.
        case deliver
        /// Nothing left to do.
        case ignore
    }

    /// The INVITE has come again.
    package func receiveInvite() -> Reception {
        switch state {
        case .proceeding(nil, _), .completed: .resend
        case .proceeding, .confirmed, .accepted: .ignore
        }
    }

    package mutating func receiveAck(timers: TimerValues, now: Milliseconds) -> Reception {
        switch state {
        case .completed:
            state = .confirmed(until: now + (isReliable ? 0 : timers.t4))
            return .ignore
        case .accepted:
            return .deliver
        case .proceeding, .confirmed:
            return .ignore
        }
    }

    /// The user answers. False if the response has no place any more, and must not be sent.
    package mutating func respond(status: UInt16, timers: TimerValues, now: Milliseconds) -> Bool {
        switch (state, status) {
        case (.proceeding, 100..<200):
            state = .proceeding(trying: nil, until: now + timers.proceeding)
            return true
        case (.proceeding, 200..<300):
            state = .accepted(until: now + timers.lifetime)
            return true
        case (.proceeding, 300..<700):
            let retransmission = Retransmission(reliable: isReliable, after: timers.t1, now: now)
            state = .completed(retransmission, until: now + timers.lifetime)
            return true
        case (.accepted, 200..<300):
            return true
        default:
            return false
        }
    }

    /// What to do when the time of `wake` has come.
    package enum Expiry: Equatable, Sendable {
        /// It has not come yet.
        case wait
        /// Nobody has answered for 200 ms: call `respond` with a 100 and send it.
        case sendTrying
        /// Timer G: send the response again.
        case retransmit
        /// Timer H: no ACK has come. Tell the user, forget the transaction.
        case ackMissing
        /// The user has lost the transaction: forget it.
        case giveUp
        /// Timer I or L: forget the transaction.
        case terminate
    }

    package mutating func fire(timers: TimerValues, now: Milliseconds) -> Expiry {
        guard now >= wake else { return .wait }
        switch state {
        case .proceeding(.some, _):
            return .sendTrying
        case .proceeding(nil, _):
            return .giveUp
        case .completed(_, let until) where now >= until:
            return .ackMissing
        case .completed(var retransmission, let until):
            retransmission?.advance(limit: timers.t2, now: now)
            state = .completed(retransmission, until: until)
            return .retransmit
        case .confirmed, .accepted:
            return .terminate
        }
    }
}
