import SIP

/// A caller, a media server or an agent, as simple as can be: nothing gets lost, so nothing is sent again.
final class Phone {
    let port: UInt16
    /// Milliseconds until it answers, and until it hangs up then; nil: it does not.
    private let ring: Int
    private let talk: Int?
    private(set) var begun = 0
    /// Callers who were hung up on.
    private(set) var ended = 0
    private var confirmed = Set<[UInt8]>()
    private var branches = 0

    init(port: UInt16, ring: Int = 0, talk: Int? = nil) {
        self.port = port
        self.ring = ring
        self.talk = talk
    }

    func call(_ flow: String) -> [UInt8] {
        begun += 1
        return Array(
            """
            INVITE sip:\(flow)@127.0.0.1 SIP/2.0\r
            \(via)Max-Forwards: 70\r
            From: <sip:\(begun)@127.0.0.1:\(port)>;tag=c\(begun)\r
            To: <sip:\(flow)@127.0.0.1>\r
            Call-ID: call-\(begun)\r
            CSeq: 1 INVITE\r
            \(contact)\(session)
            """.utf8
        )
    }

    /// `send` is given when something is to leave, and what makes it.
    func receive(_ message: Message, send: (Int, @escaping () -> [UInt8]?) -> Void) {
        if let status = message.status {
            guard status >= 200, message.method == .invite else { return }
            send(0) { self.request("ACK", message, number: message.cseq.number, isOurs: true) }
            return
        }
        let callID = message.copy(of: message.callID)
        switch message.method {
        case .invite where ring > 0 && message.to.tag == nil:
            send(0) { self.response(180, message) }
            send(ring) { self.response(200, message, self.session) }
        case .invite:
            send(0) { self.response(200, message, self.session) }
        case .ack:
            guard let talk, confirmed.insert(callID).inserted else { return }
            send(talk) {
                self.confirmed.remove(callID)
                return self.request("BYE", message, number: 1, isOurs: false)
            }
        case .bye:
            if talk == nil, ring == 0 { ended += 1 }
            send(0) { self.response(200, message) }
        default:
            send(0) { self.response(200, message) }
        }
    }

    // MARK: Writing

    private var via: String {
        branches += 1
        return "Via: SIP/2.0/UDP 127.0.0.1:\(port);branch=z9hG4bK-\(port)-\(branches)\r\n"
    }

    private var contact: String { "Contact: <sip:load@127.0.0.1:\(port)>\r\n" }

    private var session: String {
        let text = """
            v=0\r
            o=- 1 1 IN IP4 127.0.0.1\r
            s=-\r
            c=IN IP4 127.0.0.1\r
            t=0 0\r
            m=audio \(port) RTP/AVP 0 8 101\r
            a=rtpmap:101 telephone-event/8000\r

            """
        return "Content-Type: application/sdp\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
    }

    private func response(_ status: Int, _ request: Message, _ body: String = "Content-Length: 0\r\n\r\n") -> [UInt8] {
        var text = "SIP/2.0 \(status) Status\r\n"
        for field in request.fields where field.name == .via { text += "Via: \(request.text(of: field.value))\r\n" }
        text += "From: \(request.text(of: request.from.range))\r\nTo: \(request.text(of: request.to.range))"
        if request.to.tag == nil { text += ";tag=\(port)" }
        text += "\r\nCall-ID: \(request.text(of: request.callID))\r\n"
        text += "CSeq: \(request.cseq.number) \(request.text(of: request.cseq.methodRange))\r\n"
        return Array("\(text)\(contact)\(body)".utf8)
    }

    /// A request of the dialog of a response to one of ours, or of a request of the other side's.
    private func request(_ method: String, _ message: Message, number: UInt32, isOurs: Bool) -> [UInt8] {
        let (from, to) = isOurs ? (message.from, message.to) : (message.to, message.from)
        let target = message.firstAddress(.contact).map { message.text(of: $0.uri) } ?? "sip:bench@127.0.0.1:5060"
        return Array(
            """
            \(method) \(target) SIP/2.0\r
            \(via)Max-Forwards: 70\r
            From: \(message.text(of: from.range))\r
            To: \(message.text(of: to.range))\r
            Call-ID: \(message.text(of: message.callID))\r
            CSeq: \(number) \(method)\r
            Content-Length: 0\r
            \r

            """.utf8
        )
    }
}
