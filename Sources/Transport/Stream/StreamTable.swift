internal import NIOCore
internal import NIOPosix
internal import SIP

/// All connections of a `StreamTransport`, by listener and peer, as their event loop sees them. Not for any other thread.
final class StreamTable {
    struct Key: Hashable {
        let listener: ListenerID
        let peer: Endpoint
    }

    /// What the call loop is told; called on the streams' own loop.
    struct Outlet: Sendable {
        /// Messages of one connection, and what to call when they have been worked on.
        var received: @Sendable ([[UInt8]], Endpoint, ListenerID, @escaping @Sendable () -> Void) -> Void
        var unreachable: @Sendable (Endpoint, ListenerID) -> Void
    }

    private let eventLoop: any EventLoop
    private let settings: StreamSettings
    private let connector: StreamConnector
    private let count: @Sendable ((inout StreamCounters) -> Void) -> Void
    private var outlet: Outlet?
    private var connections: [Key: StreamConnection] = [:]
    private var shares = ConnectionShares()
    var trust = StreamTrust()
    private var sweep: Scheduled<Void>?
    private var isClosing = false

    init(
        eventLoop: any EventLoop,
        settings: StreamSettings,
        connector: StreamConnector,
        count: @escaping @Sendable ((inout StreamCounters) -> Void) -> Void
    ) {
        self.eventLoop = eventLoop
        self.settings = settings
        self.connector = connector
        self.count = count
    }

    var now: Milliseconds { Milliseconds(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    func counted(_ change: (inout StreamCounters) -> Void) { count(change) }

    func start(_ outlet: Outlet) {
        self.outlet = outlet
        planSweep()
    }

    // MARK: Out

    func send(_ messages: [Outgoing]) {
        guard !isClosing else { return }
        let now = now
        var touched: [StreamConnection] = []
        for message in messages {
            guard let connection = connection(for: message, now: now), connection.send(message.bytes, now: now) else {
                lost(message.bytes, to: message.destination, from: message.listener)
                continue
            }
            touched.append(connection)
        }
        for connection in touched { connection.flush() }
    }

    private func connection(for message: Outgoing, now: Milliseconds) -> StreamConnection? {
        let key = Key(listener: message.listener, peer: message.destination)
        if let connection = connections[key], !connection.isClosed { return connection }
        guard message.bytes.isResponse else { return connect(key, now: now) }
        // The connection of the request is gone: its sender is called back (RFC 3261 section 18.2.2).
        guard case .message(let response) = Message.parse(message.bytes) else { return nil }
        var peer = message.destination
        peer.port = response.via.effectivePort
        let back = Key(listener: message.listener, peer: peer)
        if let connection = connections[back], !connection.isClosed { return connection }
        return connect(back, now: now)
    }

    private func lost(_ bytes: [UInt8], to peer: Endpoint, from listener: ListenerID) {
        count { $0.dropped += 1 }
        if !bytes.isResponse { outlet?.unreachable(peer, listener) }
    }

    private func connect(_ key: Key, now: Milliseconds) -> StreamConnection? {
        guard connections.count < settings.maximumConnections else {
            count { $0.refused += 1 }
            return nil
        }
        let connection = StreamConnection(key, isOurs: true, table: self, now: now)
        add(connection)
        let result = connector.connect(
            key,
            connection,
            within: .milliseconds(settings.connectTimeout),
            on: eventLoop
        )
        result.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel):
                // With TLS it stands only when hands have been shaken.
                if key.peer.transport != .tls { self.established(connection, channel) }
            case .failure:
                self.closed(connection)
            }
        }
        return connection
    }

    private func established(_ connection: StreamConnection, _ channel: any Channel) {
        if connection.isOurs { count { $0.connected += 1 } }
        connection.established(channel, now: now)
    }

    // MARK: In

    func accepted(_ connection: StreamConnection, _ channel: any Channel) {
        let peer = connection.key.peer.address
        guard !isClosing, connections.count < settings.maximumConnections,
            let share = shares.take(for: peer, isTrusted: trust.isTrusted(peer), of: settings)
        else {
            count { $0.refused += 1 }
            channel.close(promise: nil)
            return
        }
        connection.share = share
        // One that was there before under this name is dead: the peer has used its port again.
        connections[connection.key]?.close()
        add(connection)
        count { $0.accepted += 1 }
        if connection.key.peer.transport != .tls { established(connection, channel) }
    }

    /// TLS has shaken hands, and the peer is who he should be.
    func secured(_ connection: StreamConnection, _ channel: any Channel) {
        // Of one that was not taken, there being too many, nothing is wanted.
        guard connection.isCounted else { return }
        established(connection, channel)
    }

    private func add(_ connection: StreamConnection) {
        connections[connection.key] = connection
        connection.isCounted = true
        count { $0.connections += 1 }
    }

    /// Whether a peer whose message cannot be read is told so.
    func answers(_ peer: Endpoint) -> Bool { !trust.isSilentToStrangers || trust.isTrusted(peer.address) }

    func handOver(_ messages: [[UInt8]], of connection: StreamConnection) {
        let number = messages.count
        count { $0.received += UInt64(number) }
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        outlet?.received(messages, connection.key.peer, connection.key.listener) { [eventLoop] in
            eventLoop.execute { bound.value.workedOn(number) }
        }
    }

    func closed(_ connection: StreamConnection) {
        guard connection.isCounted else { return }
        connection.isCounted = false
        if connections[connection.key] === connection { connections[connection.key] = nil }
        count {
            $0.connections -= 1
            if connection.isOurs, !connection.wasEstablished { $0.connectFailures += 1 }
            if connection.isShaking { $0.handshakeFailures += 1 }
        }
        if let share = connection.share { shares.giveBack(share) }
        connection.share = nil
        if connection.owesSomething, !isClosing { outlet?.unreachable(connection.key.peer, connection.key.listener) }
    }

    // MARK: Time

    private func planSweep() {
        guard !isClosing else { return }
        sweep = eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) {
            self.expire()
            self.planSweep()
        }
    }

    /// Closes connections that have had their time, and sends pings.
    private func expire() {
        let now = now
        for connection in connections.values where connection.channel != nil {
            if isOver(connection, now: now) {
                count { $0.expired += 1 }
                connection.close()
            } else if connection.isOurs, now - connection.lastSent >= settings.pingInterval {
                connection.ping(now: now)
            }
        }
    }

    private func isOver(_ connection: StreamConnection, now: Milliseconds) -> Bool {
        if let since = connection.partialSince, now - since >= settings.messageTimeout { return true }
        if let sent = connection.pingSent, connection.knowsPings, now - sent >= settings.pongTimeout { return true }
        let isSilent = !connection.isOurs && !connection.hasReceived
        return now - connection.lastActivity >= (isSilent ? settings.messageTimeout : settings.idleTimeout)
    }

    func close() -> [EventLoopFuture<Void>] {
        isClosing = true
        sweep?.cancel()
        return connections.values.compactMap { connection in
            connection.flush()
            return connection.closeAtLast()
        }
    }
}
