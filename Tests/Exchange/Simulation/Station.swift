import SIP

/// A SIP endpoint of the simulation: a user agent of its own making over UDP, with the retransmissions and absorptions that
/// RFC 3261 and RFC 6026 ask of one. It shares no more than the parser with what it judges. Subclasses say how it behaves.
class Station {
    let name: String
    let address: Endpoint
    unowned let simulation: Simulation
    var sessions: [Session] = []
    /// Unplugged: nothing comes in or goes out any more.
    var isDead = false {
        didSet { if isDead { hasBeenDead = true } }
    }
    /// What goes wrong afterwards may be its own fault.
    private(set) var hasBeenDead = false
    private var clients: [String: StationClient] = [:]
    private var servers: [String: StationServer] = [:]
    private var minted = 0

    init(_ name: String, port: UInt16, in simulation: Simulation) {
        self.name = name
        self.simulation = simulation
        address = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: port)
    }

    var uri: String { "sip:\(name)@127.0.0.1:\(address.port)" }

    // MARK: Behaviour

    /// A new INVITE has come.
    func invited(_ session: Session) { accept(session) }
    /// It has been taken back, with nothing answered yet.
    func cancelled(_ session: Session) { refuse(session, 487) }
    /// A re-INVITE has come.
    func reinvited(_ session: Session) { accept(session) }
    /// The first INVITE has been answered and acknowledged.
    func established(_ session: Session) {}
    /// The INVITE of ours was refused, or nobody answered it: 408.
    func refused(_ session: Session, _ status: Int) {}
    /// The session was up and is over.
    func ended(_ session: Session) {}

    // MARK: Sending

    func mint(_ prefix: String) -> String {
        minted += 1
        return "\(prefix)\(name)-\(minted)"
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        guard !isDead else { return }
        simulation.carry(bytes, from: self)
    }

    func complain(_ what: String) { simulation.complain("\(name): \(what)") }

    /// Starts a client transaction.
    @discardableResult
    func start(_ method: Method, _ text: String, branch: String, of session: Session) -> StationClient {
        let client = StationClient(method: method, request: text, branch: branch, session: session)
        clients["\(branch) \(method)"] = client
        send(text)
        repeatRequest(client, after: 500)
        simulation.after(32_000) { [weak self] in
            guard let self, !client.isFinal, method != .invite || !client.isProceeding else { return }
            client.isFinal = true
            timedOut(client)
        }
        return client
    }

    private func repeatRequest(_ client: StationClient, after interval: Milliseconds) {
        simulation.after(interval) { [weak self] in
            guard let self, !client.isFinal, !(client.method == .invite && client.isProceeding) else { return }
            send(client.request)
            repeatRequest(client, after: client.method == .invite ? interval * 2 : min(interval * 2, 4_000))
        }
    }

    /// Answers a request; the final response to an INVITE goes on until its ACK comes.
    func respond(_ server: StationServer, _ status: Int, tag: String, body: String? = nil) {
        guard !server.isFinal else { return }
        let contact = uri
        server.response = makeResponse(
            to: server.request,
            source: simulation.core,
            status: UInt16(status),
            toTag: Array(tag.utf8),
            body: body.map { .sdp(Array($0.utf8)) }
        ) { writer in writer.field(.contact, Array("<\(contact)>".utf8)) }
        server.isFinal = status >= 200
        server.isSuccess = 200...299 ~= status
        send(server.response)
        guard server.isFinal, server.request.method == .invite else { return }
        repeatFinal(server, after: 500, until: simulation.now + 32_000)
    }

    private func repeatFinal(_ server: StationServer, after interval: Milliseconds, until end: Milliseconds) {
        simulation.after(interval) { [weak self] in
            guard let self, !server.isAcknowledged else { return }
            guard simulation.now < end else { return ackMissing(server) }
            send(server.response)
            repeatFinal(server, after: min(interval * 2, 4_000), until: end)
        }
    }

    // MARK: Receiving

    func receive(_ bytes: [UInt8]) {
        guard !isDead else { return }
        guard case .message(let message) = Message.parse(bytes) else { return complain("got what is no SIP") }
        if let status = message.status {
            receive(message, status: Int(status))
            return
        }
        let branch = message.via.branch.map { message.text(of: $0) } ?? ""
        if message.method == .ack {
            if let server = servers["\(branch) \(Method.invite)"] {
                server.isAcknowledged = true
            } else {
                receive(ack: message)
            }
            return
        }
        let key = "\(branch) \(message.method)"
        if let server = servers[key] {
            if !server.response.isEmpty, !server.isSuccess || server.request.method != .invite { send(server.response) }
            return
        }
        let server = StationServer(request: message)
        servers[key] = server
        if message.method == .cancel {
            receive(cancel: server, of: servers["\(branch) \(Method.invite)"])
        } else {
            receive(request: server)
        }
    }

    private func receive(_ response: Message, status: Int) {
        let branch = response.via.branch.map { response.text(of: $0) } ?? ""
        guard let client = clients["\(branch) \(response.cseq.method)"] else {
            return complain("got a stray \(status)")
        }
        if status < 200 {
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
}

/// A request of a station's.
final class StationClient {
    let method: Method
    let request: String
    let branch: String
    let session: Session
    /// The INVITE carried an offer.
    var madeOffer = false
    /// Whether the session was on hold before this re-INVITE.
    var wasHolding = false
    var isProceeding = false
    var isFinal = false
    /// To be taken back as soon as a provisional response has come.
    var wantsCancel = false

    init(method: Method, request: String, branch: String, session: Session) {
        self.method = method
        self.request = request
        self.branch = branch
        self.session = session
    }
}

/// A request to a station.
final class StationServer {
    let request: Message
    var response: [UInt8] = []
    var isFinal = false
    var isSuccess = false
    /// Our 2xx carried an offer.
    var madeOffer = false
    var isAcknowledged = false

    init(request: Message) { self.request = request }

    var description: SessionDescription? {
        guard case .success(let description) = request.offeredDescription else { return nil }
        return description
    }
}

extension Message {
    /// The body as a session description; nil if there is none, or none that can be read.
    var offeredDescription: Result<SessionDescription?, SDPError> {
        guard case .sdp(let range) = sessionBody() else { return .success(nil) }
        return Result { () throws(SDPError) in try SessionDescription(parsing: bytes(of: range)) }
    }

    var description: SessionDescription? { (try? offeredDescription.get()) ?? nil }
}
