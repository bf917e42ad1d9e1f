import SIP
import Testing

@Suite("When two URIs mean the same (RFC 3261 section 19.1.4)")
struct URIComparisonTests {
    @Test(
        "The pairs that the RFC calls equivalent, and more",
        arguments: [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x"
            ),
            ("sip:a@[2001:DB8::1]", "sip:a@[2001:db8:0::1]"), ("tel:+1-201-555-0123", "tel:+12015550123"),
            ("urn:service:sos", "urn:service:sos"), ("sip:a@x.com;p=1;p", "sip:a@x.com;P=1;P"),
        ]
    )
    func equivalent(a: String, b: String) throws {
        let (a, b) = (try #require(URI(a)), try #require(URI(b)))
        #expect(a.isEquivalent(to: b))
        #expect(b.isEquivalent(to: a))
    }

    @Test(
        "The pairs that the RFC calls different, and more",
        arguments: [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:a@x.com;security=on", "sip:a@x.com;security=off"),
            ("sip:a@x.com;p=1;p", "sip:a@x.com;p;p=1"), ("sip:a@x.com", "sips:a@x.com"),
            ("sip:a:one@x.com", "sip:a:two@x.com"), ("sip:a@x.com", "sip:x.com"),
            ("tel:+12015550123", "tel:+12015550124"), ("urn:service:sos", "urn:service:fire"),
        ]
    )
    func different(a: String, b: String) throws {
        let (a, b) = (try #require(URI(a)), try #require(URI(b)))
        #expect(!a.isEquivalent(to: b))
        #expect(!b.isEquivalent(to: a))
    }
}
