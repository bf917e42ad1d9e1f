/// A slot of the layer for a request of a peer.
struct ServerTransaction: Sendable {
    enum Machine: Hashable, Sendable {
        case invite(InviteServerMachine)
        case nonInvite(NonInviteServerMachine)

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

        var needsResponse: Bool {
            switch self {
            case .invite(let machine): machine.needsResponse
            case .nonInvite: true
            }
        }

        mutating func respond(status: UInt16, timers: TimerValues, now: Milliseconds) -> Bool {
            switch self {
            case .invite(var machine):
                defer { self = .invite(machine) }
                return machine.respond(status: status, timers: timers, now: now)
            case .nonInvite(var machine):
                defer { self = .nonInvite(machine) }
                return machine.respond(status: status, timers: timers, now: now)
            }
        }

        /// Whether the request, coming again, is answered with the last response.
        var resendsResponse: Bool {
            switch self {
            case .invite(let machine): machine.receiveInvite() == .resend
            case .nonInvite(let machine): machine.receiveRequest() == .resend
            }
        }
    }

    var machine: Machine
    let method: Method
    /// What identifies it, and the hash of that.
    let key: [UInt8]
    let hash: UInt64
    /// The next transaction with the same hash: mostly a CANCEL and its INVITE.
    var next: SlabHandle?
    /// Only for peers of RFC 2543.
    var legacy: LegacyTags?
    var owner: UInt64?

    let source: Endpoint
    /// Where responses go (RFC 3261 section 18.2.2, RFC 3581).
    let destination: Endpoint
    let listener: ListenerID
    /// The request, as long as a 100 may have to be made from it.
    var request: [UInt8]
    /// The last response, as long as it may have to be sent again.
    var response: [UInt8] = []
    var timer = WheelTimer()

    /// Sees to it that the timer is armed for what the machine waits for. `handle` is that of the transaction.
    mutating func arm(_ handle: SlabHandle, on wheel: inout TimingWheel) {
        timer.arm(TransactionLayer.TimerKind.server.token(handle), at: machine.wake, on: &wheel)
    }
}
