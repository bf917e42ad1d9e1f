import SIP
import Testing

@testable import Transport

@Suite("Whom a certificate is for (RFC 5922)")
struct PeerIdentityTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let names: [PeerIdentity.Name]
        let domain: String
        let isFor: Bool
        let testDescription: String

        init(_ testDescription: String, _ names: [PeerIdentity.Name], _ domain: String, _ isFor: Bool) {
            self.names = names
            self.domain = domain
            self.isFor = isFor
            self.testDescription = testDescription
        }
    }

    static let rows = [
        Row("a DNS name", [.dns("example.com")], "example.com", true),
        Row("in whatever case, dot or not", [.dns("Example.COM")], "example.com.", true),
        Row("another name", [.dns("example.org")], "example.com", false),
        Row("the name below", [.dns("sip.example.com")], "example.com", false),
        Row("one of several", [.dns("example.org"), .dns("example.com")], "example.com", true),
        Row("a wildcard matches nothing (7.2)", [.dns("*.example.com")], "sip.example.com", false),
        Row("nor itself", [.dns("*.example.com")], "*.example.com", false),
        Row("a SIP domain", [.uri("sip:example.com")], "example.com", true),
        Row(
            "beside which DNS names do not count (7.1)",
            [.uri("sip:example.org"), .dns("example.com")],
            "example.com",
            false
        ),
        Row("a person is no domain", [.uri("sip:anna@example.com")], "example.com", false),
        Row("nor hides DNS names", [.uri("sip:anna@example.com"), .dns("example.com")], "example.com", true),
        Row("another scheme is none either", [.uri("https://example.com"), .dns("a.test")], "example.com", false),
        Row("no name at all", [], "example.com", false),
        Row("an address is no domain", [.address([192, 0, 2, 1])], "example.com", false),
    ]

    @Test("a domain", arguments: rows)
    func domain(row: Row) {
        #expect(PeerIdentity(names: row.names).isFor(domain: row.domain) == row.isFor)
    }

    @Test("an address is in the certificate as such, or as a SIP URI")
    func address() throws {
        let four = IPAddress(v4: 0xC000_0201)
        let six = try #require(IPAddress("2001:db8::1"))
        let bytes: [UInt8] = [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        #expect(PeerIdentity(names: [.address([192, 0, 2, 1])]).isFor(address: four))
        #expect(PeerIdentity(names: [.address(bytes)]).isFor(address: six))
        #expect(PeerIdentity(names: [.uri("sip:192.0.2.1")]).isFor(address: four))
        #expect(!PeerIdentity(names: [.address([192, 0, 2, 2])]).isFor(address: four))
        #expect(!PeerIdentity(names: [.address([192, 0, 2])]).isFor(address: four))
        #expect(!PeerIdentity(names: [.dns("192.0.2.1")]).isFor(address: four))
    }

    @Test("numbers of names hold, and there is a bound")
    func numbers() {
        let domains = DomainNames(limit: 2)
        #expect(domains.number(of: "a.test") == 1)
        #expect(domains.number(of: "b.test") == 2)
        #expect(domains.number(of: "c.test") == nil)
        #expect(domains.number(of: "a.test") == 1)
        #expect(domains.name(of: 2) == "b.test")
        #expect(domains.name(of: 0) == nil)
        #expect(domains.name(of: 3) == nil)
    }
}
