import SIP
import Testing

@Suite("Addresses in headers")
struct AddressTests {
    struct Expected: Sendable, CustomTestStringConvertible {
        var value: String
        var name: String?
        var uri: String
        var tag: String?
        var parameters = ""

        var testDescription: String { value }
    }

    static func message(from: String) -> String {
        """
        OPTIONS sip:h SIP/2.0
        Via: SIP/2.0/UDP h;branch=z9hG4bK1
        From: \(from)
        To: <sip:c@d>
        Call-ID: x
        CSeq: 1 OPTIONS


        """
    }

    @Test(
        "A valid From is taken apart",
        arguments: [
            Expected(value: "<sip:a@b>;tag=1", uri: "sip:a@b", tag: "1", parameters: ";tag=1"),
            Expected(value: "sip:a@b;tag=1", uri: "sip:a@b", tag: "1", parameters: ";tag=1"),
            Expected(value: "sip:a@b  ; TAG = 1 ; x", uri: "sip:a@b", tag: "1", parameters: "; TAG = 1 ; x"),
            Expected(value: "<sip:a@b;tag=inside>", uri: "sip:a@b;tag=inside"),
            Expected(value: "Alice<sip:a@b>", name: "Alice", uri: "sip:a@b"),
            Expected(value: "Alice  B. Toklas   <sip:a@b>", name: "Alice  B. Toklas", uri: "sip:a@b"),
            Expected(value: "\"\" <sip:a@b>", name: "", uri: "sip:a@b"),
            Expected(value: "\"Bell, \\\"A\\\\\" <sip:a@b>", name: "Bell, \"A\\", uri: "sip:a@b"),
            Expected(value: "\"<sip:not@this>\" <sip:a@b>", name: "<sip:not@this>", uri: "sip:a@b"),
            Expected(value: "J\u{FC}rgen <sip:a@b>", name: "J\u{FC}rgen", uri: "sip:a@b"),
            Expected(value: "\"\u{5927}\" <sip:a@b>", name: "\u{5927}", uri: "sip:a@b"),
            Expected(
                value: "<sip:a@[2001:db8::1]:5060>;tag=x/y=z",
                uri: "sip:a@[2001:db8::1]:5060",
                tag: "x/y=z",
                parameters: ";tag=x/y=z"
            ),
            Expected(
                value: "<tel:+1234>;tag=t;p=\"a;tag=2\"",
                uri: "tel:+1234",
                tag: "t",
                parameters: ";tag=t;p=\"a;tag=2\""
            ),
            Expected(value: "<sip:u@h?Subject=x>", uri: "sip:u@h?Subject=x"),
        ]
    )
    func valid(expected: Expected) throws {
        let message = try parsed(Self.message(from: expected.value))
        let from = message.from
        #expect(from.displayName.map { _ in text(from.displayNameText(in: message.bytes)) } == expected.name)
        #expect(message.text(of: from.uri) == expected.uri)
        #expect(from.tag.map(message.text(of:)) == expected.tag)
        #expect(message.text(of: from.parameters) == expected.parameters)
        #expect(message.text(of: from.range) == expected.value)
    }

    @Test(
        "A broken From is refused as such, and the refusal repeats it",
        arguments: [
            "", "alice", "<sip:a@b", "sip:a@b>", "<>", "< sip:a@b >", "<sip:a@b>;", "<sip:a@b>;;tag=1", "<sip:a@b>;tag",
            "<sip:a@b>;tag=", "<sip:a@b>;tag=1;tag=2", "\"Alice <sip:a@b>", "\"Alice\" sip:a@b", "Bell, A <sip:a@b>",
            "<sip:a@b>, <sip:c@d>", "<sip:a@b> x", "sip:u@h?Subject=x", "<sip:a b@c>", "<sip:a@b:port>", "a@b",
            "<sip:a@b>;tag=\"x", "\"Alice\\\" <sip:a@b>",
        ]
    )
    func broken(value: String) throws {
        let parsed = Message.parse(wire(Self.message(from: value)))
        if value.isEmpty {
            #expect(outcome(parsed) == .hopeless(.header, .from))
        } else {
            #expect(outcome(parsed) == .refusable(.header, .from))
            let request = try refusable(Self.message(from: value))
            let response = makeResponse(
                to: request,
                source: Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 5060),
                status: 400,
                toTag: nil
            )
            #expect(text(response).contains("\r\nFrom: \(value)\r\n"))
        }
    }
}

@Suite("Via")
struct ViaTests {
    static func message(via: String) -> String {
        """
        OPTIONS sip:h SIP/2.0
        Via: \(via)
        From: <sip:a@b>;tag=1
        To: <sip:c@d>
        Call-ID: x
        CSeq: 1 OPTIONS


        """
    }

    struct Expected: Sendable, CustomTestStringConvertible {
        var via: String
        var transport: TransportProtocol?
        var host: String
        var port: UInt16?
        var branch: String?
        var received: String?
        var rport: UInt16?

        var testDescription: String { via }
    }

    @Test(
        "A valid Via is taken apart",
        arguments: [
            Expected(via: "SIP/2.0/UDP h;branch=z9hG4bK1", transport: .udp, host: "h", branch: "z9hG4bK1"),
            Expected(via: "sip/2.0/tcp h:5061", transport: .tcp, host: "h", port: 5061),
            Expected(
                via: "SIP / 2.0 / TLS  h : 5061 ; branch = b",
                transport: .tls,
                host: "h",
                port: 5061,
                branch: "b"
            ),
            Expected(via: "SIP/2.0/SCTP [2001:db8::1]:9;Branch=b", host: "[2001:db8::1]", port: 9, branch: "b"),
            Expected(
                via: "SIP/2.0/UDP 192.0.2.1;rport=7;received=192.0.2.9;branch=b;x=\"a,b\"",
                transport: .udp,
                host: "192.0.2.1",
                branch: "b",
                received: "192.0.2.9",
                rport: 7
            ),
            Expected(via: "SIP/2.0/UDP h;received=2001:db8::9", transport: .udp, host: "h", received: "2001:db8::9"),
            Expected(
                via: "SIP/2.0/UDP first;branch=b, SIP/2.0/UDP second;rport",
                transport: .udp,
                host: "first",
                branch: "b"
            ),
        ]
    )
    func valid(expected: Expected) throws {
        let message = try parsed(Self.message(via: expected.via))
        let via = message.via
        #expect(via.transportProtocol == expected.transport)
        #expect(message.text(of: via.host) == expected.host)
        #expect(via.port == expected.port)
        #expect(via.branch.map(message.text(of:)) == expected.branch)
        #expect(via.received?.value.map(message.text(of:)) == expected.received)
        #expect(via.receivedPort(in: message.bytes) == expected.rport)
        #expect(via.effectivePort == expected.port ?? 5060)
    }

    @Test(
        "Without a sender there is nobody to refuse",
        arguments: [
            "", "SIP/2.0/UDP", "SIP/2.0 h", "HTTP/2.0/UDP h", "SIP/2.0/UDP ;branch=x", "SIP/2.0/UDP [::1",
            "SIP/2.0/UDP h:99999",
            "SIP/2.0/UDP h:",
        ]
    )
    func hopeless(via: String) {
        #expect(outcome(Message.parse(wire(Self.message(via: via)))) == .hopeless(.header, .via))
    }

    @Test(
        "With a sender it is refused",
        arguments: [
            "SIP/2.0/UDP h;", "SIP/2.0/UDP h;;branch=x", "SIP/2.0/UDP h;branch=", "SIP/2.0/UDP h x",
            "SIP/2.0/UDP h;x=\"y",
        ]
    )
    func refused(via: String) {
        #expect(outcome(Message.parse(wire(Self.message(via: via)))) == .refusable(.header, .via))
    }
}
