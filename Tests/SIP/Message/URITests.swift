import SIP
import Testing

@Suite("URIs")
struct URITests {
    struct Expected: Sendable, CustomTestStringConvertible {
        var uri: String
        var scheme: URIRanges.Scheme
        var user: String?
        var password: String?
        var host = ""
        var port: UInt16?
        var parameters = ""
        var headers = ""

        var testDescription: String { uri }
    }

    static let valid = [
        Expected(uri: "sip:example.com", scheme: .sip, host: "example.com"),
        Expected(uri: "sip:alice@example.com", scheme: .sip, user: "alice", host: "example.com"),
        Expected(uri: "SIP:Alice@Example.COM:5070", scheme: .sip, user: "Alice", host: "Example.COM", port: 5070),
        Expected(uri: "sips:a:b@192.0.2.1:0", scheme: .sips, user: "a", password: "b", host: "192.0.2.1", port: 0),
        Expected(uri: "sip:a:@h", scheme: .sip, user: "a", password: "", host: "h"),
        Expected(
            uri: "sip:x@[2001:db8::1]:5060;transport=tcp;lr?Subject=a%20b",
            scheme: .sip,
            user: "x",
            host: "[2001:db8::1]",
            port: 5060,
            parameters: ";transport=tcp;lr",
            headers: "Subject=a%20b"
        ),
        Expected(
            uri: "sip:user;par=u%40example.net@example.com",
            scheme: .sip,
            user: "user;par=u%40example.net",
            host: "example.com"
        ),
        Expected(uri: "sip:*31#123@h", scheme: .sip, user: "*31#123", host: "h"),
        Expected(uri: "sip:h_1;maddr=[::1]", scheme: .sip, host: "h_1", parameters: ";maddr=[::1]"),
        Expected(uri: "sip:h?a=b&c=d", scheme: .sip, host: "h", headers: "a=b&c=d"),
        Expected(
            uri: "tel:+1-201-555-0123;phone-context=example.com",
            scheme: .tel,
            user: "+1-201-555-0123",
            parameters: ";phone-context=example.com"
        ),
        Expected(uri: "http://www.example.com", scheme: .other),
        Expected(uri: "soap.beep://192.0.2.103:3002", scheme: .other),
    ]

    @Test("A URI is taken apart", arguments: valid)
    func parts(expected: Expected) throws {
        let uri = try URI(parsing: Array(expected.uri.utf8))
        func part(_ range: ByteRange?) -> String? { range.map { text(uri.bytes[$0]) } }
        #expect(uri.scheme == expected.scheme)
        #expect(part(uri.parts.user) == expected.user)
        #expect(part(uri.parts.password) == expected.password)
        #expect(part(uri.parts.host) == expected.host)
        #expect(uri.port == expected.port)
        #expect(part(uri.parts.parameters) == expected.parameters)
        #expect(part(uri.parts.headers) == expected.headers)
        #expect(uri.description == expected.uri)
    }

    @Test(
        "What is no URI says where and why",
        arguments: [
            ("", 0, "a URI such as sip:user@host"),
            ("alice@example.com", 0, "a URI such as sip:user@host"),
            (":h", 0, "a URI such as sip:user@host"),
            ("1sip:h", 0, "a URI such as sip:user@host"),
            ("sip:", 4, "a host name or an address"),
            ("sip:@h", 4, "a user before '@'"),
            ("sip:a b@h", 5, "a character that a user part may have"),
            ("sip:a%4@h", 5, "two hexadecimal digits after '%'"),
            ("sip:a%zz@h", 5, "two hexadecimal digits after '%'"),
            ("sip:a:b:c@h", 7, "a character that a password may have"),
            ("sip:a@", 6, "a host name or an address"),
            ("sip:a@h@i", 7, "':port', ';parameter', '?header' or the end of the URI"),
            ("sip:h:", 6, "a port from 0 to 65535"),
            ("sip:h:65536", 6, "a port from 0 to 65535"),
            ("sip:h:99999999999999999999999", 6, "a port from 0 to 65535"),
            ("sip:[::1", 8, "an IPv6 address in brackets"),
            ("sip:[]", 5, "an IPv6 address in brackets"),
            ("sip:h;", 6, "the name of a URI parameter after ';'"),
            ("sip:h;a=", 8, "a value after '='"),
            ("sip:h;;b", 6, "the name of a URI parameter after ';'"),
            ("sip:h x", 5, "':port', ';parameter', '?header' or the end of the URI"),
            ("sip:h?a=<b>", 8, "a character that a header of a URI may have"),
            ("tel:", 4, "a telephone number"),
            ("x:", 2, "something after the scheme"),
            ("x:a b", 3, "a character that a URI may have"),
        ]
    )
    func refused(uri: String, offset: Int, expected: String) {
        #expect(URI(uri) == nil)
        let error = #expect(throws: GrammarError.self) { try URI(parsing: Array(uri.utf8)) }
        #expect(error?.offset == offset)
        #expect(error.map { "\($0.expected)" } == expected)
    }

    @Test("The user part is unescaped, broken escapes stay")
    func unescape() {
        #expect(URI("sip:%75se%72%00@h")?.user == Array("user\0".utf8))
        #expect(URI("sip:h")?.user == nil)
        #expect(unescaped(Array("a%4".utf8)[...]) == Array("a%4".utf8))
        #expect(unescaped(Array("%%41%".utf8)[...]) == Array("%A%".utf8))
    }

    @Test(
        "Parameters are found by name, whatever its case",
        arguments: [
            ("transport", "TCP"), ("TRANSPORT", "TCP"), ("lr", ""), ("x", "a;not"), ("missing", nil), ("trans", nil),
        ] as [(String, String?)]
    )
    func parameters(name: String, value: String?) throws {
        let uri = try #require(URI("sip:u@h;Transport=TCP;lr;x=a%3Bnot?transport=udp"))
        let found: ArraySlice<UInt8>? =
            switch name {
            case "transport": uri.parameter(named: "transport")
            case "TRANSPORT": uri.parameter(named: "TRANSPORT")
            case "lr": uri.parameter(named: "lr")
            case "x": uri.parameter(named: "x")
            case "trans": uri.parameter(named: "trans")
            default: uri.parameter(named: "missing")
            }
        #expect(found.map { text(unescaped($0)) } == value)
    }

    @Test("Host address, transport and loose routing")
    func conveniences() {
        #expect(URI("sip:192.0.2.7")?.hostAddress == IPAddress("192.0.2.7"))
        #expect(URI("sip:[2001:db8::2]")?.hostAddress == IPAddress("2001:db8::2"))
        #expect(URI("sip:example.com")?.hostAddress == nil)
        #expect(URI("sip:h;transport=tls")?.transport == .tls)
        #expect(URI("sip:h;transport=ws")?.transport == nil)
        #expect(URI("sip:h;lr")?.isLooseRouter == true)
        #expect(URI("sip:h;lru")?.isLooseRouter == false)
    }
}
