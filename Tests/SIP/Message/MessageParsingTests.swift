import SIP
import Testing

@Suite("Parsing of messages")
struct MessageParsingTests {
    @Test("A request: everything is where it should be")
    func request() throws {
        let message = try parsed(Sample.invite)
        #expect(message.isRequest)
        #expect(message.method == .invite)
        #expect(message.status == nil)
        #expect(message.requestURI.map(message.text(of:)) == "sip:support@callcenter.example.com")
        #expect(message.text(of: message.via.host) == "client.example.com")
        #expect(message.text(of: message.via.sentBy) == "client.example.com:5060")
        #expect(message.via.port == 5060)
        #expect(message.via.transportProtocol == .udp)
        #expect(message.via.branch.map(message.text(of:)) == "z9hG4bK74bf9")
        #expect(message.via.rport != nil)
        #expect(message.via.rport?.value == nil)
        #expect(message.from.displayName.map(message.text(of:)) == #"Alice \"Al\" B., Dr."#)
        #expect(text(message.from.displayNameText(in: message.bytes)) == #"Alice "Al" B., Dr."#)
        #expect(message.text(of: message.from.uri) == "sip:alice@example.com:5070;user=phone")
        #expect(message.from.tag.map(message.text(of:)) == "9fxced76sl")
        #expect(message.to.displayName.map(message.text(of:)) == "Bob")
        #expect(message.to.tag == nil)
        #expect(message.text(of: message.callID) == "3848276298220188511@client.example.com")
        #expect(message.cseq.number == 2)
        #expect(message.cseq.method == .invite)
        #expect(message.maxForwards == 70)
        #expect(message.first(.userAgent).map(message.text(of:)) == "Phone/1.0")
        #expect(message.first(.subject) == nil)
        #expect(message.copy(of: message.body) == wire(Sample.sdp))
        #expect(message.sessionBody() == .sdp(message.body))
        #expect(message.fields.count == 12)
        #expect(message.lists("TIMER", in: .supported))
        #expect(!message.lists("100rel", in: .supported))
    }

    @Test("A response: status, several Vias, the list of the route")
    func response() throws {
        let message = try parsed(Sample.response)
        #expect(!message.isRequest)
        #expect(message.status == 200)
        #expect(message.method == .invite)
        #expect(message.requestURI == nil)
        #expect(message.via.branch.map(message.text(of:)) == "z9hG4bK000000010000000200000000deadbeef")
        #expect(message.via.receivedPort(in: message.bytes) == 5060)
        #expect(message.via.received?.value.map(message.text(of:)) == "192.0.2.1")
        #expect(message.values(.via).count == 3)
        #expect(message.values(.via).last == "SIP/2.0/TCP 192.0.2.3;branch=z9hG4bK3")
        #expect(message.values(.recordRoute) == ["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"])
        let routes = try message.addresses(of: .recordRoute)
        #expect(routes.map { message.text(of: $0.uri) } == ["sip:p1.example.com;lr", "sip:p2.example.com;lr"])
        #expect(message.sessionBody() == .none)
    }

    @Test("Every known header is known in any case, by its name and its compact form")
    func headerNames() {
        for name in HeaderName.allCases where name != .other {
            let spelling = "\(name.spelling)"
            #expect(HeaderName(Array(spelling.utf8)) == name)
            #expect(HeaderName(Array(spelling.uppercased().utf8)) == name)
            #expect(HeaderName(Array(spelling.lowercased().utf8)) == name)
            #expect(HeaderName(Array((spelling + "x").utf8)) == .other)
            #expect(HeaderName(Array(("x" + spelling.dropFirst()).utf8)) == .other || spelling.first == "X")
        }
        let compact: [Character: HeaderName] = [
            "i": .callID, "m": .contact, "e": .contentEncoding, "l": .contentLength, "c": .contentType, "f": .from,
            "s": .subject, "k": .supported, "t": .to, "v": .via, "o": .event, "r": .referTo, "b": .referredBy,
            "x": .sessionExpires, "u": .allowEvents,
        ]
        for letter in "abcdefghijklmnopqrstuvwxyz" {
            #expect(HeaderName(Array("\(letter)".utf8)) == compact[letter] ?? .other)
        }
        #expect(HeaderName([]) == .other)
    }

    @Test("The set of known headers fits a word")
    func headerCount() {
        #expect(HeaderName.allCases.count <= 64)
    }

    @Test("Every method is known by its exact name only")
    func methods() {
        for method in Method.allCases where method != .other {
            let name = "\(method.token)"
            #expect(Method(Array(name.utf8)) == method)
            #expect(Method(Array(name.lowercased().utf8)) == .other)
            #expect(Method(Array((name + "X").utf8)) == .other)
        }
        #expect(Method(Array("INFX".utf8)) == .other)
    }

    static let template = """
        OPTIONS sip:h SIP/2.0
        Via: SIP/2.0/UDP h;branch=z9hG4bK1
        From: <sip:a@b>;tag=1
        To: <sip:c@d>
        Call-ID: x
        CSeq: 1 OPTIONS

        """

    @Test(
        "Values of a list are split at commas outside of quotes and angle brackets",
        arguments: [
            (
                "Contact: <sip:a,b@h>, \"x, y\" <sip:c@h>;q=0.1,sip:d@h", HeaderName.contact,
                ["<sip:a,b@h>", "\"x, y\" <sip:c@h>;q=0.1", "sip:d@h"]
            ),
            ("Supported: timer,100rel\nk: replaces", .supported, ["timer", "100rel", "replaces"]),
            ("Supported:", .supported, []),
            ("Allow: , INVITE ,, ACK,", .allow, ["INVITE", "ACK"]),
            ("Contact: \"a\\\", b\" <sip:x@y>", .contact, ["\"a\\\", b\" <sip:x@y>"]),
            ("Contact: \"never closed, <sip:x@y>, z", .contact, ["\"never closed, <sip:x@y>, z"]),
            ("Date: Sat, 13 Nov 2010 23:29:00 GMT", .date, ["Sat, 13 Nov 2010 23:29:00 GMT"]),
            ("Subject: a, b\nSubject: c", .subject, ["a, b", "c"]),
            (
                "Reason: SIP;cause=200;text=\"a, b\", Q.850;cause=16", .reason,
                ["SIP;cause=200;text=\"a, b\"", "Q.850;cause=16"]
            ),
        ]
    )
    func lists(lines: String, name: HeaderName, values: [String]) throws {
        let message = try parsed(Self.template + lines + "\n\n")
        #expect(message.values(name) == values)
    }

    @Test("Headers that we have no case for are found by their name")
    func unknownHeaders() throws {
        let message = try parsed(Self.template + "X-Queue: support \nX-queue: sales\n\n")
        #expect(message.first(named: Array("x-QUEUE".utf8)).map(message.text(of:)) == "support")
        #expect(message.first(named: Array("X-Other".utf8)) == nil)
    }

    @Test(
        "A number may have parameters or a comment behind it, and nothing else",
        arguments: [
            ("Expires: 60", HeaderName.expires, 60), ("Session-Expires: 1800;refresher=uac", .sessionExpires, 1800),
            ("x:90 ; refresher=uas", .sessionExpires, 90), ("Retry-After: 5 (busy)", .retryAfter, 5),
            ("Expires: 4294967295", .expires, 4_294_967_295), ("Expires: 4294967296", .expires, nil),
            ("Expires: -1", .expires, nil), ("Expires: 1x", .expires, nil), ("Expires:", .expires, nil),
            ("Date: 1", .expires, nil),
        ] as [(String, HeaderName, UInt32?)]
    )
    func numbers(line: String, name: HeaderName, number: UInt32?) throws {
        #expect(try parsed(Self.template + line + "\n\n").number(name) == number)
    }

    @Test("Parameters of a value are found by name")
    func parameters() throws {
        let message = try parsed(Self.template + "Contact: <sip:a@h;x=1>;Expires=\"7;8\";q=0.5 ;flag\n\n")
        let contact = try #require(message.firstAddress(.contact))
        #expect(message.parameter("expires", in: contact.parameters).map(message.text(of:)) == "\"7;8\"")
        #expect(message.parameter("q", in: contact.parameters).map(message.text(of:)) == "0.5")
        #expect(message.parameter("FLAG", in: contact.parameters)?.isEmpty == true)
        #expect(message.parameter("x", in: contact.parameters) == nil)
    }

    @Test("Folded lines are joined; offsets and bytes around them stay")
    func folding() throws {
        let message = try parsed(
            """
            OPTIONS sip:h SIP/2.0
            Via: SIP/2.0/UDP h
             ;branch=z9hG4bK1,
            \tSIP/2.0/UDP i
            From:
             <sip:a@b>
             ;tag
             =1
            To: <sip:c@d>
            Call-ID: x
            CSeq: 1
              OPTIONS
            Subject: one
             two
            \tthree

             body, not folded
            """
        )
        #expect(message.values(.via) == ["SIP/2.0/UDP h   ;branch=z9hG4bK1", "SIP/2.0/UDP i"])
        #expect(message.via.branch.map(message.text(of:)) == "z9hG4bK1")
        #expect(message.from.tag.map(message.text(of:)) == "1")
        #expect(message.cseq.number == 1)
        #expect(message.first(.subject).map(message.text(of:)) == "one   two  \tthree")
        #expect(message.text(of: message.body) == " body, not folded")
    }

    @Test("Lines may end with LF alone, and empty lines may stand in front")
    func tolerance() throws {
        let message = try parsed(Array("\r\n\n\r\n\(Self.template)\nbody".utf8))
        #expect(message.method == .options)
        #expect(message.text(of: message.body) == "body")
        #expect(message.text(of: message.callID) == "x")
    }

    @Test("The body is cut to Content-Length")
    func contentLength() throws {
        #expect(try parsed(Self.template + "l: 3\n\nabcdef").body.count == 3)
        #expect(try parsed(Self.template + "Content-Length: 0\n\nabcdef").body.isEmpty)
        #expect(try parsed(Self.template + "\nabcdef").body.count == 6)
        #expect(try parsed(Self.template + "l: 3\nContent-Length: 003\n\nabcdef").body.count == 3)
    }

    @Test(
        "Reason phrases may be empty, absent or UTF-8",
        arguments: [
            ("SIP/2.0 100 ", 100, ""), ("SIP/2.0 100", 100, ""), ("sip/2.0 699 no \u{43F}", 699, "no \u{43F}"),
        ] as [(String, UInt16, String)]
    )
    func reasons(line: String, status: UInt16, reason: String) throws {
        let headers = Self.template.split(separator: "\n").dropFirst().joined(separator: "\n")
        let message = try parsed("\(line)\n\(headers)\n\n")
        guard case .response(let found, let range) = message.startLine else {
            Issue.record("no response")
            return
        }
        #expect(found == status)
        #expect(message.text(of: range) == reason)
    }
}
