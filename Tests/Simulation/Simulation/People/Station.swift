import SIP

/// A SIP endpoint of the simulation: a user agent of its own making over UDP, with the retransmissions and absorptions that
/// RFC 3261 and RFC 6026 ask of one. It shares no more than the parser of messages with what it judges. Subclasses say how it
/// behaves.
class Station {
    enum Kind: UInt32 { case caller = 1, agent, media, stranger }

    let kind: Kind
    let number: Int
    /// `c17`, `a3`, `m0`.
    let name: [UInt8]
    let address: Endpoint
    let uri: [UInt8]
    /// A line of Via up to the number in its branch, and one of Contact.
    private let via: [UInt8]
    private let contact: [UInt8]
    unowned let world: World
    var sessions: [Session] = []
    /// Unplugged: nothing comes in or goes out any more.
    var isDead = false {
        didSet { if isDead { hasBeenAway = true } }
    }
    /// The network between it and the core is broken until then.
    var cutOffUntil: Milliseconds = 0 {
        didSet { hasBeenAway = true }
    }
    /// What goes wrong afterwards may be its own fault, or the network's.
    private(set) var hasBeenAway = false

    init(_ kind: Kind, _ number: Int, in world: World) {
        self.kind = kind
        self.number = number
        self.world = world
        address = Self.address(kind, number)
        let letter: StaticString =
            switch kind {
            case .caller: "c"
            case .agent: "a"
            case .media: "m"
            case .stranger: "x"
            }
        var name = [UInt8](letter)
        name.append(number: number)
        self.name = name
        let host = Array("\(address.address):\(address.port)".utf8)
        uri = [UInt8]("sip:") + name + [UInt8]("@") + host
        via = [UInt8]("Via: SIP/2.0/UDP ") + host + [UInt8](";branch=z9hG4bK-")
        contact = [UInt8]("Contact: <") + uri + [UInt8](">\r\n")
    }

    /// Each kind has a network of its own, and each station its address in it.
    static func address(_ kind: Kind, _ number: Int) -> Endpoint {
        Endpoint(address: IPAddress(v4: 0x0A00_0000 | kind.rawValue << 20 | UInt32(number)), port: 5060)
    }

    var isAway: Bool { isDead || world.now < cutOffUntil }

    // MARK: Behaviour

    /// A new INVITE has come.
    func invited(_ session: Session) { accept(session) }
    /// It has been taken back, with nothing answered yet.
    func cancelled(_ session: Session) { refuse(session, 487) }
    /// A re-INVITE has come.
    func reinvited(_ session: Session) { accept(session) }
    /// The first INVITE has been answered and acknowledged.
    func established(_ session: Session) {}
    /// The peer has described himself, or somebody else in his place.
    func described(_ session: Session) {}
    /// The INVITE of ours was refused, or nobody answered it: 408.
    func refused(_ session: Session, _ status: Int) {}
    /// The session was up and is over.
    func ended(_ session: Session) {}

    // MARK: Sending

    func send(_ bytes: [UInt8]) {
        guard !isAway else { return }
        world.carry(bytes, from: self)
    }

    func complain(_ what: String, about session: Session? = nil) {
        world.complain("\(label): \(what)", about: [label] + (session.map { ["c\($0.caller)"] } ?? []))
    }

    var label: String { String(decoding: name, as: UTF8.self) }

    /// Starts a client transaction.
    @discardableResult
    func start(_ method: Method, _ bytes: [UInt8], branch: Int, of session: Session) -> StationClient {
        let client = StationClient(method: method, request: bytes, branch: branch, session: session)
        world.add(client)
        send(bytes)
        world.plan(.repeatRequest(client, after: 500), in: 500)
        return client
    }

    func repeatRequest(_ client: StationClient, after interval: Milliseconds) {
        guard !client.isFinal, !(client.method == .invite && client.isProceeding) else { return }
        send(client.request)
        let next = client.method == .invite ? interval * 2 : min(interval * 2, 4_000)
        world.plan(.repeatRequest(client, after: next), in: next)
    }

    /// 64 x T1 after the request.
    func lifetimeIsOver(of client: StationClient) {
        guard !client.isFinal, client.method != .invite || !client.isProceeding else { return }
        client.isFinal = true
        timedOut(client)
    }

    /// Answers a request; the final response to an INVITE goes on until its ACK comes.
    func respond(
        _ server: StationServer,
        _ status: Int,
        tag: [UInt8],
        extra: [UInt8] = [],
        body: [UInt8]? = nil
    ) {
        guard !server.isFinal else { return }
        server.response = response(to: server.request, status: status, tag: tag, extra: extra, body: body)
        server.isFinal = status >= 200
        server.isSuccess = 200...299 ~= status
        send(server.response)
        guard server.isFinal, server.request.method == .invite else { return }
        server.giveUp = world.now + 32_000
        world.plan(.repeatFinal(server, after: 500), in: 500)
    }

    func repeatFinal(_ server: StationServer, after interval: Milliseconds) {
        guard !server.isAcknowledged else { return }
        guard world.now < server.giveUp else { return ackMissing(server) }
        send(server.response)
        let next = min(interval * 2, 4_000)
        world.plan(.repeatFinal(server, after: next), in: next)
    }

    // MARK: Receiving

    func receive(_ bytes: [UInt8]) {
        guard !isAway else { return }
        guard case .message(let message) = Message.parse(bytes) else { return complain("got what is no SIP") }
        let branch = message.via.branch.map { message.bytes[$0] } ?? []
        if let status = message.status {
            receive(message, status: Int(status), branch)
            return
        }
        let digest = branch.digest
        if message.method == .ack {
            if let server = world.server(digest, .invite, of: self) {
                server.isAcknowledged = true
            } else {
                receive(ack: message)
            }
            return
        }
        if let server = world.server(digest, message.method, of: self) {
            if !server.response.isEmpty, !server.isSuccess || server.request.method != .invite { send(server.response) }
            return
        }
        let server = StationServer(request: message, station: self)
        world.add(server, digest)
        if message.method == .invite {
            server.isLate = world.hasGivenUp(onInviteOf: digest)
            server.isOfEarlierCore = world.isOfEarlierCore(digest)
        }
        if message.method == .cancel {
            receive(cancel: server, of: world.server(digest, .invite, of: self))
        } else {
            receive(request: server)
        }
    }

    private func receive(_ response: Message, status: Int, _ branch: ArraySlice<UInt8>) {
        guard let number = branch.number(behind: 8), let client = world.client(number, response.cseq.method),
            client.session.station === self
        else {
            return complain("got a stray \(status)")
        }
        if status < 200 {
            confirm(response, of: client)
            guard !client.isProceeding, !client.isFinal else { return }
            client.isProceeding = true
            if client.wantsCancel { cancel(client) }
            return
        }
        if client.method == .invite, status >= 300 {
            // The ACK of the transaction: as often as the refusal comes.
            send(acknowledgement(of: client, response))
        }
        let isFirst = !client.isFinal
        client.isFinal = true
        receive(final: response, status: status, of: client, isFirst: isFirst)
    }

    // MARK: Bytes

    func request(
        _ method: StaticString,
        in session: Session,
        cseq: Int,
        branch: Int,
        extra: [UInt8] = [],
        body: [UInt8]? = nil
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512 + (body?.count ?? 0))
        bytes.append(method)
        bytes.append(" ")
        bytes.append(contentsOf: session.target)
        bytes.append(" SIP/2.0\r\n")
        bytes.append(contentsOf: via)
        bytes.append(number: branch)
        bytes.append("\r\nMax-Forwards: 70\r\nFrom: ")
        bytes.append(contentsOf: session.local)
        bytes.append(";tag=")
        bytes.append(contentsOf: session.localTag)
        bytes.append("\r\nTo: ")
        bytes.append(contentsOf: session.remote)
        if !session.remoteTag.isEmpty {
            bytes.append(";tag=")
            bytes.append(contentsOf: session.remoteTag)
        }
        bytes.append("\r\n")
        bytes.line("Call-ID: ", session.callID)
        bytes.append("CSeq: ")
        bytes.append(number: cseq)
        bytes.append(" ")
        bytes.append(method)
        bytes.append("\r\n")
        bytes.append(contentsOf: contact)
        if session.takesUpdate { bytes.append(Self.allow) }
        bytes.append(contentsOf: extra)
        bytes.finish(body)
        return bytes
    }

    /// Of those who take UPDATE.
    static let allow: StaticString = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK\r\n"

    private func response(to request: Message, status: Int, tag: [UInt8], extra: [UInt8], body: [UInt8]?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512 + (body?.count ?? 0))
        bytes.append("SIP/2.0 ")
        bytes.append(number: status)
        bytes.append(" As it is\r\n")
        for field in request.fields where field.name == .via { bytes.line("Via: ", request.bytes[field.value]) }
        bytes.line("From: ", request.bytes[request.from.range])
        bytes.append("To: ")
        bytes.append(contentsOf: request.bytes[request.to.range])
        if request.to.tag == nil, status > 100 {
            bytes.append(";tag=")
            bytes.append(contentsOf: tag)
        }
        bytes.append("\r\n")
        bytes.line("Call-ID: ", request.bytes[request.callID])
        bytes.append("CSeq: ")
        bytes.append(number: Int(request.cseq.number))
        bytes.append(" ")
        bytes.append(contentsOf: request.bytes[request.cseq.methodRange])
        bytes.append("\r\n")
        bytes.append(contentsOf: contact)
        bytes.append(contentsOf: extra)
        bytes.finish(body)
        return bytes
    }

    /// The ACK for a refusal (RFC 3261 section 17.1.1.3), or the CANCEL of an INVITE (section 9.1): as the INVITE, where it matters.
    func companion(_ method: StaticString, of client: StationClient, to response: Message?) -> [UInt8] {
        let session = client.session
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes.append(method)
        bytes.append(" ")
        bytes.append(contentsOf: client.target)
        bytes.append(" SIP/2.0\r\n")
        bytes.append(contentsOf: via)
        bytes.append(number: client.branch)
        bytes.append("\r\nMax-Forwards: 70\r\nFrom: ")
        bytes.append(contentsOf: session.local)
        bytes.append(";tag=")
        bytes.append(contentsOf: session.localTag)
        bytes.append("\r\nTo: ")
        if let response {
            bytes.append(contentsOf: response.bytes[response.to.range])
        } else {
            bytes.append(contentsOf: session.remote)
            if !client.toTag.isEmpty {
                bytes.append(";tag=")
                bytes.append(contentsOf: client.toTag)
            }
        }
        bytes.append("\r\n")
        bytes.line("Call-ID: ", session.callID)
        bytes.append("CSeq: ")
        bytes.append(number: client.cseq)
        bytes.append(" ")
        bytes.append(method)
        bytes.append("\r\n")
        bytes.finish(nil)
        return bytes
    }

    private func acknowledgement(of client: StationClient, _ response: Message) -> [UInt8] {
        companion("ACK", of: client, to: response)
    }
}

/// A request of a station's.
final class StationClient {
    let method: Method
    let request: [UInt8]
    let branch: Int
    let session: Session
    /// Of the request: its target and the tag of To when it was made.
    let target: [UInt8]
    let toTag: [UInt8]
    let cseq: Int
    /// The INVITE carried an offer.
    var madeOffer = false
    /// Whether the session was on hold before this re-INVITE.
    var wasHolding = false
    var isProceeding = false
    var isFinal = false
    var isCancelled = false
    /// To be taken back as soon as a provisional response has come.
    var wantsCancel = false

    init(method: Method, request: [UInt8], branch: Int, session: Session) {
        self.method = method
        self.request = request
        self.branch = branch
        self.session = session
        target = session.target
        toTag = session.remoteTag
        cseq = session.localCSeq
    }
}

/// A request to a station.
final class StationServer {
    let request: Message
    unowned let station: Station
    var response: [UInt8] = []
    var isFinal = false
    var isSuccess = false
    /// Our 2xx carried an offer.
    var madeOffer = false
    var isAcknowledged = false
    var giveUp: Milliseconds = 0
    /// Only the last copy of the INVITE has got through: the core is about to give it up, or has done so, and must not take what a
    /// transaction that it has no more is answered (RFC 3261 section 17.1.1.2, timer B; RFC 6026 section 8.7).
    var isLate = false
    /// The core that sent it has died meanwhile, and the next goes on.
    var isOfEarlierCore = false
    /// The session whose INVITE it is.
    weak var session: Session?

    init(request: Message, station: Station) {
        self.request = request
        self.station = station
    }
}

extension Message {
    /// The body as a session description; nil if there is none.
    var description: Description? {
        guard !body.isEmpty else { return nil }
        return Description(Array(bytes[body]))
    }
}
