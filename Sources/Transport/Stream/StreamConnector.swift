internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import SIP

/// Makes connections, and listens for those that peers make.
struct StreamConnector: Sendable {
    /// What was asked for, by listener.
    let listeners: [ListenerID: Endpoint]

    /// A connection from the address of its listener; complete when messages can be written to it.
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
                    try channel.closeOnExec()
                    let key = StreamTable.Key(listener: listener, peer: peer)
                    let table = table.value
                    let connection = StreamConnection(key, isOurs: false, table: table, now: table.now)
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
            return try await bootstrap.serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.closeOnExec() }
            }
            .bind(to: SocketAddress(endpoint)).get()
        } catch let error as IOError {
            throw BindError(endpoint, call: "bind", code: error.errnoCode)
        }
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
