import SIP
import Testing

@Suite("Continuity of the session description on a leg")
struct SDPContinuityTests {
    static let address = IPAddress(v4: 0xC000_0201)

    static func continuity() -> SDPContinuity { SDPContinuity(sessionID: 77, address: address) }

    static func description(_ body: String, origin: String = "o=peer 1 1 IN IP4 203.0.113.1") throws
        -> SessionDescription
    {
        try SessionDescription(parsing: lines("v=0\n\(origin)\ns=-\n\(body)"))
    }

    static let connection = "c=IN IP4 203.0.113.1\nt=0 0\n"

    static func body(version: Int, _ rest: String) -> [UInt8] {
        lines("v=0\no=- 77 \(version) IN IP4 192.0.2.1\ns=-\n\(rest)")
    }

    @Test("What the far end says of itself beside its media stays hidden, in offers and in answers")
    func topology() throws {
        let told = "s=anna@10.1.2.3\ni=desk\nu=http://10.1.2.3/\ne=a@10.1.2.3\np=+1\n"
        let media = "m=audio 4000 RTP/AVP 0\ni=left ear\n"
        let description = try SessionDescription(
            parsing: lines("v=0\no=a 1 1 IN IP4 10.1.2.3\n\(told)\(Self.connection)\(media)")
        )
        var leg = Self.continuity()
        #expect(leg.offer(relaying: description) == Self.body(version: 1, Self.connection + media))
        var other = Self.continuity()
        #expect(other.answer(relaying: description, to: description) == Self.body(version: 1, Self.connection + media))
    }

    @Test("An offer keeps every line but o=")
    func relays() throws {
        var leg = Self.continuity()
        let rest = "\(Self.connection)m=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\na=x=y:z\n"
        let sent = leg.offer(relaying: try Self.description(rest))
        #expect(sent == Self.body(version: 1, rest))
        #expect(leg.lastSent == sent)
        #expect(leg.mediaCount == 1)
    }

    @Test("The version rises by one when the content changes, not when the peer's o= does")
    func versions() throws {
        var leg = Self.continuity()
        let first = "\(Self.connection)m=audio 4000 RTP/AVP 0\n"
        let second = "\(Self.connection)m=audio 4002 RTP/AVP 0\n"
        #expect(leg.lastSent == nil)
        #expect(leg.offer(relaying: try Self.description(first)) == Self.body(version: 1, first))
        #expect(
            leg.offer(relaying: try Self.description(first, origin: "o=other 9 9 IN IP4 198.51.100.1"))
                == Self.body(version: 1, first)
        )
        #expect(leg.offer(relaying: try Self.description(second)) == Self.body(version: 2, second))
        #expect(leg.offer(relaying: try Self.description(first)) == Self.body(version: 3, first))
        #expect(leg.lastSent == Self.body(version: 3, first))
    }

    @Test("Media that the new far end does not have stay as refused lines")
    func padding() throws {
        var leg = Self.continuity()
        _ = leg.offer(
            relaying: try Self.description(
                "\(Self.connection)m=audio 1 RTP/AVP 0\nm=video 2 RTP/SAVPF 96 97\na=x\nm=image 3 udptl t38\n"
            )
        )
        #expect(
            leg.offer(relaying: try Self.description("\(Self.connection)m=audio 1 RTP/AVP 8\n"))
                == Self.body(
                    version: 2,
                    "\(Self.connection)m=audio 1 RTP/AVP 8\nm=video 0 RTP/SAVPF 96\nm=image 0 udptl t38\n"
                )
        )
        // A type may change in its place; what was there last is what is padded.
        _ = leg.offer(relaying: try Self.description("\(Self.connection)m=audio 1 RTP/AVP 8\nm=text 5 RTP/AVP 98\n"))
        #expect(
            leg.offer(relaying: try Self.description("\(Self.connection)m=audio 1 RTP/AVP 8\n"))
                == Self.body(
                    version: 4,
                    "\(Self.connection)m=audio 1 RTP/AVP 8\nm=text 0 RTP/AVP 98\nm=image 0 udptl t38\n"
                )
        )
    }

    @Test("A padded line has its own c= where the session has none")
    func paddedConnection() throws {
        var leg = Self.continuity()
        _ = leg.offer(relaying: try Self.description("\(Self.connection)m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\n"))
        #expect(
            leg.offer(relaying: try Self.description("t=0 0\nm=audio 1 RTP/AVP 0\nc=IN IP4 203.0.113.1\n"))
                == Self.body(
                    version: 2,
                    "t=0 0\nm=audio 1 RTP/AVP 0\nc=IN IP4 203.0.113.1\nm=video 0 RTP/AVP 31\nc=IN IP4 192.0.2.1\n"
                )
        )
    }

    @Test(
        "An answer has the lines of the offer, neither more nor fewer nor others",
        arguments: [
            ("m=audio 1 RTP/AVP 0\n", "m=audio 9 RTP/AVP 0\na=x\n", "m=audio 9 RTP/AVP 0\na=x\n"),
            (
                "m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31 32\n", "m=audio 9 RTP/AVP 0\n",
                "m=audio 9 RTP/AVP 0\nm=video 0 RTP/AVP 31\n"
            ),
            ("m=audio 1 RTP/AVP 0\n", "m=audio 9 RTP/AVP 0\nm=video 0 RTP/AVP 31\na=y\n", "m=audio 9 RTP/AVP 0\n"),
            (
                "m=video 2 RTP/AVP 31\nm=audio 1 RTP/AVP 0\n", "m=audio 9 RTP/AVP 0\nm=AUDIO 8 RTP/AVP 0\n",
                "m=video 0 RTP/AVP 31\nm=AUDIO 8 RTP/AVP 0\n"
            ),
            ("", "m=audio 9 RTP/AVP 0\n", ""),
        ]
    )
    func answers(offered: String, answered: String, expected: String) throws {
        var leg = Self.continuity()
        let offer = try Self.description(Self.connection + offered)
        leg.received(offer)
        #expect(
            leg.answer(relaying: try Self.description(Self.connection + answered), to: offer)
                == Self.body(version: 1, Self.connection + expected)
        )
    }

    @Test("An offer after an answer has at least the lines of that answer")
    func offerAfterAnswer() throws {
        var leg = Self.continuity()
        let offer = try Self.description("\(Self.connection)m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\n")
        let audio = try Self.description("\(Self.connection)m=audio 9 RTP/AVP 0\n")
        let answer = leg.answer(relaying: audio, to: offer)
        #expect(leg.offer(relaying: audio) == answer)
    }

    @Test("A refusal refuses every line and repeats the times of the offer")
    func refusal() throws {
        var leg = Self.continuity()
        let offer = try Self.description("c=IN IP4 203.0.113.1\nt=5 7\nm=audio 1 RTP/AVP 0 8\nm=video 2 RTP/SAVP 31\n")
        #expect(
            leg.refusal(of: offer)
                == Self.body(
                    version: 1,
                    "c=IN IP4 192.0.2.1\nt=5 7\nm=audio 0 RTP/AVP 0\nm=video 0 RTP/SAVP 31\n"
                )
        )
        #expect(leg.mediaCount == 2)
    }

    @Test("A refresh is what repeats session id and version")
    func refresh() throws {
        var leg = Self.continuity()
        let first = try Self.description(Self.connection, origin: "o=a 5 1 IN IP4 h")
        #expect(!leg.isRefresh(first))
        leg.received(first)
        #expect(leg.isRefresh(first))
        #expect(leg.isRefresh(try Self.description("t=0 0\n", origin: "o=a 5 1 IN IP4 h")))
        #expect(!leg.isRefresh(try Self.description(Self.connection, origin: "o=a 5 2 IN IP4 h")))
        #expect(!leg.isRefresh(try Self.description(Self.connection, origin: "o=a 6 1 IN IP4 h")))
    }

    @Test("After a restart the version is far ahead, the rest is as it was")
    func resumption() throws {
        var leg = SDPContinuity(
            user: "callcenterd",
            sessionID: 9,
            version: 4,
            address: try #require(IPAddress("2001:db8::1"))
        )
        let both = try Self.description("\(Self.connection)m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\n")
        let sent = leg.offer(relaying: both)
        #expect(string(sent).contains("o=callcenterd 9 4 IN IP6 2001:db8::1\r\n"))
        var resumed = try #require(SDPContinuity(resuming: sent))
        let expected = lines(string(sent).replacing("\r\n", with: "\n").replacing(" 9 4 IN", with: " 9 104 IN"))
        #expect(resumed.lastSent == expected)
        #expect(resumed.offer(relaying: both) == expected)
        let audio = resumed.offer(relaying: try Self.description("\(Self.connection)m=audio 1 RTP/AVP 0\n"))
        #expect(string(audio).contains("o=callcenterd 9 105 IN IP6 2001:db8::1\r\n"))
        #expect(string(audio).hasSuffix("m=video 0 RTP/AVP 31\r\n"))
    }

    @Test(
        "A body that is none of ours cannot be resumed",
        arguments: [
            "", "v=0\no=- x 1 IN IP4 192.0.2.1\n", "v=0\no=- 1 x IN IP4 192.0.2.1\n", "v=0\no=- 1 1 IN IP4 host\n",
            "v=0\no=- 1 18446744073709551619 IN IP4 192.0.2.1\n",
        ]
    )
    func noResumption(body: String) {
        #expect(SDPContinuity(resuming: lines(body)) == nil)
    }
}
