import SIP
import Testing

/// Session descriptions are written with plain line ends; on the wire they have CRLF.
func lines(_ text: String) -> [UInt8] { Array(text.replacing("\n", with: "\r\n").utf8) }

func string(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

@Suite("Session descriptions")
struct SessionDescriptionTests {
    static let text = """
        v=0
        o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1
        s=Call to John Smith
        c=IN IP4 198.51.100.1
        t=0 0
        a=recvonly
        m=audio 49170/2 RTP/AVP 0 8 101
        a=rtpmap:101 telephone-event/8000
        a=sendonly
        m=video 0 RTP/SAVPF 31
        m=message 2855 TCP/MSRP *
        a=INACTIVE

        """

    @Test("A description is taken apart")
    func parts() throws {
        let description = try SessionDescription(parsing: lines(Self.text))
        func part(_ range: ByteRange) -> String { string(description.bytes[range]) }
        #expect(part(description.origin.line) == "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1")
        #expect(part(description.origin.user) == "jdoe")
        #expect(part(description.origin.sessionID) == "3724394400")
        #expect(part(description.origin.version) == "3724394405")
        #expect(part(description.origin.connection) == "IN IP4 198.51.100.1")
        #expect(part(description.session).hasSuffix("t=0 0\r\na=recvonly\r\n"))
        #expect(description.media.map { part($0.type) } == ["audio", "video", "message"])
        #expect(description.media.map(\.port) == [49170, 0, 2855])
        #expect(description.media.map { part($0.transport) } == ["RTP/AVP", "RTP/SAVPF", "TCP/MSRP"])
        #expect(description.media.map { part($0.formats) } == ["0 8 101", "31", "*"])
        #expect(description.media.map { part($0.firstFormat) } == ["0", "31", "*"])
        #expect(
            description.media.map { part($0.range) }.joined()
                == part(
                    ByteRange(lower: description.session.upper, upper: UInt32(description.bytes.count))
                )
        )
        #expect(description.media.map(description.direction(of:)) == [.sendOnly, .receiveOnly, .inactive])
        #expect(description.media.map(description.profile(of:)) == [.rtp, .srtp, .other])
        #expect(
            description.attribute("rtpmap", in: description.media[0].range).map(part)
                == "101 telephone-event/8000"
        )
        #expect(description.attribute("rtp", in: description.media[0].range) == nil)
        #expect(!description.usesICE)
        #expect(!description.usesDTLS)
    }

    @Test(
        "Line ends become CRLF, empty lines at the end go",
        arguments: [
            Self.text, Self.text.replacing("\n", with: "\r\n"), String(Self.text.dropLast()), Self.text + "\n\r\n\n",
        ]
    )
    func lineEnds(text: String) throws {
        #expect(try SessionDescription(parsing: Array(text.utf8)).bytes == lines(Self.text))
    }

    @Test("The user of o= may have blanks, and s= and t= may be missing")
    func tolerance() throws {
        let description = try SessionDescription(parsing: lines("v=0\no=Foo Bar  1 2 IN IP6 ::1\n"))
        #expect(string(description.bytes[description.origin.user]) == "Foo Bar")
        #expect(description.media.isEmpty)
        #expect(try SessionDescription(parsing: lines("v=0\no=- 1 2 IN IP4 h\ns=\n")).session.count == 27)
    }

    @Test(
        "What is no description says what was expected on which line",
        arguments: [
            ("", SDPError.Kind.version, 1), ("\n\n", .version, 1), ("hello", .line, 1),
            ("v=1\no=- 1 2 IN IP4 h", .version, 1),
            ("o=- 1 2 IN IP4 h\nv=0", .version, 1), ("v=0", .origin, 1), ("v=0\ns=-", .origin, 2),
            ("v=0\no=- 1 2 IN IP4", .origin, 2), ("v=0\no=1 2 IN IP4 h", .origin, 2),
            ("v=0\no=- 1 2 IN IP4 h\no=- 1 2 IN IP4 h", .origin, 3),
            ("v=0\nm=audio 1 RTP/AVP 0\no=- 1 2 IN IP4 h", .origin, 3),
            ("v=0\no=- 1 2 IN IP4 h\nv=0", .version, 3), ("v=0\no=- 1 2 IN IP4 h\nm=audio", .media, 3),
            ("v=0\no=- 1 2 IN IP4 h\nm=audio 1 RTP/AVP", .media, 3),
            ("v=0\no=- 1 2 IN IP4 h\nm=audio x RTP/AVP 0", .media, 3),
            ("v=0\no=- 1 2 IN IP4 h\nm=audio 65536 RTP/AVP 0", .media, 3),
            ("v=0\no=- 1 2 IN IP4 h\nm=audio /2 RTP/AVP 0", .media, 3), ("v=0\no=- 1 2 IN IP4 h\n\ns=-", .line, 3),
            ("v=0\no=- 1 2 IN IP4 h\ns", .line, 3), ("v=0\no=- 1 2 IN IP4 h\n s=-", .line, 3),
            ("v=0\no=- 1 2 IN IP4 h\ns=a\0b", .line, 3), ("v=0\no=- 1 2 IN IP4 h\ns=a\rb", .line, 3),
            ("{\"type\":\"offer\"}", .line, 1), ("<audio>\n <pcmu/>\n</audio>", .line, 1),
        ]
    )
    func refused(text: String, kind: SDPError.Kind, line: Int) {
        let error = #expect(throws: SDPError.self) { try SessionDescription(parsing: Array(text.utf8)) }
        #expect(error == SDPError(kind: kind, line: line))
        #expect(error?.description.hasPrefix("SDP line \(line): expected ") == true)
    }

    @Test("It has limits")
    func limits() throws {
        let head = "v=0\no=- 1 2 IN IP4 h\n"
        let media = "m=audio 1 RTP/AVP 0\n"
        #expect(
            try SessionDescription(parsing: lines(head + String(repeating: media, count: 64))).media.count == 64
        )
        #expect(throws: SDPError(kind: .tooManyMedia, line: 67)) {
            try SessionDescription(parsing: lines(head + String(repeating: media, count: 65)))
        }
        #expect(throws: SDPError(kind: .tooLarge, line: 1)) {
            try SessionDescription(parsing: lines(head + String(repeating: "a=x\n", count: 20_000)))
        }
    }

    @Test(
        "ICE and DTLS are seen",
        arguments: [
            ("a=ice-ufrag:x", true, false), ("a=candidate:1 1 UDP 1 h 1 typ host", true, false),
            ("a=fingerprint:sha-256 AA", false, true), ("a=ice-lite", false, false), ("b=AS:64", false, false),
        ]
    )
    func iceAndDTLS(line: String, ice: Bool, dtls: Bool) throws {
        let description = try SessionDescription(
            parsing: lines("v=0\no=- 1 2 IN IP4 h\nm=audio 1 UDP/TLS/RTP/SAVPF 0\n\(line)\n")
        )
        #expect(description.usesICE == ice)
        #expect(description.usesDTLS == dtls)
        #expect(description.profile(of: description.media[0]) == .srtp)
    }
}
