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
    /// Values of Route, in the order in which they stand in requests of ours.
    var routeSet: [[UInt8]] = []
    var localCSeq: UInt32
    var remoteCSeq: UInt32?
    let listener: ListenerID
    /// The address of ours that the peer can reach: host of Via and Contact.
    let local: Endpoint
    /// Where the peer was last heard from: requests go there if his Contact names no address that we can use.
    var heardFrom: Endpoint?

    /// Where requests go next (RFC 3261 section 8.1.2): the first route, else the remote target. Host names are not looked up:
    /// such a peer is reached where he was heard from.
    var nextHop: Endpoint? {
        if let first = routeSet.first, let uri = URI(addressIn: first) {
            return uri.endpoint ?? heardFrom
        }
        return remoteTarget.endpoint ?? heardFrom
    }

    /// Target refresh: the peer's newest Contact counts (RFC 3261 section 12.2).
    mutating func refreshTarget(from message: Message) {
        guard let contact = message.contactURI else { return }
        remoteTarget = contact
    }
}

extension URI {
    /// The address and port that the URI names by number; nil if it names a host, or a transport other than UDP.
    package var endpoint: Endpoint? {
        guard scheme == .sip, transport == nil || transport == .udp else { return nil }
        let named = parameter(named: "maddr") ?? host
        return IPAddress(parsing: named).map { Endpoint(address: $0, port: port ?? 5060) }
    }
}
