import Testing

@testable import Transport

@Suite("Framing of a stream (RFC 3261 section 18.3)")
struct StreamFramingTests {
    private static let bye = "BYE sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n"
    private static let invite = "INVITE sip:a@b SIP/2.0\r\nX: y\r\nl : 5\r\n\r\nv=0\r\n"

    /// What a stream is cut into, pieces shortened to text.
    private func pieces(_ stream: String, inPartsOf size: Int = .max) -> [String] {
        var framing = StreamFraming()
        var found: [String] = []
        var rest = Array(stream.utf8)[...]
        while !rest.isEmpty {
            framing.append(rest.prefix(size))
            rest = rest.dropFirst(size)
            while let piece = framing.next() {
                switch piece {
                case .message(let bytes): found.append(String(decoding: bytes, as: UTF8.self))
                case .lineEnd: found.append("CRLF")
                case .broken(_, let status): found.append("\(status)")
                }
            }
        }
        return found
    }

    @Test("finds the same messages and line ends however the stream is cut", arguments: [1, 2, 3, 7, 16, 64, 1_000])
    func cuts(size: Int) {
        let stream = "\r\n\r\n" + Self.invite + Self.bye + "\r\n" + Self.invite
        #expect(
            pieces(stream, inPartsOf: size) == ["CRLF", "CRLF", Self.invite, Self.bye, "CRLF", Self.invite]
        )
    }

    @Test(
        "refuses what has no boundary",
        arguments: [
            ("BYE sip:a@b SIP/2.0\r\nX: y\r\n\r\n", "400"),
            ("BYE sip:a@b SIP/2.0\r\nContent-Length: 0\r\nl: 1\r\n\r\n", "400"),
            ("BYE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n", "400"),
            ("BYE sip:a@b SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n", "400"),
            ("BYE sip:a@b SIP/2.0\r\nContent-Length: 70000\r\n\r\n", "513"),
            (String(repeating: "x", count: 70_000), "513"),
            ("BYE sip:a@b SIP/2.0\r\nSubject: a\r\n Content-Length: 0\r\n\r\n", "400"),
            ("BYE sip:a@b SIP/2.0\r\nContent-Length: 1\r\n 0\r\n\r\n", "400"),
            ("BYE sip:a@b SIP/2.0\r\nContent-Length:\r\n \r\n\r\n", "400"),
        ]
    )
    func broken(stream: String, status: String) {
        #expect(pieces(stream) == [status])
    }

    @Test("takes bare line feeds, and one length that is said twice")
    func tolerance() {
        let message = "BYE sip:a@b SIP/2.0\nCONTENT-LENGTH:\t2 \nl: 2\n\nab"
        #expect(pieces(message + Self.bye, inPartsOf: 5) == [message, Self.bye])
    }

    @Test("reads header fields that go on in the next line as the parser of messages does")
    func folding() {
        for header in ["Content-Length:\r\n 2", "l: 2\r\n\t", "Subject: a\r\n Content-Length: 7\r\nl:\r\n 2"] {
            let message = "BYE sip:a@b SIP/2.0\r\n\(header)\r\n\r\nab"
            #expect(pieces(message + Self.bye, inPartsOf: 7) == [message, Self.bye])
        }
    }

    @Test("knows whether a message has begun")
    func partial() {
        var framing = StreamFraming()
        #expect(!framing.isPartial)
        framing.append(Array(Self.bye.utf8.dropLast()))
        #expect(framing.next() == nil)
        #expect(framing.isPartial)
        framing.append([0x0A])
        #expect(framing.next() == .message(Array(Self.bye.utf8)))
        #expect(!framing.isPartial)
    }
}
