/// The client side of an INVITE (RFC 3261 section 17.1.1, figure 5, as RFC 6026 section 8.4 changes it).
///
///                                    |INVITE from TU
///                  Timer A fires     |INVITE sent      Timer B fires
///                  Reset A,          V                 or Transport Err.
///                  INVITE sent +-----------+           inform TU
///                    +---------|           |--------------------------+
///                    |         |  Calling  |                          |
///                    +-------->|           |-----------+              |
///        300-699               +-----------+ 2xx       |              |
///        ACK sent                |  |        2xx to TU |              |
///        resp. to TU             |  |1xx               |              |
///        +-----------------------+  |1xx to TU         |              |
///        |                          |                  |              |
///        |                1xx       V                  |              |
///        |          1xx to TU +-----------+            |              |
///        |            +-------|           |            |              |
///        |            |       |Proceeding |---------+  |              |
///        |            +------>|           | 2xx     |  |              |
///        |                    +-----------+ to TU   |  |              |
///        |      300-699         |                   |  |              |
///        |      ACK sent,       |                   |  |              |
///        |      resp. to TU     |                   |  |              |
///        |   +------------------+                   V  V              |
///        |   |      300-699                      +-----------+        |
///        |   |      ACK sent                     |           |---+ 2xx to TU
///        V   V      +---+                        | Accepted  |   |    |
///     +-----------+ |   |                        |           |<--+    |
///     |           |-+   |                        +-----------+        |
///     | Completed |<----+                          |                  |
///     |           |--------------------------------|----------------->|
///     +-----------+ Transport Err.: inform TU      |                  |
///           | Timer D fires                        | Timer M fires    |
///           +--------------------------------------+------> Terminated
///
/// Terminated is no state here: the layer forgets the transaction when the machine says that it is over. Not in the figure:
///
/// - *Cancelling*: Proceeding after a CANCEL. Provisional responses no longer keep it alive; without a final response it
///   times out after 64 × T1 (RFC 3261 section 9.1).
/// - In Proceeding without any response for `TimerValues.proceeding` the machine asks for a CANCEL, like timer C of a
///   proxy (section 16.8).
package struct InviteClientMachine: Hashable, Sendable {
    private enum State: Hashable {
        case calling(Retransmission?, until: Milliseconds)
        case proceeding(until: Milliseconds)
        case cancelling(until: Milliseconds)
        case completed(until: Milliseconds)
        case accepted(until: Milliseconds)
    }

    private var state: State
    private let isReliable: Bool

    /// The INVITE has just been sent.
    package init(reliable: Bool, timers: TimerValues, now: Milliseconds) {
        isReliable = reliable
        let retransmission = Retransmission(reliable: reliable, after: timers.t1, now: now)
        state = .calling(retransmission, until: now + timers.lifetime)
    }

    /// When `fire` must be called next. Every state has such a time.
    package var wake: Milliseconds {
        switch state {
        case .calling(let retransmission, let until): min(retransmission?.next ?? until, until)
        case .proceeding(let until), .cancelling(let until), .completed(let until), .accepted(let until): until
        }
    }

    /// Whether the INVITE itself may still be needed: for a retransmission, an ACK or a CANCEL.
    package var needsRequest: Bool {
        switch state {
        case .calling, .proceeding, .cancelling: true
        case .completed, .accepted: false
        }
    }

    /// Whether nothing has come yet, so that the INVITE is sent again and again.
    var isCalling: Bool {
        if case .calling = state { true } else { false }
    }

    /// What to do with a response.
    package enum Reception: Equatable, Sendable {
        /// Pass it up.
        case deliver
        /// The first 300-699: send an ACK, keep it, and pass the response up.
        case deliverAndAcknowledge
        /// That response again: send the kept ACK once more.
        case acknowledge
        /// Out of place: drop it.
        case ignore
    }

    package mutating func receive(status: UInt16, timers: TimerValues, now: Milliseconds) -> Reception {
        switch (state, status) {
        case (.calling, 100..<200), (.proceeding, 100..<200):
            state = .proceeding(until: now + timers.proceeding)
            return .deliver
        case (.cancelling, 100..<200):
            return .deliver
        case (.calling, 200..<300), (.proceeding, 200..<300), (.cancelling, 200..<300):
            state = .accepted(until: now + timers.lifetime)
            return .deliver
        case (.calling, 300..<700), (.proceeding, 300..<700), (.cancelling, 300..<700):
            state = .completed(until: now + (isReliable ? 0 : timers.lifetime))
            return .deliverAndAcknowledge
        case (.accepted, 200..<300):
            return .deliver
        case (.completed, 300..<700):
            return .acknowledge
        default:
            return .ignore
        }
    }

    /// A CANCEL is about to be sent. False if that is not allowed: before the first provisional response, after a final
    /// one, or twice (RFC 3261 section 9.1).
    package mutating func cancel(timers: TimerValues, now: Milliseconds) -> Bool {
        guard case .proceeding = state else { return false }
        state = .cancelling(until: now + timers.lifetime)
        return true
    }

    /// What to do when the time of `wake` has come.
    package enum Expiry: Equatable, Sendable {
        /// It has not come yet.
        case wait
        /// Timer A: send the INVITE again.
        case retransmit
        /// It has been proceeding for too long: call `cancel` and send a CANCEL.
        case cancel
        /// Timer B, or no final response after a CANCEL: tell the user, forget the transaction.
        case timeOut
        /// Timer D or M: forget the transaction.
        case terminate
    }

    package mutating func fire(timers: TimerValues, now: Milliseconds) -> Expiry {
        guard now >= wake else { return .wait }
        switch state {
        case .calling(_, let until) where now >= until:
            return .timeOut
        case .calling(var retransmission, let until):
            retransmission?.advance(now: now)
            state = .calling(retransmission, until: until)
            return .retransmit
        case .proceeding:
            return .cancel
        case .cancelling:
            return .timeOut
        case .completed, .accepted:
            return .terminate
        }
    }

    /// The transport cannot reach the peer. True if that ends the transaction: where nothing is to be sent, it does not.
    package func endsOnTransportFailure() -> Bool {
        switch state {
        case .calling, .completed: true
        case .proceeding, .cancelling, .accepted: false
        }
    }
}
