import SIP
import Testing

@testable import cc_announcer

private let negotiation = Negotiation(media: Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 20_000))

/// A description with these lines behind the session part.
func sdp(_ lines: String..., connection: String = "IN IP4 192.0.2.1") throws -> SessionDescription {
    let session =
        ["v=0", "o=peer 1 1 IN IP4 192.0.2.1", "s=-"] + (connection.isEmpty ? [] : ["c=" + connection]) + ["t=0 0"]
    let text = (session + lines).joined(separator: "\r\n") + "\r\n"
    return try SessionDescription(parsing: Array(text.utf8))
}

/// The lines of a description from the first m= on.
func mediaLines(_ description: SessionDescription) -> [String] {
    let text = String(decoding: description.bytes, as: UTF8.self)
    return text.split(separator: "\r\n").map(String.init).drop { !$0.hasPrefix("m=") }.map { $0 }
}

@Suite("Offer and answer")
struct NegotiationTests {
    @Test(
        "accept the first law of the peer's order",
        arguments: [
            ("0 8 101", Encoding.pcmu, 0), ("8 0", .pcma, 8), ("18 8 0", .pcma, 8), ("9 18 8 0", .g722, 9),
            ("8 9", .pcma, 8), ("96 0", .pcmu, 0), ("0", .pcmu, 0), ("8", .pcma, 8),
        ] as [(String, Encoding, UInt8)]
    )
    func order(formats: String, encoding: Encoding, number: UInt8) throws {
        let offer = try sdp("m=audio 4000 RTP/AVP \(formats)")
        let agreement = try #require(negotiation.agree(to: offer))
        let destination = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 4_000)
        #expect(
            agreement.target
                == .init(
                    destination: destination,
                    control: Endpoint(address: destination.address, port: 4_001),
                    encoding: encoding,
                    payloadType: number
                )
        )
        #expect(
            mediaLines(agreement.answer) == [
                "m=audio 20000 RTP/AVP \(number)", "a=rtpmap:\(number) \(encoding.name)/8000", "a=ptime:20",
                "a=sendrecv",
            ]
        )
        let connection = agreement.answer.lines(UInt8(ascii: "c"), in: agreement.answer.session)
        #expect(connection.map { agreement.answer.bytes[$0].elementsEqual("IN IP4 127.0.0.1".utf8) } == [true])
    }

    @Test(
        "understand dynamic numbers, and static ones that mean something else",
        arguments: [
            ("a=rtpmap:100 PCMA/8000", Encoding.pcma, 100), ("a=rtpmap:100 pcmu/8000/1", .pcmu, 100),
            ("a=rtpmap:100 PCMA/16000", .pcmu, 0), ("a=rtpmap:100 PCMA/8000/2", .pcmu, 0),
            ("a=rtpmap:100 opus/48000/2", .pcmu, 0),
            ("a=rtpmap:0 G722/8000", .g722, 0), ("a=rtpmap:100 G722/8000", .g722, 100),
            ("a=rtpmap:100 G722/16000", .pcmu, 0), ("a=rtpmap:", .pcmu, 0), ("a=rtpmap:999 PCMA/8000", .pcmu, 0),
        ] as [(String, Encoding, UInt8)]
    )
    func dynamic(map: String, encoding: Encoding, number: UInt8) throws {
        let offer = try sdp("m=audio 4000 RTP/AVP 100 0 8", map)
        let agreement = try #require(negotiation.agree(to: offer))
        #expect(agreement.target.encoding == encoding && agreement.target.payloadType == number)
    }

    @Test("refuse every other line with port 0, each in its place")
    func otherLines() throws {
        let offer = try sdp(
            "m=video 5000 RTP/AVP 31 32",
            "m=audio 6000 RTP/SAVP 0",
            "m=audio 4000 RTP/AVPF 0",
            "c=IN IP4 192.0.2.9",
            "m=audio 4002 RTP/AVP 0",
            "m=message 7000 TCP/MSRP *"
        )
        let agreement = try #require(negotiation.agree(to: offer))
        #expect(agreement.target.destination == Endpoint(address: IPAddress(v4: 0xC000_0209), port: 4_000))
        #expect(
            mediaLines(agreement.answer).filter { $0.hasPrefix("m=") } == [
                "m=video 0 RTP/AVP 31", "m=audio 0 RTP/SAVP 0", "m=audio 20000 RTP/AVPF 0", "m=audio 0 RTP/AVP 0",
                "m=message 0 TCP/MSRP *",
            ]
        )
    }

    @Test(
        "hold, and mirror the direction",
        arguments: [
            (["a=sendrecv"], "a=sendrecv", true), (["a=sendonly"], "a=recvonly", false),
            (["a=recvonly"], "a=sendonly", true), (["a=inactive"], "a=inactive", false),
            (["c=IN IP4 0.0.0.0"], "a=sendrecv", false), (["c=IN IP4 0.0.0.0", "a=inactive"], "a=inactive", false),
        ]
    )
    func hold(lines: [String], direction: String, sends: Bool) throws {
        let line = (["m=audio 4000 RTP/AVP 0"] + lines).joined(separator: "\r\n")
        let offer = try sdp(line)
        let agreement = try #require(negotiation.agree(to: offer))
        #expect((agreement.target.destination != nil) == sends)
        #expect(mediaLines(agreement.answer).last == direction)
    }

    @Test(
        "have nothing in common with what is not G.711 or G.722 over plain RTP to an address",
        arguments: [
            "m=audio 4000 RTP/AVP 18 4", "m=audio 0 RTP/AVP 0", "m=video 4000 RTP/AVP 0", "m=audio 4000 RTP/SAVP 0",
            "m=audio 4000 UDP/TLS/RTP/SAVPF 0", "m=audio 4000 udptl t38", "m=audio 4000 RTP/AVP 300",
            "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 phone.example",
            "m=audio 4000 RTP/AVP 0\r\nc=IN", "a=nothing",
        ]
    )
    func nothing(lines: String) throws {
        try #expect(negotiation.agree(to: sdp(lines)) == nil)
    }

    @Test("need a c= line in one of the two places")
    func noConnection() throws {
        try #expect(negotiation.agree(to: sdp("m=audio 4000 RTP/AVP 0", connection: "")) == nil)
        #expect(
            negotiation.agree(to: try sdp("m=audio 4000 RTP/AVP 0", "c=IN IP4 192.0.2.1/127", connection: "")) != nil
        )
    }

    @Test(
        "say why nothing can be served",
        arguments: [
            ("audio 4000 RTP/AVP 18", "IN IP4 192.0.2.1", SessionWarning.incompatibleFormat),
            ("audio 4000 RTP/SAVP 8", "IN IP4 192.0.2.1", .incompatibleTransport),
            ("audio 4000 RTP/AVP 8", "IN IP6 2001:db8::1", .incompatibleAddress),
            ("audio 0 RTP/AVP 8", "IN IP4 192.0.2.1", .mediaTypeNotAvailable),
            ("video 4000 RTP/AVP 31", "IN IP4 192.0.2.1", .mediaTypeNotAvailable),
        ]
    )
    func warning(line: String, connection: String, warning: SessionWarning) throws {
        let offer = try sdp("m=\(line)", connection: connection)
        #expect(negotiation.agree(to: offer) == nil)
        #expect(negotiation.warning(of: offer) == warning)
    }

    @Test("offer every encoding and telephone events; G.722 first for a sound that has something for it")
    func offer() throws {
        let offer = try #require(negotiation.offer(isWideband: false))
        #expect(
            mediaLines(offer) == [
                "m=audio 20000 RTP/AVP 0 8 9 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
                "a=rtpmap:9 G722/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20",
                "a=sendrecv",
            ]
        )
        let wide = try #require(negotiation.offer(isWideband: true))
        #expect(mediaLines(wide).first == "m=audio 20000 RTP/AVP 9 0 8 101")
    }

    @Test("take telephone events where they are offered, and do not take them for sound")
    func events() throws {
        let map = "a=rtpmap:96 telephone-event/8000"
        let offer = try sdp("m=audio 4000 RTP/AVP 96 8", map, "a=fmtp:96 0-16")
        let agreement = try #require(negotiation.agree(to: offer))
        #expect(agreement.target.encoding == .pcma)
        #expect(
            mediaLines(agreement.answer) == [
                "m=audio 20000 RTP/AVP 8 96", "a=rtpmap:8 PCMA/8000", map, "a=fmtp:96 0-15", "a=ptime:20", "a=sendrecv",
            ]
        )
        try #expect(negotiation.agree(to: sdp("m=audio 4000 RTP/AVP 96", map)) == nil)
    }

    @Test(
        "find where RTCP goes",
        arguments: [
            ("", "192.0.2.1:4001"), ("a=rtcp:53020", "192.0.2.1:53020"),
            ("a=rtcp:53020 IN IP4 192.0.2.7", "192.0.2.7:53020"), ("a=rtcp:53020 IN IP6 2001:db8::1", nil),
            ("a=rtcp:0", nil), ("a=rtcp:x", nil), ("a=sendonly", nil), ("c=IN IP4 0.0.0.0", nil),
        ]
    )
    func control(line: String, endpoint: String?) throws {
        let lines = ["m=audio 4000 RTP/AVP 0"] + (line.isEmpty ? [] : [line])
        let offer = try sdp(lines.joined(separator: "\r\n"))
        let agreement = try #require(negotiation.agree(to: offer))
        #expect(agreement.target.control.map { "\($0.address):\($0.port)" } == endpoint)
    }

    @Test("work over IPv6")
    func sixth() throws {
        let negotiation = Negotiation(media: Endpoint(address: IPAddress(high: 0, low: 1), port: 20_000))
        let offer = try sdp("m=audio 4000 RTP/AVP 0", connection: "IN IP6 2001:db8::1")
        let agreement = try #require(negotiation.agree(to: offer))
        #expect(agreement.target.destination?.address == IPAddress("2001:db8::1"))
        #expect(String(decoding: agreement.answer.bytes, as: UTF8.self).contains("c=IN IP6 ::1\r\n"))
        try #expect(negotiation.agree(to: sdp("m=audio 4000 RTP/AVP 0")) == nil)
    }
}
