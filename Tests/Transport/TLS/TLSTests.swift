import Patience
import CertificateFixture
import Foundation
import SIP
import Testing

@testable import Transport

private let loopback = IPAddress(v4: 0x7F00_0001)
private let tls = Endpoint(address: loopback, port: 0, transport: .tls)

@Suite("SIP over TLS", .timeLimit(.minutes(5)))
struct TLSTests {
    private static let request = "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n"
    private static let response = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"

    private let authority: CertificateAuthority

    init() throws { authority = try CertificateAuthority() }

    /// What a peer with a certificate for these names has, who trusts the authority of this test.
    private func settings(_ name: String, for names: String) throws -> TLSSettings {
        let identity = try authority.issue(name, for: names)
        var settings = TLSSettings()
        settings.certificate = identity.certificate
        settings.privateKey = identity.key
        settings.trustRoots = authority.roots
        return settings
    }

    /// Where a bench listens, as a name has led there.
    private func place(of there: NetworkBench, calledBy here: NetworkBench, as name: String? = nil) -> Endpoint {
        var place = there.network.listeners[0].local
        place.domain = name.flatMap { here.network.domains.number(of: $0) } ?? 0
        return place
    }

    /// Waits until the counters of a bench are as expected: they follow what the peer sees.
    private func count(_ bench: NetworkBench, _ isExpected: (StreamCounters) -> Bool) async throws -> Bool {
        try await eventually("the counters to be as expected") { isExpected(bench.network.streamCounters) }
        return true
    }

    @Test(
        "a peer is called by name or by address, IPv6 or not, and answers on the same connection",
        arguments: [
            ("DNS:peer.test", "peer.test", "127.0.0.1"), ("URI:sip:peer.test", "peer.test", "127.0.0.1"),
            ("IP:127.0.0.1", nil, "127.0.0.1"), ("IP:::1", nil, "::1"), ("DNS:peer.test", "peer.test", "::1"),
        ]
    )
    func call(certificate: String, name: String?, address: String) async throws {
        let tls = Endpoint(address: try #require(IPAddress(address)), port: 0, transport: .tls)
        let ours = try await NetworkBench([tls], tls: settings("ours", for: "DNS:ours.test"))
        let theirs = try await NetworkBench([tls], tls: settings("theirs", for: certificate))
        let there = place(of: theirs, calledBy: ours, as: name)
        for _ in 0..<3 {
            try await ours.send(Self.request, to: there)
            guard case .received(Self.request, let from, _) = await theirs.next() else {
                Issue.record("no request came")
                return
            }
            #expect(from.transport == .tls)
            try await theirs.send(Self.response, to: from)
            #expect(await ours.next() == .received(Self.response, from: there, on: ListenerID(0)))
        }
        #expect(theirs.network.streamCounters.accepted == 1)
        #expect(ours.network.streamCounters.connected == 1)
        try await ours.close()
        try await theirs.close()
    }

    @Test("roots may be a folder of files, whatever they are called, with others beside them")
    func folderOfRoots() async throws {
        let folder = URL(fileURLWithPath: authority.path("roots"))
        let empty = folder.appendingPathComponent("empty")
        try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
        for (name, text) in [
            ("our-root.crt", try Data(contentsOf: URL(fileURLWithPath: authority.roots))), ("note", Data("x".utf8)),
        ] {
            try text.write(to: folder.appendingPathComponent(name))
        }
        var own = try settings("ours", for: "DNS:ours.test")
        own.trustRoots = folder.path
        let ours = try await NetworkBench([tls], tls: own)
        let theirs = try await NetworkBench([tls], tls: settings("theirs", for: "IP:127.0.0.1"))
        try await ours.send(Self.request, to: place(of: theirs, calledBy: ours))
        guard case .received(Self.request, _, _) = await theirs.next() else {
            Issue.record("no request came")
            return
        }
        try await ours.close()
        try await theirs.close()
        own.trustRoots = empty.path
        let problem = #expect(throws: TLSProblem.self) { try own.check() }
        #expect(
            problem?.description
                == "sip.tls.trust_roots: \(empty.path): no certificates in PEM can be read in its files"
        )
    }

    @Test(
        "a peer with a certificate for somebody else is not reached, and hears nothing",
        arguments: [("DNS:other.test", "peer.test"), ("DNS:*.test", "peer.test"), ("DNS:peer.test", nil)]
    )
    func somebodyElse(certificate: String, name: String?) async throws {
        let ours = try await NetworkBench([tls], tls: settings("ours", for: "DNS:ours.test"))
        let theirs = try await NetworkBench([tls], tls: settings("theirs", for: certificate))
        let there = place(of: theirs, calledBy: ours, as: name)
        try await ours.send(Self.request, to: there)
        #expect(await ours.next() == .unreachable(there))
        #expect(try await count(ours) { $0.handshakeFailures == 1 && $0.connected == 0 })
        #expect(theirs.network.streamCounters.received == 0)
        try await ours.close()
        try await theirs.close()
    }

    @Test(
        "a certificate that leads to no root of ours is none, unless servers need not be verified",
        arguments: [true, false]
    )
    func stranger(verifies: Bool) async throws {
        let elsewhere = try CertificateAuthority()
        let identity = try elsewhere.issue("theirs", for: "IP:127.0.0.1")
        var foreign = TLSSettings()
        foreign.certificate = identity.certificate
        foreign.privateKey = identity.key
        var own = try settings("ours", for: "DNS:ours.test")
        own.verifiesServers = verifies
        let ours = try await NetworkBench([tls], tls: own)
        let theirs = try await NetworkBench([tls], tls: foreign)
        let there = place(of: theirs, calledBy: ours)
        try await ours.send(Self.request, to: there)
        if verifies {
            #expect(await ours.next() == .unreachable(there))
            #expect(try await count(ours) { $0.handshakeFailures == 1 })
        } else {
            guard case .received(Self.request, _, _) = await theirs.next() else {
                Issue.record("no request came")
                return
            }
        }
        try await ours.close()
        try await theirs.close()
    }

    @Test("where clients must have certificates, one whose certificate leads nowhere is not heard")
    func clients() async throws {
        let elsewhere = try CertificateAuthority()
        let identity = try elsewhere.issue("ours", for: "IP:127.0.0.1")
        var foreign = TLSSettings()
        foreign.certificate = identity.certificate
        foreign.privateKey = identity.key
        foreign.trustRoots = authority.roots
        var own = try settings("theirs", for: "IP:127.0.0.1")
        own.verifiesClients = true
        let theirs = try await NetworkBench([tls], tls: own)
        let stranger = try await NetworkBench([tls], tls: foreign)
        let friend = try await NetworkBench([tls], tls: settings("friend", for: "DNS:friend.test"))
        let there = place(of: theirs, calledBy: stranger)
        try await stranger.send(Self.request, to: there)
        #expect(await stranger.next() == .unreachable(there))
        try await friend.send(Self.request, to: there)
        guard case .received(Self.request, _, _) = await theirs.next() else {
            Issue.record("no request came")
            return
        }
        #expect(try await count(theirs) { $0.handshakeFailures == 1 })
        #expect(theirs.network.streamCounters.received == 1)
        for bench in [theirs, stranger, friend] { try await bench.close() }
    }

    @Test("who does not finish the handshake, or begins none, is dropped and counted", arguments: ["", request])
    func unfinished(said: String) async throws {
        var limits = StreamSettings()
        limits.handshakeTimeout = 100
        let bench = try await NetworkBench([tls], settings: limits, tls: settings("ours", for: "IP:127.0.0.1"))
        let peer = try StreamPeer(connectingTo: bench.network.listeners[0].local.port)
        peer.send(said)
        var heard = peer.receive()
        // TLS may say why before it goes.
        while let text = heard, !text.isEmpty { heard = peer.receive() }
        #expect(heard == "")
        #expect(try await count(bench) { $0.handshakeFailures == 1 && $0.connections == 0 })
        #expect(bench.network.streamCounters.received == 0)
        try await bench.close()
    }

    @Test("a reload counts for new handshakes, connections go on, and what cannot be used changes nothing")
    func reload() async throws {
        let theirs = try await NetworkBench([tls], tls: settings("old", for: "DNS:old.test"))
        let first = try await NetworkBench([tls], tls: settings("first", for: "DNS:first.test"))
        let asBefore = place(of: theirs, calledBy: first, as: "old.test")
        func isHeard(_ bench: NetworkBench, at place: Endpoint) async throws -> Bool {
            try await bench.send(Self.request, to: place)
            if case .received(Self.request, _, _) = await theirs.next() { return true }
            return false
        }
        #expect(try await isHeard(first, at: asBefore))

        let renewed = try settings("new", for: "DNS:new.test")
        try theirs.network.reloadTLS(renewed)
        #expect(try await isHeard(first, at: asBefore), "the connection stands")
        let second = try await NetworkBench([tls], tls: settings("second", for: "DNS:second.test"))
        #expect(try await isHeard(second, at: place(of: theirs, calledBy: second, as: "new.test")))

        var broken = renewed
        broken.certificate = authority.path("missing.pem")
        #expect(throws: TLSProblem.self) { try theirs.network.reloadTLS(broken) }
        let third = try await NetworkBench([tls], tls: settings("third", for: "DNS:third.test"))
        #expect(try await isHeard(third, at: place(of: theirs, calledBy: third, as: "new.test")))
        #expect(theirs.network.streamCounters.accepted == 3)
        for bench in [theirs, first, second, third] { try await bench.close() }
    }

    @Test("files that cannot be used are named, with the reason")
    func problems() async throws {
        let good = try settings("good", for: "DNS:good.test")
        let other = try settings("other", for: "DNS:other.test")
        let missing = authority.path("missing")
        let nonsense = authority.path("nonsense")
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: nonsense))
        func problem(_ change: (inout TLSSettings) -> Void) async -> String {
            var settings = good
            change(&settings)
            do {
                let bench = try await NetworkBench([tls], tls: settings)
                try await bench.close()
                return "none"
            } catch {
                return "\(error)"
            }
        }
        #expect(await problem { _ in } == "none")
        #expect(
            await problem { $0.certificate = missing }
                == "sip.tls.certificate: \(missing): No such file or directory"
        )
        #expect(
            await problem { $0.certificate = nonsense }
                == "sip.tls.certificate: \(nonsense): no certificates in PEM can be read there"
        )
        #expect(
            await problem { $0.privateKey = nonsense }
                == "sip.tls.private_key: \(nonsense): no private key in PEM, without a passphrase, can be read there"
        )
        #expect(
            await problem { $0.privateKey = other.privateKey }
                == "sip.tls.private_key: \(other.privateKey ?? ""): is not the key of the certificate"
        )
        #expect(
            await problem { $0.trustRoots = nonsense }
                == "sip.tls.trust_roots: \(nonsense): no certificates in PEM can be read there"
        )
        #expect(
            await problem { $0.certificate = nil }
                == "sip.tls.certificate: (none): is needed for tls: in sip.listen"
        )
    }
}
