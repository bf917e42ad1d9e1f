import SIP
import Testing

@Suite("Parsed and built again")
struct RoundTripTests {
    /// The message written again from what was read of it: names of known headers in full, unknown ones as they were.
    static func rebuilt(_ message: Message) -> [UInt8] {
        var writer = MessageWriter()
        if let uri = message.requestURI {
            writer.requestLine(named: message.bytes(of: message.methodRange), message.bytes(of: uri))
        } else {
            writer.statusLine(message.status ?? 0)
        }
        for field in message.fields where field.name != .contentLength && field.name != .contentType {
            if field.name == .other {
                writer.field(named: message.copy(of: field.nameRange), message.copy(of: field.value))
            } else {
                writer.field(field.name, message.copy(of: field.value))
            }
        }
        guard !message.body.isEmpty || message.has(.contentType) else { return writer.finish() }
        let type = message.first(.contentType).map { message.copy(of: $0) } ?? []
        return writer.finish(MessageBody(contentType: type, bytes: message.copy(of: message.body)))
    }

    @Test("means the same, header by header", arguments: Torture.all.filter { $0.outcome == .message })
    func roundTrip(torture: Torture) throws {
        let first = try parsed(torture.bytes)
        let second = try parsed(Self.rebuilt(first))
        #expect(second.method == first.method)
        #expect(second.text(of: second.methodRange) == first.text(of: first.methodRange))
        #expect(second.status == first.status)
        #expect(second.requestURI.map(second.text(of:)) == first.requestURI.map(first.text(of:)))
        #expect(second.copy(of: second.body) == first.copy(of: first.body))
        for name in HeaderName.allCases where name != .contentLength {
            #expect(second.values(name) == first.values(name), "\(name)")
        }
        #expect(second.cseq.number == first.cseq.number)
        #expect(second.maxForwards == first.maxForwards)
        #expect(second.from.tag.map(second.text(of:)) == first.from.tag.map(first.text(of:)))
        #expect(second.to.tag.map(second.text(of:)) == first.to.tag.map(first.text(of:)))
        let unknown = first.fields.filter { $0.name == .other }
        #expect(
            second.fields.filter { $0.name == .other }.map { second.text(of: $0.value) }
                == unknown.map { first.text(of: $0.value) }
        )
        // A second time, nothing changes any more.
        #expect(Self.rebuilt(second) == second.bytes)
    }
}
