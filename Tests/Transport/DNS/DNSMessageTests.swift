import SIP
import Testing

@testable import Transport

@Suite("Reading DNS messages (RFC 1035)")
struct DNSMessageTests {
    /// `_sip._udp.x.test` SRV, answered with one record whose target points back into the question.
    private static let srvMessage: [UInt8] =
        [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]
        + [4] + Array("_sip".utf8) + [4] + Array("_udp".utf8) + [1, 0x78, 4] + Array("test".utf8) + [0, 0, 33, 0, 1]
        + [0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 10, 0, 5, 0, 7, 0x13, 0xC4, 1, 0x41, 0xC0, 22]

    private static let naptrMessage: [UInt8] =
        [0, 1, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 0]
        + [0, 0, 35, 0, 1, 0, 0, 1, 0, 0, 23, 0, 10, 0, 20, 1, 0x73, 7] + Array("SIP+D2U".utf8)
        + [0, 1, 0x78, 4] + Array("test".utf8) + [0]

    @Test("SRV with a compressed target, in lower case")
    func srv() {
        #expect(
            DNSMessage(Self.srvMessage).answers == [
                .init(record: .srv(priority: 5, weight: 7, port: 5_060, target: "a.x.test"), timeToLive: 60)
            ]
        )
    }

    @Test("NAPTR")
    func naptr() {
        let record = DNSRecord.naptr(
            order: 10,
            preference: 20,
            flags: "s",
            service: "SIP+D2U",
            replacement: "x.test"
        )
        #expect(DNSMessage(Self.naptrMessage).answers == [.init(record: record, timeToLive: 256)])
    }

    @Test(
        "whatever is cut off or points anywhere is read as far as it makes sense",
        arguments: [srvMessage, naptrMessage]
    )
    func broken(message: [UInt8]) {
        for length in message.indices { #expect(DNSMessage(Array(message[..<length])).answers.isEmpty) }
        for index in message.indices {
            for value in [0, 0xC0, 0xFF] as [UInt8] {
                var changed = message
                changed[index] = value
                #expect(DNSMessage(changed).answers.count <= 64)
            }
        }
    }
}
