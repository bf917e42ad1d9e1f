internal import Glibc
internal import NIOCore
internal import SIP
internal import Synchronization

/// SIP over TCP and TLS (RFC 3261 section 18): listeners and connections on an event loop of their own, which cuts streams into messages
/// and hands these over whole. A connection is made where there is none, used in both directions, and closed when idle.
final class StreamTransport: Sendable {
    /// A listening socket, with the real port if port 0 was asked for.
    struct Listener: Sendable {
        let id: ListenerID
        let local: Endpoint
        let channel: any Channel
    }

    let listeners: [Listener]
    private let eventLoop: any EventLoop
    private let table: NIOLoopBound<StreamTable>
    private let figures: CounterBox

    private init(
        listeners: [Listener],
        eventLoop: any EventLoop,
        table: NIOLoopBound<StreamTable>,
        figures: CounterBox
    ) {
        self.listeners = listeners
        self.eventLoop = eventLoop
        self.table = table
        self.figures = figures
    }

    /// Opens a socket for every endpoint, or none: then it throws a `BindError`.
    static func bind(
        _ endpoints: [(id: ListenerID, endpoint: Endpoint)],
        inherited: InheritedSockets,
        settings: StreamSettings,
        tls: TLSBox,
        domains: DomainNames,
        on eventLoop: any EventLoop
    ) async throws -> StreamTransport {
        let figures = CounterBox()
        let connector = StreamConnector(
            listeners: Dictionary(endpoints.map { ($0.id, $0.endpoint) }, uniquingKeysWith: { first, _ in first }),
            inherited: inherited,
            tls: tls,
            domains: domains,
            handshakeLimit: .milliseconds(settings.handshakeTimeout)
        )
        let table = try await eventLoop.submit {
            let table = StreamTable(eventLoop: eventLoop, settings: settings, connector: connector) { change in
                figures.counters.withLock { change(&$0) }
            }
            return NIOLoopBound(table, eventLoop: eventLoop)
        }.get()
        var listeners: [Listener] = []
        do {
            for (id, endpoint) in endpoints {
                let channel = try await connector.listen(id, at: endpoint, table: table, on: eventLoop)
                var local = channel.localAddress.flatMap(Endpoint.init) ?? endpoint
                local.transport = endpoint.transport
                listeners.append(Listener(id: id, local: local, channel: channel))
            }
        } catch {
            for listener in listeners { try? await listener.channel.close() }
            throw error
        }
        return StreamTransport(listeners: listeners, eventLoop: eventLoop, table: table, figures: figures)
    }

    /// Accepts connections from now on.
    func start(_ outlet: StreamTable.Outlet, failed: @escaping @Sendable (ListenerID, String) -> Void) {
        eventLoop.execute { [table, listeners] in
            table.value.start(outlet)
            for listener in listeners {
                // Fails only on a closed channel, which is told below.
                try? listener.channel.syncOptions?.setOption(.autoRead, value: true)
                listener.channel.closeFuture.whenComplete { _ in failed(listener.id, "closed") }
            }
        }
    }

    /// Sends messages in order. From any thread.
    func send(_ messages: [Outgoing]) {
        eventLoop.execute { [table] in table.value.send(messages) }
    }

    /// Who is known from now on. From any thread.
    func trust(_ trust: StreamTrust) {
        eventLoop.execute { [table] in table.value.trust = trust }
    }

    /// Second descriptors of the listening sockets, in the order of the listeners; whoever asks closes them.
    func copies() async throws -> [CInt?] {
        try await eventLoop.submit { [listeners] in
            try listeners.map { listener in
                guard listener.channel.isActive else { return nil }
                return try listener.channel.pipeline.syncOperations
                    .withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { fcntl($0, F_DUPFD_CLOEXEC, 0) }
            }
        }.get()
    }

    var counters: StreamCounters { figures.counters.withLock { $0 } }

    /// Closes listeners and connections, after what waits has been written.
    func close() async {
        for listener in listeners { try? await listener.channel.close() }
        let closed = eventLoop.flatSubmit { [table, eventLoop] in
            EventLoopFuture.andAllComplete(table.value.close(), on: eventLoop)
        }
        // It fails only if the loop is already gone, and the connections with it.
        try? await closed.get()
    }
}

/// Counters that one loop writes and others read.
final class CounterBox: Sendable {
    let counters = Mutex(StreamCounters())
}
