/// The server side of any request but INVITE and ACK (RFC 3261 section 17.2.2, figure 8, with RFC 4320).
///
///                                    |Request received
///                                    |pass to TU
///                                    V
///                              +-----------+
///                              |           |
///                              | Trying    |-------------+
///                              |           |             |
///                              +-----------+             |200-699 from TU
///                                    |                   |send response
///                                    |1xx from TU        |
///                                    |send response      |
///                                    |                   |
///                 Request            V      1xx from TU  |
///                 send response+-----------+send response|
///                     +--------|           |--------+    |
///                     |        | Proceeding|        |    |
///                     +------->|           |<-------+    |
///              +<--------------|           |             |
///              |Trnsprt Err    +-----------+             |
///              |Inform TU            |                   |
///              |                     |200-699 from TU    |
///              |                     |send response      |
///              |  Request            V                   |
///              |  send response+-----------+             |
///              |      +--------|           |             |
///              |      |        | Completed |<------------+
///              |      +------->|           |
///              +<--------------|           |
///              |Trnsprt Err    +-----------+
///              |Inform TU            |
///              |                     |Timer J fires
///              +---------------------+------> Terminated
///
/// Terminated is no state here: the layer forgets the transaction when the machine says that it is over. From RFC 4320:
///
/// - no provisional response but 100, and over unreliable transports none before the client's timer E has grown to T2;
///   by then a 100 is sent if the user has not answered;
/// - no 408; an answer that takes longer than 64 × T1 helps nobody, since the client has given up: nothing is sent, and
///   the machine gives the transaction up.
package struct NonInviteServerMachine: Hashable, Sendable {
    private enum State: Hashable {
        case trying(hundred: Milliseconds, until: Milliseconds)
        case proceeding(until: Milliseconds)
        case completed(until: Milliseconds)
    }

    private var state: State
    private let isReliable: Bool

    /// The request has just been passed up.
    package init(reliable: Bool, timers: TimerValues, now: Milliseconds) {
        isReliable = reliable
        state = .trying(hundred: now + timers.nonInviteTrying, until: now + timers.lifetime)
    }

    /// When `fire` must be called next. Every state has such a time.
    package var wake: Milliseconds {
        switch state {
        case .trying(let hundred, let until): min(hundred, until)
        case .proceeding(let until), .completed(let until): until
        }
    }

    /// Whether the request is still needed, to build the 100.
    package var needsRequest: Bool {
        if case .trying = state { true } else { false }
    }

    /// What to do with the request when it comes again.
    package enum Reception: Equatable, Sendable {
        /// Send the last response again.
        case resend
        /// There is none yet.
        case ignore
    }

    package func receiveRequest() -> Reception {
        switch state {
        case .trying: .ignore
        case .proceeding, .completed: .resend
        }
    }

    /// The user answers. False if the response has no place, and must not be sent.
    package mutating func respond(status: UInt16, timers: TimerValues, now: Milliseconds) -> Bool {
        switch (state, status) {
        case (.trying(let hundred, let until), 100):
            guard isReliable || now >= hundred else { return false }
            state = .proceeding(until: until)
            return true
        case (.proceeding, 100):
            return true
        case (_, 408), (.completed, _):
            return false
        case (_, 200..<700):
            state = .completed(until: now + (isReliable ? 0 : timers.lifetime))
            return true
        default:
            return false
        }
    }

    /// What to do when the time of `wake` has come.
    package enum Expiry: Equatable, Sendable {
        /// It has not come yet.
        case wait
        /// Nobody has answered for so long that a 100 is due: call `respond` with it and send it.
        case sendTrying
        /// Nobody has answered in time: forget the transaction, send nothing.
        case giveUp
        /// Timer J: forget the transaction.
        case terminate
    }

    package func fire(now: Milliseconds) -> Expiry {
        guard now >= wake else { return .wait }
        switch state {
        case .trying(_, let until): return now >= until ? .giveUp : .sendTrying
        case .proceeding: return .giveUp
        case .completed: return .terminate
        }
    }

    /// The transport cannot reach the peer. True if that ends the transaction: while the user has not answered, nothing
    /// was to be sent.
    package func endsOnTransportFailure() -> Bool { !needsRequest }
}
