import Foundation
import Glibc
import Synchronization

/// A network between two parties that loses, doubles and reorders datagrams, each as often as asked, decided by a seed.
///
/// Each link has a front, where the calling side sends, and a back, from which the called side hears it; answers go the
/// same way back. Both directions are treated alike.
///
/// RFC 3261 gives a request up after seven transmissions (INVITE) or eleven. At 20 % one message in 78,125 would be lost as often as
/// that, however sound both sides are: so that every call has to complete, the fifth copy of a datagram is not lost.
final class LossyRelay: Sendable {
    /// One way through the relay.
    struct Link: Sendable {
        /// Where the calling side sends to.
        let front: UInt16
        /// What the called side sees as the source.
        let back: UInt16
        fileprivate let index: Int
    }

    /// What happened to the datagrams.
    struct Counts: Sendable {
        var passed = 0
        var dropped = 0
        var doubled = 0
        var delayed = 0
    }

    private struct Wire {
        let front: Socket
        let back: Socket
        var caller: sockaddr_in?
        var called: sockaddr_in?
    }

    private struct Late {
        let due: Double
        let bytes: [UInt8]
        let socket: Socket
        let peer: sockaddr_in
    }

    private struct State {
        var wires: [Wire] = []
        var late: [Late] = []
        var random: Random
        /// How often a datagram has been lost in a row, by its bytes and its way.
        var losses: [Lost: Int] = [:]
        var counts = Counts()
        var isRunning = true
    }

    private struct Lost: Hashable {
        let way: Int
        let bytes: [UInt8]
    }

    /// SplitMix64.
    private struct Random {
        var state: UInt64

        mutating func unit() -> Double {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
            return Double((z ^ z >> 31) >> 11) / Double(UInt64(1) << 53)
        }
    }

    /// The longest time by which a datagram is held back, in seconds: enough to be overtaken by those behind it.
    private static let longestDelay = 0.03
    /// So many copies of a datagram are lost in a row at most.
    private static let mostLosses = 4

    private let rate: Double
    private let state: Mutex<State>

    /// - Parameter rate: the share of datagrams that is dropped; as many are doubled, and as many held back.
    init(seed: UInt64, rate: Double) {
        self.rate = rate
        state = Mutex(State(random: Random(state: seed)))
    }

    /// Adds a way through; only before `start`.
    func link() throws -> Link {
        let front = try Ports.openFree()
        let back = try Ports.openFree()
        for socket in [front, back] {
            var size: Int32 = 4 << 20
            setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        return state.withLock { state in
            state.wires.append(Wire(front: front, back: back))
            return Link(front: front.port, back: back.port, index: state.wires.count - 1)
        }
    }

    /// Says where a way leads.
    func aim(_ link: Link, at port: UInt16) {
        state.withLock { $0.wires[link.index].called = Socket.address("127.0.0.1", port) }
    }

    var counts: Counts { state.withLock { $0.counts } }

    func start() {
        let thread = Thread { [self] in
            var polled = state.withLock { state in
                state.wires.flatMap { [$0.front, $0.back] }.map {
                    pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
                }
            }
            while state.withLock({ $0.isRunning }) {
                poll(&polled, nfds_t(polled.count), 5)
                state.withLock { state in
                    for (index, entry) in polled.enumerated() where entry.revents != 0 {
                        forward(index, &state)
                    }
                    release(&state)
                }
            }
            state.withLock { state in
                for wire in state.wires {
                    wire.front.close()
                    wire.back.close()
                }
            }
        }
        thread.start()
    }

    func stop() { state.withLock { $0.isRunning = false } }

    /// Moves everything that waits at one socket: even indices are fronts, odd ones backs.
    private func forward(_ index: Int, _ state: inout State) {
        let wire = state.wires[index / 2]
        let (from, to) = index % 2 == 0 ? (wire.front, wire.back) : (wire.back, wire.front)
        while let (bytes, peer) = from.receive() {
            if index % 2 == 0 { state.wires[index / 2].caller = peer }
            guard let target = index % 2 == 0 ? wire.called : state.wires[index / 2].caller else { continue }
            let fate = state.random.unit()
            let lost = Lost(way: index, bytes: bytes)
            if fate < rate, state.losses[lost, default: 0] < Self.mostLosses {
                state.losses[lost, default: 0] += 1
                state.counts.dropped += 1
                continue
            }
            state.losses[lost] = nil
            if fate < 2 * rate {
                state.counts.doubled += 1
                to.send(bytes, to: target)
                to.send(bytes, to: target)
            } else if fate < 3 * rate {
                state.counts.delayed += 1
                let due = Date().timeIntervalSince1970 + state.random.unit() * Self.longestDelay
                state.late.append(Late(due: due, bytes: bytes, socket: to, peer: target))
            } else {
                state.counts.passed += 1
                to.send(bytes, to: target)
            }
        }
    }

    private func release(_ state: inout State) {
        let now = Date().timeIntervalSince1970
        for late in state.late where late.due <= now { late.socket.send(late.bytes, to: late.peer) }
        state.late.removeAll { $0.due <= now }
    }
}
