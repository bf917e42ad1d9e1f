import SIP
import Testing

@Suite("Hostile bytes")
struct MutationTests {
    static let seeds: [[UInt8]] =
        [wire(Sample.invite), wire(Sample.response), wire(SessionBodyTests.nested)]
        + Torture.all.map(\.bytes)

    /// What a mutation may put in: separators, ends of lines, and anything.
    private static let poison = Array("\r\n\t \"\\<>;,:=@[]/?%&()0123456789ZSIP-\0\u{7F}".utf8)

    private static func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[position] = poison.randomElement(using: &generator) ?? 0
            case 2: bytes.insert(poison.randomElement(using: &generator) ?? 0, at: position)
            case 3: bytes.remove(at: position)
            case 4: bytes.removeSubrange(position..<min(bytes.count, position + 40))
            default: bytes.insert(contentsOf: bytes[position..<min(bytes.count, position + 60)], at: position)
            }
        }
        if Int.random(in: 0..<10, using: &generator) == 0 {
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
        }
        return bytes
    }

    /// Reads everything that can be read of a message and answers it; the size of it all, so that nothing is
    /// optimised away.
    private static func exercise(_ message: Message) throws -> Int {
        var size = message.fields.count
        for name in HeaderName.allCases {
            for value in message.values(of: name) {
                size += value.count
                if let address = try? message.address(in: value) {
                    size += address.displayNameText(in: message.bytes).count
                    size += (try? message.ownedURI(address.uri))?.user?.count ?? 0
                    for parameter in message.parameters(in: address.parameters) { size += parameter.range.count }
                }
            }
            size += Int(message.number(name) ?? 0) & 1
        }
        if case .sdp(let range) = message.sessionBody(),
            let description = try? SessionDescription(parsing: message.bytes(of: range))
        {
            var continuity = SDPContinuity(sessionID: 1, address: IPAddress(v4: 1))
            continuity.received(description)
            size += continuity.offer(relaying: description).count
            size += continuity.answer(relaying: description, to: description).count
            size += continuity.refusal(of: description).count
            for media in description.media { size += Int(description.direction(of: media).rawValue) }
            for body in [continuity.lastSent].compactMap(\.self) { _ = try SessionDescription(parsing: body) }
        }
        guard message.isRequest else { return size }
        let source = Endpoint(address: IPAddress(v4: 0x0102_0304), port: 5)
        let response = makeResponse(to: message, source: source, status: 200, toTag: Array("t".utf8))
        // What we answer to a message that we took must itself be one.
        let answer = try parsed(response)
        guard answer.bytes[answer.callID].elementsEqual(message.bytes[message.callID]), answer.to.tag != nil,
            answer.values(of: .via).map({ _ in 0 }).count == message.values(of: .via).map({ _ in 0 }).count
        else { throw NoMessage(description: "the answer does not fit: \(text(response))") }
        return size + response.count
    }

    @Test("20,000 mutations of messages neither trap nor yield a message that cannot be answered")
    func mutations() {
        var generator = SeededGenerator(seed: 0x51_50)
        var outcomes = (messages: 0, refusable: 0, hopeless: 0)
        for round in 0..<20_000 {
            // Every other round starts from an ordinary message: odd ones rarely stay valid.
            let original = Self.seeds[round % (round % 2 == 0 ? 3 : Self.seeds.count)]
            let bytes = Self.mutated(original, using: &generator)
            switch Message.parse(bytes) {
            case .message(let message):
                outcomes.messages += 1
                do {
                    _ = try Self.exercise(message)
                } catch {
                    Issue.record("round \(round): \(error)\n\(text(bytes))")
                }
            case .refusable(let request, let error):
                outcomes.refusable += 1
                let source = Endpoint(address: IPAddress(v4: 0x0102_0304), port: 5)
                let response = makeResponse(to: request, source: source, status: error.status, toTag: [0x74])
                if !text(response).hasPrefix("SIP/2.0 ") || error.description.isEmpty {
                    Issue.record("round \(round): no refusal")
                }
            case .hopeless: outcomes.hopeless += 1
            }
        }
        // All three ways were taken, so the test reached behind each of them.
        #expect(outcomes.messages > 2_000)
        #expect(outcomes.refusable > 2_000)
        #expect(outcomes.hopeless > 1_000)
    }

    @Test("Every truncation of a message is handled")
    func truncations() {
        for bytes in Self.seeds {
            for length in 0..<bytes.count {
                guard case .message(let message) = Message.parse(Array(bytes[..<length])) else { continue }
                #expect(throws: Never.self) { try Self.exercise(message) }
            }
        }
    }
}
