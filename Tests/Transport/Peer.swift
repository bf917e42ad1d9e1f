import Glibc
import SIP
import Testing

@testable import Transport

/// A plain blocking UDP socket on loopback, independent of the code under test.
struct Peer: ~Copyable {
    let descriptor: CInt
    let endpoint: Endpoint

    init() throws {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let code = withUnsafeMutableBytes(of: &name) { [descriptor] bytes in
            let pointer = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            return bind(descriptor, pointer, length) | getsockname(descriptor, pointer, &length)
        }
        try #require(code == 0)
        endpoint = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: UInt16(bigEndian: name.sin_port))
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8], to port: UInt16) -> Int {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        name.sin_port = port.bigEndian
        return withUnsafeBytes(of: &name) {
            let pointer = $0.assumingMemoryBound(to: sockaddr.self).baseAddress
            return sendto(descriptor, bytes, bytes.count, 0, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }

    /// Waits up to 5 s for a datagram; nil if none comes.
    func receive() -> (bytes: [UInt8], port: UInt16)? {
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = withUnsafeMutableBytes(of: &name) {
            let pointer = $0.assumingMemoryBound(to: sockaddr.self).baseAddress
            return recvfrom(descriptor, &bytes, bytes.count, 0, pointer, &length)
        }
        guard count >= 0 else { return nil }
        return (Array(bytes[..<count]), UInt16(bigEndian: name.sin_port))
    }
}

/// What a handler was told, in order.
enum Event: Equatable, Sendable {
    case received([UInt8], from: Endpoint, on: ListenerID)
    case batchEnded
    case failed(ListenerID)
}

/// Passes what it is told to a stream, and may answer.
final class Recorder: DatagramHandler {
    private let events: AsyncStream<Event>.Continuation
    private let answer: ([UInt8], Endpoint, ListenerID) -> Void

    init(_ events: AsyncStream<Event>.Continuation, answer: @escaping ([UInt8], Endpoint, ListenerID) -> Void) {
        self.events = events
        self.answer = answer
    }

    func received(_ bytes: [UInt8], from peer: Endpoint, on listener: ListenerID) {
        events.yield(.received(bytes, from: peer, on: listener))
        answer(bytes, peer, listener)
    }

    func batchEnded() { events.yield(.batchEnded) }

    func listenerFailed(_ listener: ListenerID, reason: String) { events.yield(.failed(listener)) }
}
