/// How requests get on their way: the socket that fits their destination, TCP for what is too large for UDP, and what is tried
/// when a stream cannot be had (RFC 3261 section 18.1.1).
extension UserAgent {
    /// Starts the transaction of a request that was built for `listener`.
    ///
    /// - Parameter heardFrom: the connection that the peer's last request came through: tried when he cannot be reached where
    ///   his Contact says, as behind a NAT.
    /// - Parameter elsewhere: another place that the peer's name leads to: tried when the first one says nothing.
    mutating func start(
        _ transaction: ClientTransactionID,
        _ method: Method,
        _ request: [UInt8],
        to destination: Endpoint,
        from listener: ListenerID,
        facts: RequestFacts,
        heardFrom: Endpoint? = nil,
        elsewhere: Endpoint? = nil
    ) {
        let now = now
        noteChange(of: transaction)
        let built = OutboundRequest(bytes: request, destination: destination, listener: listener)
        var first = fitting(built)
        var fallback: OutboundRequest?
        if let stream = onStream(first) {
            fallback = first
            first = stream
        } else if destination.transport.isStream, let heardFrom, heardFrom.transport == destination.transport,
            heardFrom != destination
        {
            var other = OutboundRequest(bytes: first.bytes, destination: heardFrom, listener: first.listener)
            // Not again and again by way of a time-out: he stays behind his NAT.
            if withoutStreams.contains(first.destination, now: now) { swap(&first, &other) }
            fallback = other
        } else if let elsewhere {
            fallback = readdressed(first, to: elsewhere)
        }
        withTransactions { transactions, wheel, out in
            transactions.start(
                transaction,
                request: first,
                method: method,
                facts: facts,
                fallback: fallback,
                now: now,
                wheel: &wheel,
                out: &out
            )
        }
    }

    /// Sends an ACK, which has no transaction, and gives it back as it was sent.
    mutating func sendACK(_ ack: [UInt8], to destination: Endpoint, from listener: ListenerID) -> OutboundRequest {
        let request = fitting(OutboundRequest(bytes: ack, destination: destination, listener: listener))
        send(request.bytes, to: request.destination, from: request.listener)
        return request
    }

    /// The request with the Via of a socket that can reach its destination: a dialog's own socket may be of another transport.
    private func fitting(_ request: OutboundRequest) -> OutboundRequest {
        if configuration.transport(of: request.listener) == request.destination.transport { return request }
        return readdressed(request, to: request.destination) ?? request
    }

    /// Requests of more than 1,300 bytes go by TCP, whatever their URI says, unless the peer has refused that lately.
    private func onStream(_ request: OutboundRequest) -> OutboundRequest? {
        guard request.destination.transport == .udp, request.bytes.count > Self.largestDatagram,
            !withoutStreams.contains(request.destination, now: now)
        else { return nil }
        var destination = request.destination
        destination.transport = .tcp
        return readdressed(request, to: destination)
    }

    private func readdressed(_ request: OutboundRequest, to destination: Endpoint) -> OutboundRequest? {
        guard let (listener, local) = configuration.listener(for: destination) else { return nil }
        guard let bytes = RequestOutline.readdressed(request.bytes, from: local) else { return nil }
        return OutboundRequest(bytes: bytes, destination: destination, listener: listener)
    }

    /// Of a request that may go by UDP where the path's MTU is not known (RFC 3261 section 18.1.1).
    static let largestDatagram = 1_300

    // MARK: Failures

    /// The transport says that a peer cannot be reached over a stream, or that a connection with requests of ours on it is lost.
    package mutating func transportFailed(_ peer: Endpoint, now: Milliseconds) {
        self.now = now
        withoutStreams.insert(peer, until: now + Self.streamRefusalLifetime)
        if peer.transport == .tcp {
            var datagrams = peer
            datagrams.transport = .udp
            withoutStreams.insert(datagrams, until: now + Self.streamRefusalLifetime)
        }
        withTransactions { transactions, wheel, out in
            transactions.transportFailed(peer, now: now, wheel: &wheel, out: &out)
        }
    }

    /// How long a peer who does not take TCP gets large requests by UDP at once, and one who cannot be reached where his Contact says
    /// gets them where he was heard.
    static let streamRefusalLifetime: Milliseconds = 300_000
}

/// A request as it is written to the network.
package struct OutboundRequest: Sendable {
    package var bytes: [UInt8]
    package var destination: Endpoint
    package var listener: ListenerID

    package init(bytes: [UInt8], destination: Endpoint, listener: ListenerID) {
        self.bytes = bytes
        self.destination = destination
        self.listener = listener
    }
}

/// Endpoints of which something is known for a while. Bounded: when it is full, all is forgotten.
struct EndpointMemory {
    private var entries: [Endpoint: Milliseconds] = [:]

    private static let capacity = 4_096

    func contains(_ endpoint: Endpoint, now: Milliseconds) -> Bool {
        entries[endpoint].map { now < $0 } ?? false
    }

    mutating func insert(_ endpoint: Endpoint, until: Milliseconds) {
        if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
        entries[endpoint] = until
    }

    mutating func remove(_ endpoint: Endpoint) { entries[endpoint] = nil }

    /// Gives back the room of what is no longer so.
    mutating func forget(now: Milliseconds) { entries = entries.filter { now < $0.value } }
}
