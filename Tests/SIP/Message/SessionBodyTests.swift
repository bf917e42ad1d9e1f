import SIP
import Testing

@Suite("Session descriptions in bodies")
struct SessionBodyTests {
    static func message(type: String?, body: String, more: String = "") -> String {
        let type = type.map { "Content-Type: \($0)\n" } ?? ""
        return MessageParsingTests.template + type + more + "\n" + body
    }

    static let nested = message(
        type: "multipart/mixed ; charset=x; Boundary=\"out er\"",
        body: """
            preamble
            --out er
            Content-Type: text/plain

            --inner is not the boundary here
            --out er
            Content-Type: multipart/alternative;boundary=inner

            --inner
            Content-Type: application/sdp

            v=0 first
            --inner
            c: APPLICATION/SDP;charset=utf-8
            Content-Transfer-Encoding: binary

            v=0 second
            --inner
            Content-Type: text/html

            <p>
            --inner--
            --out er--
            epilogue
            """
    )

    @Test(
        "Where the description is",
        arguments: [
            ("application/sdp", "v=0", "v=0"), ("Application / SDP ; x=y", "v=0", "v=0"),
            ("application/sdpx", "v=0", nil), ("application/sd", "v=0", nil), ("text/plain", "v=0", nil),
            (nil, "v=0", nil),
            ("multipart/mixed;boundary=b", "--b\nContent-Type: application/sdp\n\nv=0\n\n--b--\n", "v=0\r\n"),
            ("multipart/mixed;boundary=b", "--b\nContent-Type: application/sdp\n\nv=0", "v=0"),
            (
                "multipart/mixed;boundary=b",
                "--b\nContent-Type: application/sdp\n\none\n--b\nContent-Type: application/sdp\n\ntwo\n--b--", "one"
            ),
            (
                "multipart/alternative;boundary=b",
                "--b\nContent-Type: application/sdp\n\none\n--b\nContent-Type: application/sdp\n\ntwo\n--b--", "two"
            ),
            ("multipart/mixed;boundary=b", "--b--\n--b\nContent-Type: application/sdp\n\nv=0", nil),
            ("multipart/mixed;boundary=b", "--b\n\nv=0\n--b--", nil),
            ("multipart/mixed;boundary=b", "--b\nno header\n\nv=0\n--b--", nil),
            (
                "multipart/mixed;boundary=b",
                "--b\nContent-Type: application/sdp\nContent-Transfer-Encoding: base64\n\ndj0w\n--b--", nil
            ),
            ("multipart/mixed;boundary=b", "--bb\nContent-Type: application/sdp\n\nv=0\n--bb--", nil),
            ("multipart/mixed", "--b\nContent-Type: application/sdp\n\nv=0\n--b--", nil),
            ("multipart/mixed;boundary=", "--\nContent-Type: application/sdp\n\nv=0\n----", nil),
            ("multipart/mixed;boundary=\"\"", "--\nContent-Type: application/sdp\n\nv=0\n----", nil),
            ("multipart/signed;boundary=b", "--b\nContent-Type: application/sdp\n\nv=0\n--b--", nil),
        ] as [(String?, String, String?)]
    )
    func found(type: String?, body: String, description: String?) throws {
        let message = try parsed(Self.message(type: type, body: body))
        switch message.sessionBody() {
        case .sdp(let range): #expect(message.text(of: range) == description)
        case .other: #expect(description == nil)
        case .none: Issue.record("there is a body")
        }
    }

    @Test("In nested parts, the last alternative counts")
    func nestedParts() throws {
        let message = try parsed(Self.nested)
        guard case .sdp(let range) = message.sessionBody() else {
            Issue.record("not found")
            return
        }
        #expect(message.text(of: range) == "v=0 second")
    }

    @Test("Nesting has a limit")
    func depth() throws {
        let message = try parsed(Self.nested)
        var limits = MessageLimits()
        limits.multipartDepth = 1
        #expect(message.sessionBody(limits: limits) == .other)
    }

    @Test("No body and an encoded body are told apart")
    func none() throws {
        #expect(try parsed(Self.message(type: "application/sdp", body: "")).sessionBody() == .none)
        #expect(
            try parsed(Self.message(type: "application/sdp", body: "x", more: "Content-Encoding: gzip\n")).sessionBody()
                == .other
        )
        let identity = try parsed(Self.message(type: "application/sdp", body: "x", more: "e: identity\n"))
        #expect(identity.sessionBody() == .sdp(identity.body))
    }

    @Test("The type of a body is compared without case and parameters")
    func contentType() throws {
        let message = try parsed(Self.message(type: "Message/SipFrag;version=2.0", body: "x"))
        #expect(message.hasContentType("message/sipfrag"))
        #expect(!message.hasContentType("message/sip"))
        #expect(!message.hasContentType("application/sdp"))
    }

    @Test(
        "A body that nobody needs to understand is none; one that says nothing of that, or less, is not for us",
        arguments: [
            ("signal;handling=optional", SessionBody.none), ("signal ; Handling=Optional;x=y", .none),
            ("signal;handling=required", .other), ("signal", .other), ("render;handling=\"optional\"", .other),
        ]
    )
    func optional(disposition: String, body: SessionBody) throws {
        let line = "Content-Disposition: \(disposition)\n"
        let alone = try parsed(Self.message(type: "application/isup", body: "x", more: line))
        #expect(alone.sessionBody() == body)
        let part = "--b\nContent-Type: application/isup\n\(line)\nx\n"
        let type = "multipart/mixed;boundary=b"
        #expect(try parsed(Self.message(type: type, body: part + "--b--\n")).sessionBody() == body)
        let other = "--b\nContent-Type: text/plain\n\nx\n"
        #expect(try parsed(Self.message(type: type, body: part + other + "--b--\n")).sessionBody() == .other)
        let description = "--b\nContent-Type: application/sdp\n\nv=0\n"
        guard case .sdp = try parsed(Self.message(type: type, body: part + description + "--b--\n")).sessionBody()
        else {
            Issue.record("the description has not been found")
            return
        }
    }
}
