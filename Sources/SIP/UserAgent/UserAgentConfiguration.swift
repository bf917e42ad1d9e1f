/// What the user agent is told about its surroundings.
package struct UserAgentConfiguration {
    /// A socket that we listen on.
    package struct Listener: Sendable {
        /// As bound; the address may be a wildcard.
        package var endpoint: Endpoint
        /// The address that peers are told instead, where they see another one than we do.
        package var advertised: IPAddress?

        package init(endpoint: Endpoint, advertised: IPAddress? = nil) {
            self.endpoint = endpoint
            self.advertised = advertised
        }

        /// Whether it is of the transport and the family of a peer.
        func isLike(_ peer: Endpoint) -> Bool {
            endpoint.transport == peer.transport && endpoint.address.isIPv4 == peer.address.isIPv4
        }
    }

    /// In the order of their `ListenerID`s.
    package var listeners: [Listener]
    /// For wildcard listeners: which address of ours a peer can reach; nil if there is no route.
    package var localAddress: (IPAddress) -> IPAddress?
    /// The proxy that requests outside of dialogs go through, as a loose route (RFC 3261 section 8.1.2).
    package var outboundProxy: URI?
    /// Value of User-Agent and Server.
    package var product: [UInt8]
    /// Legs alive at once, callers, agents and media servers together.
    package var maxLegs: Int
    /// Transactions alive at once.
    package var maxTransactions: Int
    /// nil: nobody is answered who challenges us, and nobody is challenged.
    package var hashes: DigestHashes?
    package var peerNames: PeerNames

    /// The names that TLS peers must show (RFC 5922), which the transport has numbered.
    package struct PeerNames {
        /// The name of an `Endpoint.domain`; nil for a number that is no name's.
        package var name: (UInt32) -> String?
        /// The number of a name, for as long as this process lives; nil if there is no room for it.
        package var number: (String) -> UInt32?

        package init(
            name: @escaping (UInt32) -> String? = { _ in nil },
            number: @escaping (String) -> UInt32? = { _ in nil }
        ) {
            self.name = name
            self.number = number
        }
    }

    package init(
        listeners: [Listener],
        localAddress: @escaping (IPAddress) -> IPAddress? = { _ in nil },
        outboundProxy: URI? = nil,
        product: String = "callcenterd",
        maxLegs: Int = 60_000,
        maxTransactions: Int = 400_000,
        hashes: DigestHashes? = nil,
        peerNames: PeerNames = PeerNames()
    ) {
        self.listeners = listeners
        self.localAddress = localAddress
        self.outboundProxy = outboundProxy
        self.product = Array(product.utf8)
        self.maxLegs = maxLegs
        self.maxTransactions = maxTransactions
        self.hashes = hashes
        self.peerNames = peerNames
    }

    /// The socket for requests to a URI. Where it names a host, any, until it is known where that leads; nil if no socket fits.
    func socket(for uri: URI) -> (ListenerID, Endpoint)? {
        if let endpoint = uri.endpoint { return listener(for: endpoint) }
        guard uri.hop != nil, let first = listeners.first else { return nil }
        return (ListenerID(0), first.endpoint)
    }

    /// nil if there is no such socket.
    func transport(of listener: ListenerID) -> TransportProtocol? {
        listeners.indices.contains(Int(listener.index)) ? listeners[Int(listener.index)].endpoint.transport : nil
    }

    /// The socket for a peer, and the address of ours that he can reach; nil if no socket fits.
    func listener(for peer: Endpoint, preferring preferred: ListenerID? = nil) -> (ListenerID, Endpoint)? {
        if let preferred, let local = local(preferred, for: peer) { return (preferred, local) }
        if let id = listenerOnTheWay(to: peer), let local = local(id, for: peer) { return (id, local) }
        for index in listeners.indices {
            let id = ListenerID(UInt8(clamping: index))
            if let local = local(id, for: peer) { return (id, local) }
        }
        return nil
    }

    /// Of several addresses that we listen on, the one that the way to a peer begins at: from another he may not be reached at all.
    private func listenerOnTheWay(to peer: Endpoint) -> ListenerID? {
        var fitting = 0
        for listener in listeners where listener.isLike(peer) { fitting += 1 }
        guard fitting > 1, let address = localAddress(peer.address) else { return nil }
        let index =
            listeners.firstIndex { $0.isLike(peer) && $0.endpoint.address == address }
            ?? listeners.firstIndex { $0.isLike(peer) && $0.endpoint.address.isUnspecified }
        return index.map { ListenerID(UInt8(clamping: $0)) }
    }

    /// Whether a source is this very service: the address of a listener, and its port unless it is a connection of ours.
    func isOurs(_ source: Endpoint) -> Bool {
        listeners.contains { listener in
            guard listener.isLike(source), source.transport.isStream || listener.endpoint.port == source.port else {
                return false
            }
            let address = listener.endpoint.address
            return address == source.address
                || (address.isUnspecified && localAddress(source.address) == source.address)
        }
    }

    private func local(_ id: ListenerID, for peer: Endpoint) -> Endpoint? {
        guard listeners.indices.contains(Int(id.index)) else { return nil }
        let listener = listeners[Int(id.index)]
        var local = listener.endpoint
        guard local.transport == peer.transport, local.address.isIPv4 == peer.address.isIPv4 else { return nil }
        if let advertised = listener.advertised, advertised.isIPv4 == peer.address.isIPv4 {
            local.address = advertised
        } else if local.address.isUnspecified {
            guard let address = localAddress(peer.address) else { return nil }
            local.address = address
        }
        return local
    }
}
