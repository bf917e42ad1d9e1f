/// The client side of any request but INVITE and ACK (RFC 3261 section 17.1.2, figure 6).
///
///                                    |Request from TU
///                                    |send request
///                Timer E             V
///                send request  +-----------+
///                    +---------|           |-------------------+
///                    |         |  Trying   |  Timer F          |
///                    +-------->|           |  or Transport Err.|
///                              +-----------+  inform TU        |
///                 200-699         |  |                         |
///                 resp. to TU     |  |1xx                      |
///                 +---------------+  |resp. to TU              |
///                 |                  |                         |
///                 |   Timer E        V       Timer F           |
///                 |   send req +-----------+ or Transport Err. |
///                 |  +---------|           | inform TU         |
///                 |  |         |Proceeding |------------------>|
///                 |  +-------->|           |-----+             |
///                 |            +-----------+     |1xx          |
///                 |              |      ^        |resp to TU   |
///                 | 200-699      |      +--------+             |
///                 | resp. to TU  |                             |
///                 |              V                             |
///                 |      +-----------+                         |
///                 +----->| Completed |  Timer K                |
///                        |           |-----------------> Terminated
///                        +-----------+
///
/// Terminated is no state here: the layer forgets the transaction when the machine says that it is over.
package struct NonInviteClientMachine: Hashable, Sendable {
    private enum State: Hashable {
        case trying(Retransmission?, until: Milliseconds)
        case proceeding(Retransmission?, until: Milliseconds)
        case completed(until: Milliseconds)
    }

    private var state: State
    private let isReliable: Bool

    /// The request has just been sent.
    package init(reliable: Bool, timers: TimerValues, now: Milliseconds) {
        isReliable = reliable
        let retransmission = Retransmission(reliable: reliable, after: timers.t1, now: now)
        state = .trying(retransmission, until: now + timers.lifetime)
    }

    /// When `fire` must be called next. Every state has such a time.
    package var wake: Milliseconds {
        switch state {
        case .trying(let retransmission, let until), .proceeding(let retransmission, let until):
            min(retransmission?.next ?? until, until)
        case .completed(let until):
            until
        }
    }

    /// Whether the request may have to be sent again.
    package var needsRequest: Bool {
        switch state {
        case .trying, .proceeding: true
        case .completed: false
        }
    }

    /// What to do with a response.
    package enum Reception: Equatable, Sendable {
        /// Pass it up.
        case deliver
        /// A final response again: drop it.
        case ignore
    }

    package mutating func receive(status: UInt16, timers: TimerValues, now: Milliseconds) -> Reception {
        switch (state, status) {
        case (.trying(let retransmission, let until), 100..<200):
            state = .proceeding(retransmission, until: until)
            return .deliver
        case (.proceeding, 100..<200):
            return .deliver
        case (.trying, 200..<700), (.proceeding, 200..<700):
            state = .completed(until: now + (isReliable ? 0 : timers.t4))
            return .deliver
        default:
            return .ignore
        }
    }

    /// What to do when the time of `wake` has come.
    package enum Expiry: Equatable, Sendable {
        /// It has not come yet.
        case wait
        /// Timer E: send the request again.
        case retransmit
        /// Timer F: tell the user, forget the transaction.
        case timeOut
        /// Timer K: forget the transaction.
        case terminate
    }

    package mutating func fire(timers: TimerValues, now: Milliseconds) -> Expiry {
        guard now >= wake else { return .wait }
        switch state {
        case .trying(_, let until) where now >= until, .proceeding(_, let until) where now >= until:
            return .timeOut
        case .trying(var retransmission, let until):
            retransmission?.advance(limit: timers.t2, now: now)
            state = .trying(retransmission, until: until)
            return .retransmit
        case .proceeding(_, let until):
            let retransmission = Retransmission(reliable: isReliable, after: timers.t2, now: now)
            state = .proceeding(retransmission, until: until)
            return .retransmit
        case .completed:
            return .terminate
        }
    }

    /// The transport cannot reach the peer. True if that ends the transaction: a completed one has nothing to send.
    package func endsOnTransportFailure() -> Bool { needsRequest }
}
