import Testing

@testable import SIP

@Suite("Finding the addresses of a name (RFC 3263)")
struct TargetSearchTests {
    /// A zone: what each question is answered with.
    private typealias Zone = [DNSQuestion: [DNSRecord]]

    private static func address(_ last: UInt32) -> DNSRecord { .address(IPAddress(v4: 0xC000_0200 + last)) }
    private static func srv(_ priority: UInt16, _ weight: UInt16, _ port: UInt16, _ target: String) -> DNSRecord {
        .srv(priority: priority, weight: weight, port: port, target: target)
    }
    private static func naptr(_ order: UInt16, _ service: String, _ replacement: String) -> DNSRecord {
        .naptr(order: order, preference: 1, flags: "s", service: service, replacement: replacement)
    }

    private static let zone: Zone = [
        DNSQuestion("plain.test", .address): [address(1), .address(IPAddress(high: 0x2001_0DB8 << 32, low: 1))],
        DNSQuestion("_sip._udp.srv.test", .srv): [
            srv(20, 0, 5062, "b.srv.test"), srv(10, 0, 5061, "a.srv.test"), srv(30, 0, 5063, "missing.srv.test"),
        ],
        DNSQuestion("_sip._tcp.srv.test", .srv): [srv(10, 0, 5070, "a.srv.test")],
        DNSQuestion("a.srv.test", .address): [address(10)],
        DNSQuestion("b.srv.test", .address): [address(11)],
        DNSQuestion("naptr.test", .naptr): [
            naptr(20, "SIP+D2U", "_sip._udp.srv.test"), naptr(10, "SIP+D2T", "_sip._tcp.srv.test"),
            naptr(5, "E2U+sip", "nonsense.test"), naptr(1, "SIPS+D2T", "_sips._tcp.srv.test"),
        ],
        DNSQuestion("_sip._udp.closed.test", .srv): [srv(0, 0, 0, "")],
        DNSQuestion("closed.test", .address): [address(12)],
    ]

    /// Plays the domain name system for a search; the questions in order, and what was found.
    private func search(
        _ hop: Hop,
        transports: [TransportProtocol] = [.udp, .tcp],
        zone: Zone = zone,
        seed: UInt64 = 1
    ) -> (asked: [String], found: [String]) {
        var search = TargetSearch(hop, transports: transports, random: SeededGenerator(seed: seed))
        var asked: [String] = []
        while let question = search.questions.first {
            asked.append("\(question.kind) \(question.name)")
            search.receive(zone[question] ?? [], to: question)
        }
        return (asked, search.targets.map(\.description))
    }

    @Test("a port in the URI: only addresses are asked for, IPv6 first")
    func port() {
        let (asked, found) = search(Hop(host: "plain.test", port: 5099))
        #expect(asked == ["address plain.test"])
        #expect(found == ["udp:[2001:db8::1]:5099", "udp:192.0.2.1:5099"])
    }

    @Test("a transport in the URI: its SRV records, by priority; hosts without address are left out")
    func transport() {
        let (asked, found) = search(Hop(host: "srv.test", transport: .udp))
        #expect(asked.first == "srv _sip._udp.srv.test")
        #expect(found == ["udp:192.0.2.11:5062", "udp:192.0.2.10:5061"].reversed())
    }

    @Test("nothing in the URI: NAPTR chooses among the transports that we have")
    func naptr() {
        let (asked, found) = search(Hop(host: "naptr.test"))
        #expect(asked.prefix(3) == ["naptr naptr.test", "srv _sip._tcp.srv.test", "srv _sip._udp.srv.test"])
        #expect(found == ["tcp:192.0.2.10:5070", "udp:192.0.2.10:5061", "udp:192.0.2.11:5062"])
    }

    @Test("no NAPTR: SRV of every transport; no SRV either: the addresses of the name itself")
    func fallbacks() {
        #expect(search(Hop(host: "srv.test")).found.first == "udp:192.0.2.10:5061")
        let (asked, found) = search(Hop(host: "plain.test"))
        #expect(
            asked == [
                "naptr plain.test", "srv _sip._udp.plain.test", "srv _sip._tcp.plain.test", "address plain.test",
            ]
        )
        #expect(found == ["udp:[2001:db8::1]:5060", "udp:192.0.2.1:5060"])
        #expect(search(Hop(host: "nothing.test")).found.isEmpty)
    }

    @Test("a service that says it does not exist is believed (RFC 2782)")
    func closed() {
        #expect(search(Hop(host: "closed.test", transport: .udp)).found.isEmpty)
    }

    @Test("sips: needs TLS, and finds nothing where we have none")
    func secure() {
        #expect(search(Hop(host: "srv.test", isSecure: true)).found.isEmpty)
        let zone: Zone = [DNSQuestion("plain.test", .address): [Self.address(1)]]
        let found = search(Hop(host: "plain.test", isSecure: true), transports: [.udp, .tls], zone: zone).found
        #expect(found == ["tls:192.0.2.1:5061"])
    }

    @Test("weights share calls in their proportion, and lose nobody")
    func weights() {
        let zone: Zone = [
            DNSQuestion("_sip._udp.w.test", .srv): [
                Self.srv(1, 90, 1, "a.srv.test"), Self.srv(1, 10, 2, "a.srv.test"), Self.srv(1, 0, 3, "a.srv.test"),
            ],
            DNSQuestion("a.srv.test", .address): [Self.address(10)],
        ]
        var firsts: [String: Int] = [:]
        for seed in 0..<1_000 as Range<UInt64> {
            let found = search(Hop(host: "w.test", transport: .udp), zone: zone, seed: seed).found
            #expect(found.count == 3)
            firsts[found.first ?? "", default: 0] += 1
        }
        #expect((820...960).contains(firsts["udp:192.0.2.10:1"] ?? 0), "\(firsts)")
        #expect((40...170).contains(firsts["udp:192.0.2.10:2"] ?? 0), "\(firsts)")
    }

    @Test(
        "a URI says what there is to look up",
        arguments: [
            ("sip:a@Example.COM.", "example.com - - false"), ("sip:a@h.test:7;transport=tcp", "h.test 7 tcp false"),
            ("sips:a@h.test", "h.test - - true"), ("sip:a@192.0.2.1", "-"), ("sip:a@h.test;transport=ws", "-"),
        ]
    )
    func hops(uri: String, expected: String) throws {
        let hop = try #require(URI(uri)).hop
        let text = hop.map {
            "\($0.host) \($0.port.map(String.init) ?? "-") \($0.transport.map { "\($0)" } ?? "-") \($0.isSecure)"
        }
        #expect((text ?? "-") == expected)
    }
}
