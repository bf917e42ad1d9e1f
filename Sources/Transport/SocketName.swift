internal import Glibc
internal import NIOCore
internal import SIP

/// The kernel's form of an endpoint (sockaddr_in, sockaddr_in6), in which system calls take and give it.
///
/// Link-local IPv6 peers are out of reach: an `Endpoint` has no scope.
struct SocketName {
    private var storage = sockaddr_storage()

    /// The name of an endpoint, in the family of its IP address.
    init(_ endpoint: Endpoint) {
        let address = endpoint.address
        withUnsafeMutableBytes(of: &storage) { bytes in
            if address.isIPv4 {
                var name = sockaddr_in()
                name.sin_family = sa_family_t(AF_INET)
                name.sin_port = endpoint.port.bigEndian
                name.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
                bytes.storeBytes(of: name, as: sockaddr_in.self)
            } else {
                var name = sockaddr_in6()
                name.sin6_family = sa_family_t(AF_INET6)
                name.sin6_port = endpoint.port.bigEndian
                withUnsafeMutableBytes(of: &name.sin6_addr) { words in
                    words.storeBytes(of: address.high.bigEndian, as: UInt64.self)
                    words.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
                }
                bytes.storeBytes(of: name, as: sockaddr_in6.self)
            }
        }
    }

    /// The local name of a socket (getsockname); nil if it is neither IPv4 nor IPv6.
    init?(localOf descriptor: CInt) {
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0, [AF_INET, AF_INET6].contains(Int32(storage.ss_family)) else { return nil }
    }

    /// The UDP endpoint of this name.
    var endpoint: Endpoint {
        withUnsafeBytes(of: storage) { bytes in
            Int32(storage.ss_family) == AF_INET
                ? Endpoint(bytes.load(as: sockaddr_in.self)) : Endpoint(bytes.load(as: sockaddr_in6.self))
        }
    }

    /// Calls `body` with the pointer and length that system calls take.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        let isIPv4 = Int32(storage.ss_family) == AF_INET
        let length = isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        return withUnsafePointer(to: storage) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }
}

extension Endpoint {
    fileprivate init(_ name: sockaddr_in) {
        let address = IPAddress(v4: UInt32(bigEndian: name.sin_addr.s_addr))
        self.init(address: address, port: UInt16(bigEndian: name.sin_port), transport: .udp)
    }

    fileprivate init(_ name: sockaddr_in6) {
        let address = withUnsafeBytes(of: name.sin6_addr) { words in
            IPAddress(
                high: UInt64(bigEndian: words.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: words.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        self.init(address: address, port: UInt16(bigEndian: name.sin6_port), transport: .udp)
    }

    /// The UDP endpoint that SwiftNIO names; nil for a Unix socket.
    init?(_ address: SocketAddress) {
        switch address {
        case .v4(let name): self.init(name.address)
        case .v6(let name): self.init(name.address)
        case .unixDomainSocket: return nil
        }
    }
}
