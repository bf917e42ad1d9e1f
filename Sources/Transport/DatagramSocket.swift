internal import Glibc
internal import SIP

/// A bound UDP socket of which nobody reads yet.
struct DatagramSocket {
    let descriptor: CInt
    /// The address it is bound to, with the port that the kernel chose if port 0 was asked for.
    let local: Endpoint
    /// Bytes of receive buffer that the kernel granted. It keeps twice as much for its own book-keeping.
    let receiveBuffer: Int

    /// What a socket asks for: a burst of some ten thousand messages waits in it while the loop is busy or the daemon
    /// restarts. `net.core.rmem_max` and `wmem_max` cap what is granted.
    static let wantedBuffer = 8 << 20

    /// Opens and binds a socket.
    ///
    /// No SO_REUSEADDR: on UDP it would let a second server take our datagrams. IPv6 sockets take IPv6 only, so
    /// that `0.0.0.0` and `::` can both be listed.
    ///
    /// - Parameter inherited: among these may be one that is bound to it already.
    static func open(_ endpoint: Endpoint, _ inherited: InheritedSockets = .none) throws(BindError) -> DatagramSocket {
        guard endpoint.transport == .udp else { throw .notUDP(endpoint) }
        if let descriptor = inherited.descriptor(for: endpoint) {
            return DatagramSocket(descriptor: descriptor, local: endpoint, receiveBuffer: enlarge(descriptor))
        }
        let family = endpoint.address.isIPv4 ? AF_INET : AF_INET6
        let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue | UInt32(SOCK_CLOEXEC.rawValue)), 0)
        guard descriptor >= 0 else { throw BindError(endpoint, call: "socket", code: errno) }
        do {
            return try bound(descriptor, to: endpoint, family: family)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    private static func bound(_ descriptor: CInt, to endpoint: Endpoint, family: Int32) throws(BindError)
        -> DatagramSocket
    {
        var yes: CInt = 1
        if family == AF_INET6 {
            let size = socklen_t(MemoryLayout<CInt>.size)
            guard setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, size) == 0 else {
                throw BindError(endpoint, call: "IPV6_V6ONLY", code: errno)
            }
        }
        let granted = enlarge(descriptor)
        guard SocketName(endpoint).withPointer({ bind(descriptor, $0, $1) }) == 0 else {
            throw BindError(endpoint, call: "bind", code: errno)
        }
        guard let name = SocketName(localOf: descriptor) else {
            throw BindError(endpoint, call: "getsockname", code: errno)
        }
        return DatagramSocket(descriptor: descriptor, local: name.endpoint, receiveBuffer: granted)
    }

    /// - Returns: bytes of receive buffer that were granted.
    private static func enlarge(_ descriptor: CInt) -> Int {
        set(descriptor, SO_RCVBUF, wantedBuffer)
        set(descriptor, SO_SNDBUF, wantedBuffer)
        return get(descriptor, SO_RCVBUF) / 2
    }

    func close() { Glibc.close(descriptor) }

    /// Datagrams that the kernel has thrown away for want of room in the receive buffer, in all the life of the socket: SK_MEMINFO_DROPS
    /// of SO_MEMINFO (linux/sock_diag.h). It turns over after 32 bits.
    static func overruns(of descriptor: CInt) -> UInt32 {
        let dropsIndex = 8
        var values = [UInt32](repeating: 0, count: dropsIndex + 1)
        var size = socklen_t(values.count * MemoryLayout<UInt32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, &values, &size) == 0 else { return 0 }
        return values[dropsIndex]
    }

    // The kernel caps a buffer size and never refuses it, so there is no error to look at.
    private static func set(_ descriptor: CInt, _ option: CInt, _ value: Int) {
        var value = CInt(clamping: value)
        setsockopt(descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    private static func get(_ descriptor: CInt, _ option: CInt) -> Int {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, option, &value, &size)
        return Int(value)
    }
}
