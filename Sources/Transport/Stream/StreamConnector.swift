internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import SIP

/// Makes connections, and listens for those that peers make.
struct StreamConnector: Sendable {
    /// What was asked for, by listener.
    let listeners: [ListenerID: Endpoint]
    /// Sockets that may be bound already.
    let inherited: InheritedSockets
    let tls: TLSBox
    let domains: DomainNames
    let handshakeLimit: TimeAmount

    /// A connection from the address of its listener; complete when it stands, before TLS begins on it.
    func connect(
        _ key: StreamTable.Key,
        _ connection: StreamConnection,
        within: TimeAmount,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        let handler = NIOLoopBound(connection, eventLoop: eventLoop)
        var bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(within)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: Self.waterMark)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.closeOnExec()
                    if key.peer.transport == .tls { try secureClient(channel, to: key.peer) }
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
        do {
            if let local = listeners[key.listener], !local.address.isUnspecified {
                bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: "\(local.address)", port: 0))
            }
            return bootstrap.connect(to: try SocketAddress(key.peer))
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    /// Opens a listening socket, of which nobody accepts yet.
    func listen(
        _ listener: ListenerID,
        at endpoint: Endpoint,
        table: NIOLoopBound<StreamTable>,
        on eventLoop: any EventLoop
    ) async throws -> any Channel {
        var bootstrap = ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: Self.waterMark)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard var peer = channel.remoteAddress.flatMap(Endpoint.init) else {
                        throw ChannelError.unknownLocalAddress
                    }
                    peer.transport = endpoint.transport
                    // Who comes to us has shown no certificate for his address: what we send to that must not go to him.
                    if peer.transport == .tls { peer.domain = DomainNames.ofNobody }
                    try channel.closeOnExec()
                    let key = StreamTable.Key(listener: listener, peer: peer)
                    let table = table.value
                    let connection = StreamConnection(key, isOurs: false, table: table, now: table.now)
                    if peer.transport == .tls { try secureServer(channel) }
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
        if !endpoint.address.isIPv4 {
            // So that 0.0.0.0 and :: can both be listed.
            bootstrap = bootstrap.serverChannelOption(
                ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only),
                value: 1
            )
        }
        do {
            bootstrap = bootstrap.serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.closeOnExec() }
            }
            if let descriptor = inherited.descriptor(for: endpoint) {
                return try await bootstrap.withBoundSocket(descriptor).get()
            }
            return try await bootstrap.bind(to: SocketAddress(endpoint)).get()
        } catch let error as IOError {
            throw BindError(endpoint, call: "bind", code: error.errnoCode)
        }
    }

    // MARK: TLS

    private struct NoTLS: Error {}

    private func secureServer(_ channel: any Channel) throws {
        guard let contexts = tls.current else { throw NoTLS() }
        let handler = NIOSSLServerHandler(context: contexts.server)
        // Whether he needs a certificate, and whether it leads to a root, TLS itself has seen to.
        try secure(channel, handler) { _ in true }
    }

    private func secureClient(_ channel: any Channel, to peer: Endpoint) throws {
        guard let contexts = tls.current else { throw NoTLS() }
        let name = domains.name(of: peer.domain)
        let handler = try NIOSSLClientHandler(context: contexts.client, serverHostname: name)
        try secure(channel, handler) { certificate in
            guard contexts.verifiesServers else { return true }
            guard let identity = certificate.map(PeerIdentity.init) else { return false }
            return name.map { identity.isFor(domain: $0) } ?? identity.isFor(address: peer.address)
        }
    }

    private func secure(
        _ channel: any Channel,
        _ handler: NIOSSLHandler,
        accepts: @escaping (NIOSSLCertificate?) -> Bool
    ) throws {
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.pipeline.syncOperations.addHandler(
            HandshakeGuard(handler, within: handshakeLimit, accepts: accepts)
        )
    }

    /// A peer that lets so much wait does not read.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 512 << 10)
}

extension Channel {
    /// Keeps the socket from programs that this process starts: SwiftNIO does not, and the peer would not see it closed while
    /// such a program runs.
    fileprivate func closeOnExec() throws {
        try pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }
}

extension SocketAddress {
    init(_ endpoint: Endpoint) throws {
        try self.init(ipAddress: "\(endpoint.address)", port: Int(endpoint.port))
    }
}
