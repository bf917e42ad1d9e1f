import Testing

@testable import SIP

/// A dialog over TLS with a peer who has a name, over a restart of the user agent (RFC 5922).
@Suite("A named TLS peer and a restart")
struct KeptNamesTests {
    private static let local = IPAddress(v4: 0xC000_0201)
    private static let there = Endpoint(address: IPAddress(v4: 0xC633_6407), port: 5061, transport: .tls)

    /// A user agent that knows names by these numbers.
    private func userAgent(_ names: [UInt32: String]) -> UserAgent {
        UserAgent(
            configuration: UserAgentConfiguration(
                listeners: [
                    .init(endpoint: Endpoint(address: Self.local, port: 5060)),
                    .init(endpoint: Endpoint(address: Self.local, port: 5061, transport: .tls)),
                ],
                peerNames: .init(name: { names[$0] }, number: { name in names.first { $0.value == name }?.key })
            ),
            random: SeededGenerator(seed: 5)
        )
    }

    private func sent(_ agent: inout UserAgent) -> [Outgoing] {
        var out: [Outgoing] = []
        agent.drainDatagrams(into: &out)
        return out
    }

    /// A call to a name that has led to number 7, answered.
    private func established(_ uri: String) throws -> KeptLeg {
        var agent = userAgent([7: "anna.example.com"])
        var place = Self.there
        place.domain = 7
        let invitation = Invitation(
            target: try #require(URI(uri)),
            fromURI: Array("sip:a@b".utf8),
            displayName: "",
            offer: try UserAgentBench.description(),
            owner: 1
        )
        let called = agent.invite(invitation, now: 1_000)
        let leg = try #require(called)
        var lookups: [Lookup] = []
        agent.drainLookups(into: &lookups)
        let lookup = try #require(lookups.first)
        agent.located(lookup.id, targets: [place], now: 1_000)
        let first = sent(&agent).first
        let invite = try #require(first)
        let inviting = agent.kept(leg)
        #expect(inviting?.outgoing?.invite.destination.domain == 1)
        guard case .message(let request) = Message.parse(invite.bytes) else { throw UserAgentBenchError() }
        let body = UserAgentBench.body(version: 1)
        let ok = makeResponse(
            to: request,
            source: place,
            status: 200,
            toTag: Array("remote".utf8),
            body: .sdp(Array(body.utf8))
        ) { writer in
            writer.field(.contact, Array("<sip:anna@198.51.100.7:5061;transport=tls>".utf8))
        }
        guard case .message(let response) = Message.parse(ok) else { throw UserAgentBenchError() }
        agent.receive(response, from: place, on: ListenerID(1), now: 1_100)
        agent.acknowledge(leg, relaying: nil, now: 1_100)
        let kept = agent.kept(leg)
        return try #require(kept)
    }

    private struct UserAgentBenchError: Error {}

    @Test("what the next one sends goes to who shows the same name, whatever its number is by then")
    func renumbered() throws {
        let kept = try established("sip:anna.example.com;transport=tls")
        #expect(kept.names == ["anna.example.com"])
        #expect(kept.heardFrom?.domain == 1)
        var next = userAgent([7: "somebody.else", 9: "anna.example.com"])
        next.restore([(kept, 1)], now: 5_000)
        next.hangUp(kept.id, status: 480, now: 5_000)
        let out = sent(&next)
        #expect(out.map { String(decoding: $0.bytes.prefix(4), as: UTF8.self) } == ["ACK ", "BYE "])
        #expect(out.map(\.destination.domain) == [9, 9])
    }

    @Test("a name for which there is no number is not taken for anybody: the peer must show his address")
    func unknown() throws {
        let kept = try established("sip:anna.example.com;transport=tls")
        var next = userAgent([:])
        next.restore([(kept, 1)], now: 5_000)
        next.hangUp(kept.id, status: 480, now: 5_000)
        let out = sent(&next)
        #expect(out.map(\.destination) == [Self.there, Self.there])
    }

    @Test("a dialog that began with sips: has a Contact that says so, afterwards as well", arguments: [true, false])
    func secure(isSecure: Bool) throws {
        let kept = try established(isSecure ? "sips:anna.example.com" : "sip:anna.example.com;transport=tls")
        #expect(kept.isSecure == isSecure)
        var next = userAgent([3: "anna.example.com"])
        next.restore([(kept, 1)], now: 5_000)
        _ = sent(&next)
        let offer = try UserAgentBench.description(port: 4_444)
        _ = next.reinvite(kept.id, relaying: offer, retriesOnGlare: true, now: 5_000)
        let first = sent(&next).first
        let invite = String(decoding: try #require(first).bytes, as: UTF8.self)
        #expect(invite.contains("\r\nContact: <sips:192.0.2.1:5061>\r\n") == isSecure)
    }
}
