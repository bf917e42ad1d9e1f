import SIP
import Testing

@Suite("Tokens of branches, tags and Call-IDs")
struct TokenTests {
    @Test(
        "A token is 32 lower-case hexadecimal digits and reads back",
        arguments: [
            (Token(slot: 0, generation: 0, nonce: 0), "00000000000000000000000000000000"),
            (Token(slot: 1, generation: 2, nonce: 0xDEAD_BEEF), "000000010000000200000000deadbeef"),
            (Token(slot: .max, generation: .max, nonce: .max), "ffffffffffffffffffffffffffffffff"),
            (
                Token(slot: 0x1234_5678, generation: 0x9ABC_DEF0, nonce: 0x0123_4567_89AB_CDEF),
                "123456789abcdef00123456789abcdef"
            ),
        ]
    )
    func roundTrip(token: Token, digits: String) {
        #expect(text(token.bytes) == digits)
        #expect(Token(parsing: Array(digits.utf8)) == token)
    }

    @Test(
        "Anything else is no token",
        arguments: [
            "", "0", "0000000000000000000000000000000", "000000000000000000000000000000000",
            "0000000000000000000000000000000A", "0000000000000000000000000000000g", "-000000000000000000000000000000f",
        ]
    )
    func refused(digits: String) {
        #expect(Token(parsing: Array(digits.utf8)) == nil)
    }
}

@Suite("The seeded generator")
struct SeededGeneratorTests {
    @Test("The same seed gives the same numbers, another seed others")
    func deterministic() {
        var first = SeededGenerator(seed: 7)
        var second = SeededGenerator(seed: 7)
        var other = SeededGenerator(seed: 8)
        let numbers = (0..<100).map { _ in first.next() }
        #expect(numbers == (0..<100).map { _ in second.next() })
        #expect(numbers != (0..<100).map { _ in other.next() })
        #expect(Set(numbers).count == 100)
    }

    @Test("It is ChaCha8: the known key stream of the zero key")
    func knownAnswer() {
        var generator = SeededGenerator(key: (0, 0, 0, 0))
        // Test vector TC1 of draft-strombergson-chacha-test-vectors: 3e00ef2f895f40d6 7f5bb8e81f09a5a1 ….
        #expect(generator.next() == 0xD640_5F89_2FEF_003E)
        #expect(generator.next() == 0xA1A5_091F_E8B8_5B7F)
    }

    @Test("Bits are set half of the time")
    func balanced() {
        var generator = SeededGenerator(seed: 1)
        let ones = (0..<10_000).reduce(0) { sum, _ in sum + generator.next().nonzeroBitCount }
        #expect(abs(ones - 320_000) < 4_000)
    }
}
