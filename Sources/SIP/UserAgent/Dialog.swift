/// The state of a dialog (RFC 3261 section 12): what in-dialog requests are made from and matched with.
struct Dialog {
    let callID: [UInt8]
    /// Minted from the leg's slot, so that the peer's requests find the leg by index.
    var localTag: Token
    /// Empty until the peer has named one.
    var remoteTag: [UInt8] = []
    /// Our From or To, with display name, without tag.
    let localAddress: [UInt8]
    /// The peer's, likewise.
    let remoteAddress: [UInt8]
    var remoteTarget: URI
    /// How often that has become another.
    private(set) var targetRevision: UInt32 = 0
    /// Values of Route, in the order in which they stand in requests of ours.
    var routeSet: [[UInt8]] = []
    var localCSeq: UInt32
    var remoteCSeq: UInt32?
    var listener: ListenerID
    /// The address of ours that the peer can reach: host of Via and Contact.
    var local: Endpoint
    /// Where the peer was last heard from: requests go there if his Contact names no address that we can use.
    var heardFrom: Endpoint?
    /// It was begun by a `sips:` URI: our Contact is one, too (RFC 3261 sections 8.1.1.8 and 12.1.1).
    var isSecure = false

    /// Where a name that the dialog's requests go to leads.
    var located: Located?

    struct Located {
        let uri: [UInt8]
        /// Where requests go.
        var target: Endpoint
        /// Where they go if that one does not answer (RFC 3263 section 4.3), best first.
        var others: [Endpoint] = []
    }

    /// What requests go to (RFC 3261 section 8.1.2): the first route, else the remote target.
    @inline(__always)
    var nextURI: URI { routeSet.first.flatMap { URI(addressIn: $0) } ?? remoteTarget }

    /// Where requests go next. As long as it is not known where a name leads, such a peer is reached where he was heard from.
    ///
    /// Inlined, for then the rest of the dialog is not copied.
    @inline(__always)
    var nextHop: Endpoint? { Self.hop(to: nextURI, heardFrom: heardFrom, located: located) }

    private static func hop(to uri: URI, heardFrom: Endpoint?, located: Located?) -> Endpoint? {
        guard var hop = uri.endpoint else {
            if let located, located.uri == uri.bytes { return located.target }
            return heardFrom
        }
        // RFC 3263 section 4.1 has UDP where the URI names no transport. But a peer that was heard from over a stream, and
        // whose URI only leaves the transport out, speaks that one for sure.
        if !uri.namesTransport, let heardFrom, heardFrom.transport.isStream, heardFrom.address == hop.address {
            if uri.port == nil { hop.port = heardFrom.transport.defaultPort }
            hop.transport = heardFrom.transport
        }
        // A TLS peer whom a name has led to, and whose certificate has shown that name, is the same under his address.
        if let heardFrom, heardFrom.domain != 0, heardFrom.isSamePlace(as: hop) { return heardFrom }
        return hop
    }

    /// Where a request goes if the place that a name has led to does not answer; nil if there is no other.
    var elsewhere: Endpoint? {
        guard let located, let other = located.others.first, nextHop == located.target else { return nil }
        return other
    }

    /// The place that a name has led to has failed: from now on requests go to the next one, as long as there are others. False
    /// if there is none.
    mutating func leave(_ failed: Endpoint) -> Bool {
        guard var located, located.target == failed, let next = located.others.first else { return false }
        located.others.removeFirst()
        located.others.append(failed)
        located.target = next
        self.located = located
        return true
    }

    /// Target refresh: the peer's newest Contact counts (RFC 3261 section 12.2).
    mutating func refreshTarget(from message: Message) {
        guard let contact = message.firstAddress(.contact),
            // Mostly it is what it was, which is cheaper to see than to read it as a URI.
            message.bytes[contact.uri] != remoteTarget.bytes[...],
            let target = message.target(contact.uri), target.bytes != remoteTarget.bytes
        else { return }
        remoteTarget = target
        targetRevision &+= 1
    }
}

extension URI {
    /// The address, port and transport that the URI names (RFC 3263 sections 4.1 and 4.2); nil if it names a host, or a
    /// transport that we do not have.
    package var endpoint: Endpoint? {
        guard let transport = impliedTransport else { return nil }
        return IPAddress(parsing: place).map {
            Endpoint(address: $0, port: port ?? transport.defaultPort, transport: transport)
        }
    }

    /// Where requests to it go: what `maddr` says goes before its host (RFC 3261 section 19.1.1).
    package var place: ArraySlice<UInt8> { parameter(named: "maddr") ?? host }

    /// Whether that is its host.
    package var leadsToItsHost: Bool { equalIgnoringCase(place, host) }

    /// Whether it says how its host is to be reached.
    var namesTransport: Bool { scheme == .sips || parameter(named: "transport") != nil }

    /// What the URI is reached by where its host is an address: what it names, else UDP, and TLS for `sips:`, where `tcp` means
    /// TLS over TCP. nil for what we do not have.
    package var impliedTransport: TransportProtocol? {
        guard parameter(named: "transport") != nil else {
            return scheme == .sip ? .udp : scheme == .sips ? .tls : nil
        }
        switch (scheme, transport) {
        case (.sip, let transport): return transport
        case (.sips, .tcp), (.sips, .tls): return .tls
        default: return nil
        }
    }
}
