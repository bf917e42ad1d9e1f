import SIP

/// Test messages are written with plain line ends; on the wire they have CRLF.
func wire(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        if byte == 0x0A { bytes.append(0x0D) }
        bytes.append(byte)
    }
    return bytes
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// What came of parsing, without its payload.
enum Outcome: Hashable {
    case message
    case refusable(MessageError.Kind, HeaderName?)
    case hopeless(MessageError.Kind, HeaderName?)
}

func outcome(_ parsed: Parsed) -> Outcome {
    switch parsed {
    case .message: .message
    case .refusable(_, let error): .refusable(error.kind, error.header)
    case .hopeless(let error): .hopeless(error.kind, error.header)
    }
}

struct NoMessage: Error, CustomStringConvertible {
    var description: String
}

/// The message of some text; throws what was wrong with it.
func parsed(_ text: String) throws -> Message { try parsed(wire(text)) }

func parsed(_ bytes: [UInt8]) throws -> Message {
    switch Message.parse(bytes) {
    case .message(let message): return message
    case .refusable(_, let error): throw NoMessage(description: "refusable: \(error)")
    case .hopeless(let error): throw NoMessage(description: "hopeless: \(error)")
    }
}

func refusable(_ text: String) throws -> MalformedRequest {
    guard case .refusable(let request, _) = Message.parse(wire(text)) else {
        throw NoMessage(description: "not refusable")
    }
    return request
}

extension Message {
    func values(_ name: HeaderName) -> [String] { values(of: name).map { text(of: $0) } }
}

enum Sample {
    static let sdp = """
        v=0
        o=alice 2890844526 2890844526 IN IP4 192.0.2.101
        s=-
        c=IN IP4 192.0.2.101
        t=0 0
        m=audio 49172 RTP/AVP 0 8 101
        a=rtpmap:101 telephone-event/8000
        a=sendrecv

        """

    /// A typical INVITE of about 700 bytes.
    static let invite = """
        INVITE sip:support@callcenter.example.com SIP/2.0
        Via: SIP/2.0/UDP client.example.com:5060;branch=z9hG4bK74bf9;rport
        Max-Forwards: 70
        From: "Alice \\"Al\\" B., Dr." <sip:alice@example.com:5070;user=phone>;tag=9fxced76sl
        To: Bob <sip:support@callcenter.example.com>
        Call-ID: 3848276298220188511@client.example.com
        CSeq: 2 INVITE
        Contact: <sip:alice@192.0.2.101:5060;transport=udp>
        Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE
        Supported: timer, replaces
        User-Agent: Phone/1.0
        Content-Type: application/sdp
        Content-Length: \(wire(sdp).count)

        \(sdp)
        """

    static let response = """
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK000000010000000200000000deadbeef;rport=5060;received=192.0.2.1
        Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2, SIP/2.0/TCP 192.0.2.3;branch=z9hG4bK3
        Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>
        From: <sip:queue@192.0.2.1>;tag=a1
        To: <sip:agent@192.0.2.9>;tag=b2
        Call-ID: 0123456789abcdef0123456789abcdef
        CSeq: 1 INVITE
        Contact: <sip:agent@192.0.2.9:5080>
        Content-Length: 0


        """
}
