import CallCenter
import SIP

/// How a leg stands in the journal. Pure; what is damaged is refused, never trusted.
extension ByteWriter {
    mutating func write(_ leg: KeptLeg) {
        var flags: UInt8 = leg.leavesChangeOpen ? 32 : 0
        if leg.isSecure { flags |= 16 }
        if leg.ownsCallID { flags |= 8 }
        if leg.isWatched { flags |= 4 }
        if leg.peerAllowsUpdate { flags |= 2 }
        if leg.madeFirstOffer { flags |= 1 }
        append(11) { room in
            room.store(leg.id.index, at: 0)
            room.store(leg.id.generation, at: 4)
            room.store(leg.phase.rawValue, at: 8)
            room.store(flags, at: 9)
            room.store(leg.maxForwards, at: 10)
        }
        write(bytes: leg.callID)
        write(leg.localTag)
        write(UInt8(clamping: leg.earlierTags.count))
        for tag in leg.earlierTags.prefix(Int(UInt8.max)) { write(tag) }
        write(bytes: leg.remoteTag)
        write(bytes: leg.localAddress)
        write(bytes: leg.remoteAddress)
        write(bytes: leg.remoteTarget)
        write(UInt8(clamping: leg.routeSet.count))
        for route in leg.routeSet.prefix(Int(UInt8.max)) { write(bytes: route) }
        append(18) { room in
            room.store(leg.localCSeq, at: 0)
            room.store(UInt8(leg.remoteCSeq == nil ? 0 : 1), at: 4)
            room.store(leg.remoteCSeq ?? 0, at: 5)
            room.store(leg.firstCSeq, at: 9)
            room.store(leg.reinvites, at: 13)
            room.store(UInt8(clamping: leg.names.count), at: 17)
        }
        for name in leg.names.prefix(Int(UInt8.max)) { write(name) }
        write(leg.listener.index)
        write(leg.heardFrom != nil)
        write(leg.heardFrom ?? leg.source)
        write(leg.source)
        write(bytes: leg.identity)
        append(16) { room in
            room.store(leg.sdp.sessionID, at: 0)
            room.store(leg.sdp.version, at: 8)
        }
        write(bytes: leg.sdp.body)
        write(bytes: leg.sdp.receivedSessionID)
        write(bytes: leg.sdp.receivedVersion)
        append(9) { room in
            room.store(Int32(clamping: leg.session?.interval ?? 0), at: 0)
            room.store(UInt8(leg.session?.isOurs == true ? 1 : 0), at: 4)
            room.store(Int32(clamping: leg.smallestSession), at: 5)
        }
        write(leg.incoming != nil)
        if let incoming = leg.incoming {
            write(bytes: incoming.request)
            write(bytes: incoming.accepted)
            write(incoming.hasOffer)
            write(incoming.nextRSeq ?? 0)
        }
        write(leg.outgoing != nil)
        if let outgoing = leg.outgoing {
            write(outgoing.invite.branch)
            write(bytes: outgoing.invite.request)
            write(outgoing.invite.isProceeding)
            write(outgoing.invite.hasBody)
            write(outgoing.invite.destination)
            write(outgoing.invite.listener.index)
            write(outgoing.cseq)
            write(outgoing.reinvite != nil)
            write(outgoing.reinvite ?? 0)
        }
        write(leg.ackDue != nil)
        if let due = leg.ackDue {
            write(due.cseq)
            write(bytes: due.offer)
        }
        write(leg.freshACK != nil)
        if let ack = leg.freshACK {
            write(ack.cseq)
            write(bytes: ack.request)
            write(ack.destination)
            write(ack.listener.index)
        }
    }

    private mutating func write(_ token: Token) {
        append(16) { room in
            room.store(token.slot, at: 0)
            room.store(token.generation, at: 4)
            room.store(token.nonce, at: 8)
        }
    }

    private mutating func write(_ endpoint: Endpoint) {
        append(19) { room in
            room.store(endpoint.address.high, at: 0)
            room.store(endpoint.address.low, at: 8)
            room.store(endpoint.port, at: 16)
            room.store(endpoint.transport.rawValue, at: 18)
        }
        if endpoint.transport == .tls { write(UInt8(clamping: endpoint.domain)) }
    }
}

extension ByteReader {
    /// A moment or a length of time: far from where sums of them overflow.
    mutating func time() throws(Malformed) -> Milliseconds {
        let time = try number(Milliseconds.self)
        guard (-(1 << 52)...1 << 52).contains(time) else { throw Malformed() }
        return time
    }

    mutating func leg() throws(Malformed) -> KeptLeg {
        let id = LegID(SlabHandle(index: try number(), generation: try number()))
        guard let phase = KeptLeg.Phase(rawValue: try number()) else { throw Malformed() }
        let flags = try number(UInt8.self)
        let maxForwards = try number(UInt8.self)
        let callID = try bytes()
        let localTag = try token()
        var earlierTags: [Token] = []
        for _ in 0..<(try number(UInt8.self)) { earlierTags.append(try token()) }
        let remoteTag = try bytes()
        let localAddress = try bytes()
        let remoteAddress = try bytes()
        let remoteTarget = try bytes()
        var routeSet: [[UInt8]] = []
        for _ in 0..<(try number(UInt8.self)) { routeSet.append(try bytes()) }
        let localCSeq = try sequence()
        let hasRemoteCSeq = try flag()
        let remoteCSeq = try number(UInt32.self)
        let firstCSeq = try number(UInt32.self)
        let reinvites = try number(UInt32.self)
        var names: [String] = []
        for _ in 0..<(try number(UInt8.self)) { names.append(try text()) }
        let listener = ListenerID(try number())
        let isHeard = try flag()
        let heardFrom = try endpoint()
        let source = try endpoint()
        let identity = try optionalBytes()
        let sdp = SDPContinuity.Kept(
            sessionID: try number(),
            version: try number(),
            body: try optionalBytes(),
            receivedSessionID: try optionalBytes(),
            receivedVersion: try optionalBytes()
        )
        var leg = KeptLeg(
            id: id,
            phase: phase,
            ownsCallID: flags & 8 != 0,
            callID: callID,
            localTag: localTag,
            remoteTag: remoteTag,
            localAddress: localAddress,
            remoteAddress: remoteAddress,
            remoteTarget: remoteTarget,
            localCSeq: localCSeq,
            listener: listener,
            source: source,
            sdp: sdp
        )
        leg.isWatched = flags & 4 != 0
        leg.peerAllowsUpdate = flags & 2 != 0
        leg.madeFirstOffer = flags & 1 != 0
        leg.isSecure = flags & 16 != 0
        leg.leavesChangeOpen = flags & 32 != 0
        leg.names = names
        leg.maxForwards = maxForwards
        leg.earlierTags = earlierTags
        leg.routeSet = routeSet
        leg.remoteCSeq = hasRemoteCSeq ? remoteCSeq : nil
        leg.firstCSeq = firstCSeq
        leg.reinvites = reinvites
        leg.heardFrom = isHeard ? heardFrom : nil
        leg.identity = identity
        let interval = Int(try number(Int32.self))
        let isOurs = try flag()
        leg.session = interval > 0 ? KeptLeg.Session(interval: interval, isOurs: isOurs) : nil
        leg.smallestSession = Int(try number(Int32.self))
        if try flag() {
            let request = try bytes()
            let accepted = try optionalBytes()
            let hasOffer = try flag()
            let nextRSeq = try sequence()
            leg.incoming = KeptLeg.Incoming(
                request: request,
                accepted: accepted,
                hasOffer: hasOffer,
                nextRSeq: nextRSeq == 0 ? nil : nextRSeq
            )
        }
        if try flag() { leg.outgoing = try outgoing() }
        if try flag() { leg.ackDue = KeptLeg.AckDue(cseq: try number(), offer: try optionalBytes()) }
        if try flag() {
            leg.freshACK = KeptLeg.FreshACK(
                cseq: try number(),
                request: try bytes(),
                destination: try endpoint(),
                listener: ListenerID(try number())
            )
        }
        return leg
    }

    private mutating func outgoing() throws(Malformed) -> KeptLeg.Outgoing {
        let invite = OpenInvite(
            branch: try token(),
            request: try bytes(),
            isProceeding: try flag(),
            hasBody: try flag(),
            destination: try endpoint(),
            listener: ListenerID(try number())
        )
        let cseq = try number(UInt32.self)
        let isReinvite = try flag()
        let reinvite = try number(UInt32.self)
        return KeptLeg.Outgoing(invite: invite, cseq: cseq, reinvite: isReinvite ? reinvite : nil)
    }

    /// A number that we count up: it has 31 bits (RFC 3261 section 8.1.1.5).
    private mutating func sequence() throws(Malformed) -> UInt32 {
        let number = try number(UInt32.self)
        guard number < 1 << 31 else { throw Malformed() }
        return number
    }

    private mutating func token() throws(Malformed) -> Token {
        Token(slot: try number(), generation: try number(), nonce: try number())
    }

    private mutating func endpoint() throws(Malformed) -> Endpoint {
        let address = IPAddress(high: try number(), low: try number())
        let port = try number(UInt16.self)
        guard let transport = TransportProtocol(rawValue: try number()) else { throw Malformed() }
        var endpoint = Endpoint(address: address, port: port, transport: transport)
        if transport == .tls { endpoint.domain = UInt32(try number(UInt8.self)) }
        return endpoint
    }
}
