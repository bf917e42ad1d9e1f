/// Where text does not follow the grammar, and what should have been there.
package struct GrammarError: Error, Sendable {
    /// Offset in the buffer that was parsed.
    package let offset: Int
    /// What was expected at that offset: the object of "expected …".
    package let expected: StaticString

    init(_ offset: Int, _ expected: StaticString) {
        self.offset = offset
        self.expected = expected
    }
}

extension GrammarError: CustomStringConvertible {
    package var description: String { "at byte \(offset): expected \(expected)" }
}
