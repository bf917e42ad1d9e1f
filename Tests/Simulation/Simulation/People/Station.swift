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
    let via: [UInt8]
    let contact: [UInt8]
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
}
