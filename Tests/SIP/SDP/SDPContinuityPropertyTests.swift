import SIP
import Testing

/// Whatever happens on a leg, in whatever order, the peer sees one session (RFC 3264 section 8).
@Suite("Properties of the continuity")
struct SDPContinuityPropertyTests {
    /// A random description of a far end: other o=, other lines, 0 to 5 media.
    static func description(using generator: inout SeededGenerator) throws -> SessionDescription {
        let types = ["audio", "video", "text", "image"]
        var text =
            "v=0\no=peer\(generator.next() % 3) \(generator.next() % 4) \(generator.next() % 4) IN IP4 203.0.113.9\n"
        text += "s=-\n"
        if generator.next() % 3 > 0 { text += "c=IN IP4 203.0.113.\(generator.next() % 2)\n" }
        text += "t=0 0\n"
        for _ in 0..<generator.next() % 6 {
            let type = types[Int(generator.next() % 4)]
            let transport = generator.next() % 4 == 0 ? "RTP/SAVP" : "RTP/AVP"
            text += "m=\(type) \(generator.next() % 3 * 1000) \(transport) \(generator.next() % 2) 101\n"
            if generator.next() % 2 == 0 { text += "a=sendonly\n" }
        }
        return try SessionDescription(parsing: lines(text))
    }

    static func part(_ description: SessionDescription, _ range: ByteRange) -> String {
        string(description.bytes[range])
    }

    /// The text without its o= line.
    static func content(_ description: SessionDescription) -> String {
        string(description.bytes).replacing(part(description, description.origin.line), with: "")
    }

    @Test("Thirty random steps on a leg", arguments: 0..<200 as Range<UInt64>)
    func randomSequence(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let start = generator.next() >> 1
        let sessionID = generator.next()
        var leg = SDPContinuity(sessionID: sessionID, version: start, address: IPAddress(v4: 0x0A00_0001))
        var previous: SessionDescription?
        var mostOffered = 0
        for _ in 0..<30 {
            let incoming = try Self.description(using: &generator)
            let sent: SessionDescription
            switch generator.next() % 4 {
            case 0, 1:
                // Sometimes the very same description once more.
                sent = try SessionDescription(parsing: leg.offer(relaying: incoming))
                #expect(leg.offer(relaying: incoming) == sent.bytes)
                #expect(sent.media.count >= mostOffered)
                #expect(sent.media.count >= incoming.media.count)
                for (ours, theirs) in zip(sent.media, incoming.media) {
                    #expect(Self.part(sent, ours.range) == Self.part(incoming, theirs.range))
                }
                for padded in sent.media.dropFirst(incoming.media.count) { #expect(padded.port == 0) }
            case 2:
                let offer = try Self.description(using: &generator)
                leg.received(offer)
                #expect(leg.isRefresh(offer))
                sent = try SessionDescription(parsing: leg.answer(relaying: incoming, to: offer))
                Self.expectAnswer(sent, to: offer)
            default:
                sent = try SessionDescription(parsing: leg.refusal(of: incoming))
                Self.expectAnswer(sent, to: incoming)
                #expect(sent.media.allSatisfy { $0.port == 0 })
            }
            mostOffered = max(mostOffered, sent.media.count)
            #expect(leg.mediaCount >= mostOffered)
            #expect(leg.lastSent == sent.bytes)
            #expect(Self.part(sent, sent.origin.user) == "-")
            #expect(Self.part(sent, sent.origin.sessionID) == "\(sessionID)")
            #expect(Self.part(sent, sent.origin.connection) == "IN IP4 10.0.0.1")
            let version = try #require(UInt64(Self.part(sent, sent.origin.version)))
            if let previous {
                let last = try #require(UInt64(Self.part(previous, previous.origin.version)))
                #expect(version == (Self.content(sent) == Self.content(previous) ? last : last + 1))
            } else {
                #expect(version == start)
            }
            previous = sent
        }
    }

    private static func expectAnswer(_ answer: SessionDescription, to offer: SessionDescription) {
        #expect(answer.media.map { part(answer, $0.type) } == offer.media.map { part(offer, $0.type) })
    }
}
