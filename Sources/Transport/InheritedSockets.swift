internal import Glibc
package import SIP

/// Bound sockets that an earlier process has left behind with the service manager, and with them what has arrived since.
///
/// A listener takes the one that is bound to its address, instead of opening its own.
package struct InheritedSockets: Sendable {
    private struct Socket {
        let descriptor: CInt
        let isStream: Bool
        let local: Endpoint

        /// nil for what is no socket that listens on an IP address.
        init?(_ descriptor: CInt) {
            guard let name = SocketName(localOf: descriptor) else { return nil }
            let type = Self.option(SO_TYPE, of: descriptor)
            isStream = type == CInt(SOCK_STREAM.rawValue)
            // Not a connection.
            guard isStream ? Self.option(SO_ACCEPTCONN, of: descriptor) == 1 : type == CInt(SOCK_DGRAM.rawValue) else {
                return nil
            }
            self.descriptor = descriptor
            local = name.endpoint
        }

        private static func option(_ option: CInt, of descriptor: CInt) -> CInt? {
            var value: CInt = 0
            var size = socklen_t(MemoryLayout<CInt>.size)
            return getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : nil
        }

        func serves(_ endpoint: Endpoint) -> Bool {
            isStream == endpoint.transport.isStream && local.address == endpoint.address && local.port == endpoint.port
        }
    }

    private let sockets: [Socket]

    package static let none = InheritedSockets([])

    /// Looks at what was left; anything may be among it.
    package init(_ descriptors: [CInt]) { sockets = descriptors.compactMap(Socket.init) }

    /// The socket for a listener, which is its from now on.
    func descriptor(for endpoint: Endpoint) -> CInt? { sockets.first { $0.serves(endpoint) }?.descriptor }

    /// Those that listeners at these addresses take.
    package func descriptors(for endpoints: [Endpoint]) -> Set<CInt> { Set(endpoints.compactMap(descriptor)) }
}
