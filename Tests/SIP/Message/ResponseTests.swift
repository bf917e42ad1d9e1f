import SIP
import Testing

@Suite("Responses")
struct ResponseTests {
    static let source = Endpoint(address: IPAddress(v4: 0xC000_0209), port: 40_000)

    static func request(via: String, to: String = "<sip:c@d>", more: String = "") -> String {
        """
        INVITE sip:h SIP/2.0
        Via: \(via)
        Via: SIP/2.0/UDP second;branch=z9hG4bK2
        From: "A" <sip:a@b>;tag=1
        v: SIP/2.0/UDP third;branch=z9hG4bK3
        To: \(to)
        Call-ID: x
        CSeq: 0007 INVITE
        Record-Route: <sip:p1;lr>, <sip:p2;lr>
        Record-Route: <sip:p3;lr>
        Timestamp: 54
        \(more)

        """
    }

    @Test("A whole response")
    func whole() throws {
        let request = try parsed(Self.request(via: "SIP/2.0/UDP h:5070;branch=z9hG4bK1;rport"))
        let response = makeResponse(
            to: request,
            source: Self.source,
            status: 200,
            toTag: Array("t9".utf8),
            body: .sdp(Array("v=0\r\n".utf8))
        ) { writer in
            writer.field(.contact, "<sip:us@192.0.2.1>")
            writer.field(.retryAfter, number: 5)
        }
        #expect(
            response
                == wire(
                    """
                    SIP/2.0 200 OK
                    Via: SIP/2.0/UDP h:5070;received=192.0.2.9;rport=40000;branch=z9hG4bK1
                    Via: SIP/2.0/UDP second;branch=z9hG4bK2
                    Via: SIP/2.0/UDP third;branch=z9hG4bK3
                    Record-Route: <sip:p1;lr>, <sip:p2;lr>
                    Record-Route: <sip:p3;lr>
                    From: "A" <sip:a@b>;tag=1
                    To: <sip:c@d>;tag=t9
                    Call-ID: x
                    CSeq: 0007 INVITE
                    Contact: <sip:us@192.0.2.1>
                    Retry-After: 5
                    Content-Type: application/sdp
                    Content-Length: 5

                    v=0

                    """
                )
        )
    }

    @Test("100 has the Timestamp, but neither tag nor Record-Route")
    func trying() throws {
        let request = try parsed(Self.request(via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1"))
        let response = makeResponse(to: request, source: Self.source, status: 100, toTag: Array("t9".utf8))
        #expect(
            response
                == wire(
                    """
                    SIP/2.0 100 Trying
                    Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1
                    Via: SIP/2.0/UDP second;branch=z9hG4bK2
                    Via: SIP/2.0/UDP third;branch=z9hG4bK3
                    From: "A" <sip:a@b>;tag=1
                    To: <sip:c@d>
                    Call-ID: x
                    CSeq: 0007 INVITE
                    Timestamp: 54
                    Content-Length: 0


                    """
                )
        )
    }

    @Test(
        "The topmost Via says where the request really came from",
        arguments: [
            ("SIP/2.0/UDP 192.0.2.9;branch=b", "SIP/2.0/UDP 192.0.2.9;branch=b"),
            ("SIP/2.0/UDP 192.0.2.9:5070;branch=b", "SIP/2.0/UDP 192.0.2.9:5070;branch=b"),
            ("SIP/2.0/UDP 192.0.2.8;branch=b", "SIP/2.0/UDP 192.0.2.8;received=192.0.2.9;branch=b"),
            ("SIP/2.0/UDP h.example.com", "SIP/2.0/UDP h.example.com;received=192.0.2.9"),
            ("SIP/2.0/UDP 192.0.2.9;rport;branch=b", "SIP/2.0/UDP 192.0.2.9;received=192.0.2.9;rport=40000;branch=b"),
            ("SIP/2.0/UDP 192.0.2.9;branch=b;rport", "SIP/2.0/UDP 192.0.2.9;received=192.0.2.9;rport=40000;branch=b"),
            (
                "SIP/2.0/UDP h ; branch = b ; rport ; x",
                "SIP/2.0/UDP h;received=192.0.2.9;rport=40000 ; branch = b  ; x"
            ),
            ("SIP/2.0/UDP h;rport=1;received=6.6.6.6;x", "SIP/2.0/UDP h;received=192.0.2.9;rport=40000;x"),
            ("SIP/2.0/UDP h;received=6.6.6.6;x;rport=1;y", "SIP/2.0/UDP h;received=192.0.2.9;rport=40000;x;y"),
            (
                "SIP/2.0/UDP h;rport, SIP/2.0/UDP i;rport",
                "SIP/2.0/UDP h;received=192.0.2.9;rport=40000, SIP/2.0/UDP i;rport"
            ),
        ]
    )
    func topmostVia(via: String, expected: String) throws {
        let request = try parsed(Self.request(via: via))
        let response = try parsed(makeResponse(to: request, source: Self.source, status: 404, toTag: nil))
        #expect(response.first(.via).map(response.text(of:)) == expected)
        #expect(response.values(.recordRoute).isEmpty)
    }

    @Test("IPv6 addresses stand without brackets in received")
    func versionSix() throws {
        let address = try #require(IPAddress("2001:db8::9"))
        let request = try parsed(Self.request(via: "SIP/2.0/UDP [2001:db8::8]:5060;branch=b"))
        let response = try parsed(
            makeResponse(to: request, source: Endpoint(address: address, port: 1), status: 404, toTag: nil)
        )
        #expect(
            response.first(.via).map(response.text(of:))
                == "SIP/2.0/UDP [2001:db8::8]:5060;received=2001:db8::9;branch=b"
        )
        let same = try parsed(Self.request(via: "SIP/2.0/UDP [2001:DB8:0::9]:5060;branch=b"))
        #expect(
            !text(makeResponse(to: same, source: Endpoint(address: address, port: 1), status: 404, toTag: nil))
                .contains("received")
        )
    }

    @Test("A tag that is there is kept", arguments: ["<sip:c@d>;tag=2", "sip:c@d;x=\"y\";tag=2"])
    func toTag(to: String) throws {
        let request = try parsed(Self.request(via: "SIP/2.0/UDP h", to: to))
        let response = try parsed(makeResponse(to: request, source: Self.source, status: 486, toTag: Array("9".utf8)))
        #expect(response.text(of: response.to.range) == to)
    }

    @Test(
        "Responses go where RFC 3581 and RFC 3261 18.2.2 say",
        arguments: [
            ("SIP/2.0/UDP h:5070;rport", TransportProtocol.udp, 40_000), ("SIP/2.0/UDP h:5070", .udp, 5070),
            ("SIP/2.0/UDP h", .udp, 5060), ("SIP/2.0/UDP h;maddr=224.0.0.1", .udp, 5060),
            ("SIP/2.0/TCP h:5070", .tcp, 40_000),
            ("SIP/2.0/TLS h", .tls, 40_000),
        ] as [(String, TransportProtocol, UInt16)]
    )
    func destination(via: String, transport: TransportProtocol, port: UInt16) throws {
        let request = try parsed(Self.request(via: via))
        let source = Endpoint(address: Self.source.address, port: 40_000, transport: transport)
        let expected = Endpoint(address: Self.source.address, port: port, transport: transport)
        #expect(responseDestination(of: request, source: source) == expected)
    }

    @Test("A broken request is refused with what it has", arguments: Torture.invalid)
    func refusals(torture: Torture) throws {
        guard case .refusable(let request, let error) = Message.parse(torture.bytes) else { return }
        let bytes = makeResponse(to: request, source: Self.source, status: error.status, toTag: Array("t9".utf8))
        let response = text(bytes)
        #expect(response.hasPrefix("SIP/2.0 \(error.status) "))
        #expect(response.hasSuffix("\r\nContent-Length: 0\r\n\r\n"))
        #expect(response.contains(";received=192.0.2.9"))
        for range in [request.from, request.callID, request.cseq] {
            #expect(response.contains(": \(text(request.bytes[range]))\r\n"))
        }
        let tag = request.hasToTag ? "" : ";tag=t9"
        #expect(response.contains("\r\nTo: \(text(request.bytes[request.to]))\(tag)\r\n"))
        #expect(responseDestination(of: request, source: Self.source).port == request.via.effectivePort)
    }

    @Test(
        "The tag of a broken To is seen",
        arguments: [
            ("\"x <sip:c@d>;tag=1", true), ("\"x <sip:c@d>; TAG = 1", true), ("\"x <sip:c@d>", false),
            ("<sip:c@d>;;tag=1", true), ("<sip:c@d>;tags=1", false),
        ]
    )
    func brokenTag(to: String, hasTag: Bool) throws {
        #expect(try refusable(Self.request(via: "SIP/2.0/UDP h", to: to, more: "x\n")).hasToTag == hasTag)
    }

    @Test(
        "Every status has a phrase",
        arguments: [
            (100, "Trying"), (182, "Queued"), (199, "Early Dialog Terminated"), (200, "OK"), (299, "Success"),
            (399, "Redirection"), (404, "Not Found"), (499, "Request Failure"), (599, "Server Failure"),
            (603, "Decline"), (699, "Global Failure"), (150, "Progress"),
        ] as [(UInt16, String)]
    )
    func phrases(status: UInt16, phrase: String) {
        #expect("\(reasonPhrase(status))" == phrase)
    }
}
