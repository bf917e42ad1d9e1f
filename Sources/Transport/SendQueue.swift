internal import CSocket
internal import Glibc
internal import SIP

/// Datagrams that wait for the next flush of one socket, which then go to the kernel 64 at a time (sendmmsg).
///
/// SwiftNIO's own datagram writes are not used: they close the channel on every send error but two, and any peer can
/// provoke others, for instance by naming port 0 or a network without a route in its Via. Here such an error costs
/// that one datagram.
struct SendQueue {
    /// Bounds of what may wait; beyond them the queue is flushed at once, and if the kernel takes nothing, dropped.
    static let maximumDatagrams = 1_024
    static let maximumBytes = 1 << 20

    /// The largest payload of a UDP datagram over IPv4: 65,535 bytes less the headers.
    static let largestDatagram = 65_507

    private var bytes: [UInt8] = []
    private var datagrams: [cc_datagram] = []
    /// Datagrams before this one are already sent.
    private var next = 0

    /// Bytes for which there is room from the beginning; of four times as many it is given back once they are sent.
    private static let usualBytes = maximumBytes / 8

    init() {
        bytes.reserveCapacity(Self.usualBytes)
        datagrams.reserveCapacity(Self.maximumDatagrams / 8)
    }

    var isEmpty: Bool { datagrams.isEmpty }

    /// Whether `count` more bytes find room.
    func hasRoom(for count: Int) -> Bool {
        datagrams.count < Self.maximumDatagrams && bytes.count <= Self.maximumBytes - count
    }

    /// Adds a datagram. The caller has seen to it that there is room.
    mutating func append(_ payload: [UInt8], to peer: Endpoint) {
        datagrams.append(
            cc_datagram(
                offset: UInt32(truncatingIfNeeded: bytes.count),
                length: UInt32(truncatingIfNeeded: payload.count),
                address_high: peer.address.high,
                address_low: peer.address.low,
                port: peer.port
            )
        )
        bytes.append(contentsOf: payload)
    }

    /// Gives what waits to the kernel. A datagram that the kernel refuses is counted and left out.
    ///
    /// Returns false if the kernel's send buffer is full: the rest waits for the next call.
    mutating func flush(_ descriptor: CInt, _ counters: inout DatagramCounters) -> Bool {
        while next < datagrams.count {
            let taken = datagrams[next...].withUnsafeBufferPointer { datagrams in
                bytes.withUnsafeBufferPointer { bytes in
                    guard let first = bytes.baseAddress, let list = datagrams.baseAddress else { return -EINVAL }
                    return cc_send(descriptor, first, list, UInt32(clamping: datagrams.count))
                }
            }
            if taken > 0 {
                for datagram in datagrams[next..<next + Int(taken)] {
                    counters.sent += 1
                    counters.sentBytes += UInt64(datagram.length)
                }
                next += Int(taken)
            } else if -taken == EAGAIN {
                return false
            } else if -taken != EINTR {
                counters.sendErrors += 1
                next += 1
            }
        }
        removeAll()
        return true
    }

    /// Forgets what waits, and says how many datagrams that were.
    @discardableResult mutating func removeAll() -> Int {
        let waiting = datagrams.count - next
        if bytes.capacity < 4 * Self.usualBytes {
            bytes.removeAll(keepingCapacity: true)
        } else {
            bytes = []
            bytes.reserveCapacity(Self.usualBytes)
        }
        datagrams.removeAll(keepingCapacity: true)
        next = 0
        return waiting
    }
}
