import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle

/// The management interface on a Unix stream socket: JSON-RPC 2.0, one request a line (`LineFraming`), one reply a
/// line, in the order of the requests.
package struct MIService: Service {
    package struct Configuration: Sendable {
        /// Of the socket file; its folder must exist.
        package var path: String
        /// Bytes of one request.
        package var maximumRequest = 1 << 20
        package var maximumConnections = 128
        /// To complete a request, and to take a reply.
        package var timeout = TimeAmount.seconds(60)
        /// At the end, for replies that are under way.
        package var grace = TimeAmount.seconds(2)
        /// Between signs of life to a peer that watches events; below `timeout`, which counts from the last one taken.
        package var eventPause = Duration.seconds(15)

        package init(path: String) { self.path = path }
    }

    private typealias Connection = NIOAsyncChannel<MIFrame, ByteBuffer>

    private let configuration: Configuration
    private let entry: CommandEntry
    private let events: EventHub
    private let connections: Connections

    /// - Parameters:
    ///   - events: what connections can watch.
    ///   - turnedAway: counts those that find no room.
    package init(
        configuration: Configuration,
        events: EventHub,
        entry: CommandEntry,
        turnedAway: TurnedAway = TurnedAway()
    ) {
        self.configuration = configuration
        self.events = events
        self.entry = entry
        self.connections = Connections(
            limit: configuration.maximumConnections,
            refusals: RefusalLog(entry.logger)
        ) { turnedAway.noteSocket() }
    }

    /// Serves until the group shuts down; then requests under way get their replies, and the socket file goes.
    ///
    /// - Throws: `ManagementError` if the socket cannot be opened.
    package func run() async throws {
        let (file, descriptor) = try SocketFile.bind(to: configuration.path)
        let server = try await ServerBootstrap(group: entry.group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(descriptor) { [configuration] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        LineFraming(maximumLength: configuration.maximumRequest, timeout: configuration.timeout)
                    )
                    return try Connection(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
        try await entry.serve("socket", file, on: server.channel) {
            try await server.executeThenClose { inbound in
                try await withThrowingDiscardingTaskGroup { tasks in
                    for try await connection in inbound {
                        tasks.addTask { await serve(connection) }
                    }
                }
            }
        }
    }

    private func serve(_ connection: Connection) async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                guard connections.admit(connection.channel) else {
                    let error = ControlError.unavailable("\(connections.limit) connections are open, no more are taken")
                    try await outbound.write(
                        line(RPCDispatcher.refusal(RPCError(code: error.code, message: error.message)))
                    )
                    return try await Self.drain(connection)
                }
                defer { connections.remove(connection.channel) }
                try await withGracefulShutdownHandler {
                    try await answer(inbound, outbound, on: connection.channel)
                } onGracefulShutdown: {
                    // Ends the requests; the reply under way still leaves, if the peer takes it.
                    let channel = connection.channel
                    channel.close(mode: .input, promise: nil)
                    channel.eventLoop.scheduleTask(in: configuration.grace) { channel.close(promise: nil) }
                }
                try await Self.drain(connection)
            }
        } catch {
            // The peer has gone before it took its reply, which is its own affair.
            entry.logger.debug("management connection lost", metadata: ["error": "\(error)"])
        }
    }

    /// Waits until the peer has taken all that was written: a connection that is closed throws away the rest. One who takes nothing is
    /// cut off by `LineFraming`.
    private static func drain(_ connection: Connection) async throws {
        try await connection.channel.writeAndFlush(ByteBuffer()).get()
    }

    private func answer(
        _ inbound: NIOAsyncChannelInboundStream<MIFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        on channel: any Channel
    ) async throws {
        let requester = await Requester.peer(of: channel)
        let watching = WatchingConnection(events)
        defer { watching.subscription?.end() }
        var frames = inbound.makeAsyncIterator()
        while let frame = try await frames.next() {
            switch frame {
            case .request(let request):
                connections.note(channel, isIdle: false)
                let text = Array(request.readableBytesView)
                let reply = await entry.dispatcher.reply(to: text, from: requester, watch: watching.watch)
                if let reply { try await outbound.write(line(reply)) }
                if let subscription = watching.subscription {
                    return try await stream(subscription, until: &frames, to: outbound)
                }
                connections.note(channel, isIdle: true)
            case .oversize:
                let error = RPCError.invalidRequest("a request has at most \(configuration.maximumRequest) bytes")
                return try await outbound.write(line(RPCDispatcher.refusal(error)))
            }
        }
    }

    /// Writes events as JSON-RPC notifications until the peer hangs up. It has nothing to say any more.
    private func stream(
        _ subscription: EventSubscription,
        until end: inout NIOAsyncChannelInboundStream<MIFrame>.AsyncIterator,
        to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        let writing = Task {
            try await subscription.follow(pause: configuration.eventPause) { delivery in
                try await outbound.write(EventLines.buffer(delivery))
            }
            // The last word has been said; who does not hang up by himself is hung up on.
            outbound.finish()
        }
        defer { writing.cancel() }
        while try await end.next() != nil {}
        subscription.end()
        writing.cancel()
        _ = try? await writing.value
    }

    private func line(_ reply: JSONValue) -> ByteBuffer {
        var bytes = reply.bytes
        bytes.append(UInt8(ascii: "\n"))
        return ByteBuffer(bytes: bytes)
    }
}
