import SIP
import Testing

@Suite("Writing messages")
struct MessageWriterTests {
    @Test("A request reads back as it was written")
    func request() throws {
        var writer = MessageWriter()
        writer.requestLine(.invite, Array("sip:agent@192.0.2.9".utf8))
        writer.via(
            Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5060),
            branch: Array("z9hG4bK".utf8) + Token(slot: 1, generation: 2, nonce: 3).bytes
        )
        writer.field(.maxForwards, number: 70)
        writer.begin(.from)
        writer.append(displayName: Array("Sales \"VIP\" \\ \r\nEvil: x".utf8))
        writer.append("<sip:alice@example.com>;tag=")
        writer.append(Token(slot: 0, generation: 0, nonce: 0))
        writer.end()
        writer.field(.to, Array("<sip:agent@192.0.2.9>".utf8))
        writer.field(.callID, Array("xidx".utf8)[1..<3])
        writer.cseq(4_294_967, .invite)
        writer.field(named: Array("X-Queue".utf8), Array("support".utf8))
        let bytes = writer.finish(.sdp(wire(Sample.sdp)))
        #expect(
            bytes
                == wire(
                    """
                    INVITE sip:agent@192.0.2.9 SIP/2.0
                    Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK00000001000000020000000000000003
                    Max-Forwards: 70
                    From: "Sales \\"VIP\\" \\\\ Evil: x" <sip:alice@example.com>;tag=00000000000000000000000000000000
                    To: <sip:agent@192.0.2.9>
                    Call-ID: id
                    CSeq: 4294967 INVITE
                    X-Queue: support
                    Content-Type: application/sdp
                    Content-Length: \(wire(Sample.sdp).count)

                    \(Sample.sdp)
                    """
                )
        )
        let message = try parsed(bytes)
        #expect(text(message.from.displayNameText(in: message.bytes)) == "Sales \"VIP\" \\ Evil: x")
        #expect(message.via.branch.flatMap { Token(parsing: message.bytes[$0].dropFirst(7)) }?.nonce == 3)
        #expect(message.sessionBody() == .sdp(message.body))
    }

    @Test(
        "Other methods, IPv6 and the other transports",
        arguments: [
            (TransportProtocol.udp, "UDP"), (.tcp, "TCP"), (.tls, "TLS"),
        ]
    )
    func transports(transport: TransportProtocol, name: String) throws {
        var writer = MessageWriter()
        writer.requestLine(named: Array("PING".utf8), Array("sip:h".utf8))
        writer.via(
            Endpoint(address: try #require(IPAddress("2001:db8::1")), port: 5061, transport: transport),
            branch: Array("b".utf8)
        )
        #expect(
            text(writer.finish())
                == "PING sip:h SIP/2.0\r\nVia: SIP/2.0/\(name) [2001:db8::1]:5061;rport;branch=b\r\nContent-Length: 0\r\n\r\n"
        )
    }

    @Test("Numbers need no String", arguments: [0, 7, 10, 99, 100, 65_535, .max] as [UInt64])
    func numbers(number: UInt64) {
        var bytes: [UInt8] = []
        bytes.append(decimal: number)
        #expect(text(bytes) == "\(number)")
    }

    @Test("Addresses need no String", arguments: ["0.0.0.0", "192.0.2.10", "255.255.255.255", "2001:db8::1", "::"])
    func addresses(address: String) throws {
        var bytes: [UInt8] = []
        bytes.append(try #require(IPAddress(address)))
        #expect(text(bytes) == address)
    }

    @Test("Header fields are copied line by line")
    func copies() throws {
        let message = try parsed(Sample.response)
        var writer = MessageWriter()
        writer.copyFields(.via, from: message)
        writer.copyFields(.route, from: message)
        writer.field(.to, of: message, message.to.range)
        #expect(
            text(writer.bytes)
                == """
                Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK000000010000000200000000deadbeef;rport=5060;received=192.0.2.1\r
                Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2, SIP/2.0/TCP 192.0.2.3;branch=z9hG4bK3\r
                To: <sip:agent@192.0.2.9>;tag=b2\r\n
                """.replacing("\r\r\n", with: "\r\n")
        )
    }
}
