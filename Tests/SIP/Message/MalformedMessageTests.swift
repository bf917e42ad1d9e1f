import SIP
import Testing

@Suite("Messages that are none")
struct MalformedMessageTests {
    static let request = """
        INVITE sip:support@h SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;rport
        Max-Forwards: 70
        From: <sip:a@b>;tag=1
        To: <sip:c@d>
        Call-ID: x
        CSeq: 1 INVITE
        Content-Length: 4

        body
        """

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var replaced: String
        var by: String
        var outcome: Outcome
        var status: UInt16 = 400

        var testDescription: String { name }

        init(_ name: String, _ replaced: String, _ by: String, _ outcome: Outcome, status: UInt16 = 400) {
            self.name = name
            self.replaced = replaced
            self.by = by
            self.outcome = outcome
            self.status = status
        }
    }

    static let cases = [
        Case("nothing wrong", "x", "x", .message),
        Case("no Max-Forwards", "Max-Forwards: 70\n", "", .message),
        Case("CSeq at its limit", "CSeq: 1 ", "CSeq: 2147483647 ", .message),
        Case("Max-Forwards at its limit", ": 70", ": 255", .message),
        Case("a known header twice that may be", "Max-", "Allow: ACK\nAllow: BYE\nMax-", .message),
        Case("a quoted control character", "<sip:c@d>", "\"\\\u{7}\" <sip:c@d>", .message),
        Case("no version", " SIP/2.0\nVia", "\nVia", .hopeless(.startLine, nil)),
        Case("HTTP", "INVITE sip:support@h SIP/2.0", "GET / HTTP/1.1", .hopeless(.startLine, nil)),
        Case("no method", "INVITE sip:support@h", " sip:support@h", .hopeless(.startLine, nil)),
        Case("another version", "h SIP/2.0", "h SIP/3.0", .refusable(.version, nil), status: 505),
        Case("a longer version", "h SIP/2.0", "h SIP/2.01", .refusable(.version, nil), status: 505),
        Case("two spaces before the URI", "INVITE sip", "INVITE  sip", .refusable(.requestURI, nil)),
        Case("two spaces behind the URI", "@h SIP", "@h  SIP", .refusable(.requestURI, nil)),
        Case("a space behind the version", "h SIP/2.0\n", "h SIP/2.0 \n", .refusable(.startLine, nil)),
        Case("a Request-URI in brackets", "sip:support@h", "<sip:support@h>", .refusable(.requestURI, nil)),
        Case("a Request-URI that is none", "sip:support@h", "support", .refusable(.requestURI, nil)),
        Case(
            "a long Request-URI",
            "support@",
            String(repeating: "s", count: 1_020) + "@",
            .refusable(.requestURITooLong, nil),
            status: 414
        ),
        Case("CSeq beyond its limit", "CSeq: 1 ", "CSeq: 2147483648 ", .refusable(.header, .cseq)),
        Case("CSeq beyond 64 bits", "CSeq: 1 ", "CSeq: 36893488147419103232 ", .refusable(.header, .cseq)),
        Case("CSeq without a method", "1 INVITE", "1", .refusable(.header, .cseq)),
        Case("CSeq without a number", "1 INVITE", "INVITE", .refusable(.header, .cseq)),
        Case("CSeq with more", "1 INVITE", "1 INVITE x", .refusable(.header, .cseq)),
        Case("CSeq of another method", "1 INVITE", "1 BYE", .refusable(.methodMismatch, .cseq)),
        Case("CSeq in lower case", "1 INVITE", "1 invite", .refusable(.methodMismatch, .cseq)),
        Case("Max-Forwards beyond its limit", ": 70", ": 256", .refusable(.header, .maxForwards)),
        Case("Max-Forwards that is no number", ": 70", ": many", .refusable(.header, .maxForwards)),
        Case("Call-ID of two words", "ID: x", "ID: x y", .refusable(.header, .callID)),
        Case("empty Call-ID", "ID: x", "ID:", .hopeless(.header, .callID)),
        Case("no From", "From: <sip:a@b>;tag=1\n", "", .hopeless(.missing, .from)),
        Case("no To", "To: <sip:c@d>\n", "", .hopeless(.missing, .to)),
        Case("no Call-ID", "Call-ID: x\n", "", .hopeless(.missing, .callID)),
        Case("no CSeq", "CSeq: 1 INVITE\n", "", .hopeless(.missing, .cseq)),
        Case("no Via", "Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;rport\n", "", .hopeless(.missing, .via)),
        Case("From twice", "To:", "f: <sip:e@f>\nTo:", .refusable(.duplicate, .from)),
        Case("To twice", "From:", "t: <sip:e@f>\nFrom:", .refusable(.duplicate, .to)),
        Case("Call-ID twice", "From:", "i: y\nFrom:", .refusable(.duplicate, .callID)),
        Case("CSeq twice", "From:", "CSeq: 1 INVITE\nFrom:", .refusable(.duplicate, .cseq)),
        Case("Max-Forwards twice", "From:", "Max-Forwards: 70\nFrom:", .refusable(.duplicate, .maxForwards)),
        Case("Content-Length too large", "Length: 4", "Length: 5", .refusable(.bodyTooShort, .contentLength)),
        Case("Content-Length negative", "Length: 4", "Length: -4", .refusable(.header, .contentLength)),
        Case("Content-Length huge", "Length: 4", "Length: 99999999999999999999", .refusable(.header, .contentLength)),
        Case("Content-Length contradicts itself", "From:", "l: 3\nFrom:", .refusable(.header, .contentLength)),
        Case("a line without a colon", "From:", "Foobar roobar\nFrom:", .refusable(.header, .other)),
        Case("a name that is none", "From:", "Foo@bar: x\nFrom:", .refusable(.header, .other)),
        Case("a control character", "ID: x", "ID: x\u{1}y", .refusable(.header, .other)),
        Case("a NUL", "ID: x", "ID: x\0", .refusable(.header, .other)),
        Case(
            "too many fields",
            "From:",
            String(repeating: "X: y\n", count: 130) + "From:",
            .hopeless(.tooManyFields, nil)
        ),
        Case(
            "too many fields at the end",
            "Content-Length",
            String(repeating: "X: y\n", count: 130) + "Content-Length",
            .refusable(.tooManyFields, nil)
        ),
        Case("no empty line", "\n\nbody", "\n", .refusable(.truncated, nil)),
        Case("the last line is cut", "Content-Length: 4\n\nbody", "Content-Le", .refusable(.truncated, nil)),
        Case("an ACK is never answered", "INVITE", "ACK", .hopeless(.bodyTooShort, .contentLength)),
    ]

    static func text(of entry: Case) -> String {
        var text = ""
        var rest = request[...]
        while let range = rest.firstRange(of: entry.replaced) {
            text += rest[..<range.lowerBound] + entry.by
            rest = rest[range.upperBound...]
            // Names of methods stand in two places; everything else is replaced once.
            if entry.replaced != "INVITE" { break }
        }
        text += rest
        return entry.by == "ACK" ? text.replacing("body", with: "") : text
    }

    @Test("One thing is wrong", arguments: cases)
    func broken(entry: Case) {
        let parsed = Message.parse(wire(Self.text(of: entry)))
        #expect(outcome(parsed) == entry.outcome)
        switch parsed {
        case .refusable(_, let error), .hopeless(let error):
            #expect(error.status == entry.status)
            #expect(error.offset <= Self.text(of: entry).utf8.count * 2)
        case .message: break
        }
    }

    @Test("A broken response is never answered")
    func response() {
        #expect(
            outcome(Message.parse(wire(Sample.response.replacing("CSeq: 1", with: "CSeq: x"))))
                == .hopeless(.header, .cseq)
        )
    }

    @Test(
        "Status lines that are none",
        arguments: [
            "SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 2000 x", "SIP/2.0 4294967301 x", "SIP/2.0 20", "SIP/2.0 abc",
            "SIP/2.0", "SIP/2.0  200 OK", "HTTP/1.1 200 OK",
        ]
    )
    func statusLines(line: String) {
        #expect(
            outcome(Message.parse(wire(Sample.response.replacing("SIP/2.0 200 OK", with: line))))
                == .hopeless(.startLine, nil)
        )
    }

    @Test("Another version in a status line is told apart")
    func responseVersion() {
        #expect(
            outcome(Message.parse(wire(Sample.response.replacing("SIP/2.0 200 OK", with: "SIP/3.0 200 OK"))))
                == .hopeless(.version, nil)
        )
    }

    @Test("Keep-alives are told apart", arguments: ["", "\r\n", "\r\n\r\n", "\n", "\r\n\r\n\r\n\r\n"])
    func keepAlive(text: String) {
        #expect(outcome(Message.parse(Array(text.utf8))) == .hopeless(.keepAlive, nil))
    }

    @Test(
        "Noise is hopeless",
        arguments: [
            [UInt8](repeating: 0, count: 40), [0], [0xFF, 0xD8, 0xFF], Array("hello".utf8), Array("hello\r\n\r\n".utf8),
            Array(" \r\n\r\n".utf8), Array("INVITE".utf8), Array("INVITE \r\n".utf8),
            Array("INVITE sip:h SIP/2.0".utf8),
            Array("SIP/".utf8), Array("/\r\n".utf8),
        ]
    )
    func noise(bytes: [UInt8]) {
        #expect(outcome(Message.parse(bytes)) == .hopeless(.startLine, nil))
    }

    @Test("A message beyond the limit is not looked at")
    func tooLarge() {
        var limits = MessageLimits()
        limits.bytes = 100
        let parsed = Message.parse(wire(Self.request), limits: limits)
        #expect(outcome(parsed) == .hopeless(.tooLarge, nil))
    }

    @Test("An error says in one line what was expected where")
    func description() throws {
        guard
            case .refusable(_, let error) = Message.parse(
                wire(Self.request.replacing("<sip:a@b>", with: "<sip:a@b"))
            )
        else {
            Issue.record("not refusable")
            return
        }
        #expect(error.description == "From at byte 109: expected '>' after the URI")
    }
}
