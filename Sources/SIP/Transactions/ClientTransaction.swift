/// A slot of the layer for a request of ours.
struct ClientTransaction: Sendable {
    enum Machine: Hashable, Sendable {
        case invite(InviteClientMachine)
        case nonInvite(NonInviteClientMachine)

        var wake: Milliseconds {
            switch self {
            case .invite(let machine): machine.wake
            case .nonInvite(let machine): machine.wake
            }
        }

        var needsRequest: Bool {
            switch self {
            case .invite(let machine): machine.needsRequest
            case .nonInvite(let machine): machine.needsRequest
            }
        }

        func endsOnTransportFailure() -> Bool {
            switch self {
            case .invite(let machine): machine.endsOnTransportFailure()
            case .nonInvite(let machine): machine.endsOnTransportFailure()
            }
        }
    }

    /// A request that is on its way.
    struct Sent: Sendable {
        var machine: Machine
        let method: Method
        /// The number of its CSeq.
        let sequence: UInt32
        let callIDHash: UInt64
        let hasBody: Bool
        var destination: Endpoint
        var listener: ListenerID
        /// What may have to be sent again: the request; after a final response to an INVITE its ACK; then nothing.
        var bytes: [UInt8]
        /// Until the first response.
        var fallback: Fallback?
        var timer = WheelTimer()

        /// Sees to it that the timer is armed for what the machine waits for. `handle` is that of the transaction.
        mutating func arm(_ handle: SlabHandle, on wheel: inout TimingWheel) {
            timer.arm(TransactionLayer.TimerKind.client.token(handle), at: machine.wake, on: &wheel)
        }
    }

    /// The same request the other way; apart, since hardly any transaction has one.
    final class Fallback: Sendable {
        let request: OutboundRequest
        /// When silence is enough to go that way. Over a stream nothing is sent again: there it is for the transport to fail.
        let due: Milliseconds

        init(_ request: OutboundRequest, due: Milliseconds) {
            self.request = request
            self.due = due
        }
    }

    let owner: UInt64
    /// The random part of the branch.
    let nonce: UInt64
    /// nil while the user builds the request.
    var sent: Sent?
    /// Of an INVITE: its CANCEL, which has the same branch. Of a CANCEL: the INVITE.
    var companion: SlabHandle?
}
