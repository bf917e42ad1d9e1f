import Foundation
import Glibc
import Synchronization

/// An open UDP port that notes which RTP arrives, and when.
final class RTPEar: Sendable {
    struct Packet: Sendable {
        /// Seconds since 1970.
        let time: Double
        /// The SSRC: another one is another stream (RFC 3550 section 5.1).
        let stream: UInt32
        /// One more than that of the packet before it.
        let sequence: UInt16
    }

    let port: UInt16
    private let socket: Socket
    private let heard = Mutex<[Packet]>([])
    private let isClosed = Mutex(false)

    init() throws {
        socket = try Ports.openFree()
        port = socket.port
        let thread = Thread { [weak self] in
            while let ear = self, !ear.isClosed.withLock({ $0 }) { ear.listen() }
        }
        thread.start()
    }

    private func listen() {
        var ready = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, 200) > 0 else { return }
        let time = Date().timeIntervalSince1970
        while let (bytes, _) = socket.receive() {
            // RTP, not RTCP: version 2 and a payload type below 64 (RFC 5761 section 4).
            guard bytes.count >= 12, bytes[0] >> 6 == 2, bytes[1] & 0x7f < 64 else { continue }
            let packet = Packet(
                time: time,
                stream: bytes[8..<12].reduce(0) { $0 << 8 | UInt32($1) },
                sequence: UInt16(bytes[2]) << 8 | UInt16(bytes[3])
            )
            heard.withLock { $0.append(packet) }
        }
    }

    var packets: [Packet] { heard.withLock { $0 } }

    /// The longest silence between these times, in seconds.
    func longestSilence(from start: Double, to end: Double) -> Double {
        let times = packets.map(\.time).filter { $0 >= start && $0 <= end }
        return zip([start] + times, times + [end]).map { $1 - $0 }.max() ?? end - start
    }

    func close() { isClosed.withLock { $0 = true } }

    deinit { socket.close() }
}
