import Glibc

/// An IPv4 socket of the loopback network, closed by its owner.
struct Socket: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let call: String
        let errno: Int32

        var description: String { "\(call): \(String(cString: strerror(errno)))" }
    }

    let descriptor: Int32
    /// The port bound, in host order.
    let port: UInt16

    /// - Parameter port: 0: any free one.
    init(_ type: __socket_type, boundTo address: String = "127.0.0.1", _ port: UInt16 = 0) throws {
        let descriptor = socket(AF_INET, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", errno: errno) }
        var bound = Self.address(address, port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &bound) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard result == 0 else {
            let reason = errno
            Glibc.close(descriptor)
            throw Failure(call: "bind \(address):\(port)", errno: reason)
        }
        var actual = sockaddr_in()
        var length = size
        _ = withUnsafeMutablePointer(to: &actual) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        self.descriptor = descriptor
        self.port = UInt16(bigEndian: actual.sin_port)
    }

    static func address(_ text: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr(text)
        return address
    }

    /// Sends a datagram. A full buffer or an absent peer loses it, as a network would.
    func send(_ bytes: some Sequence<UInt8>, to peer: sockaddr_in) {
        var peer = peer
        let bytes = Array(bytes)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafePointer(to: &peer) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, size)
            }
        }
    }

    /// A datagram and its sender; nil if none is there now.
    func receive() -> (bytes: [UInt8], peer: sockaddr_in)? {
        var peer = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = withUnsafeMutablePointer(to: &peer) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT), $0, &length)
            }
        }
        guard count >= 0 else { return nil }
        return (Array(buffer[..<count]), peer)
    }

    /// Connects a stream socket.
    func connect(to peer: sockaddr_in) throws {
        var peer = peer
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &peer) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, size) }
        }
        guard result == 0 else { throw Failure(call: "connect", errno: errno) }
    }

    func close() { Glibc.close(descriptor) }
}
