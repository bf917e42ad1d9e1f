extension Field {
    /// Text of any kind but none.
    func text(_ what: String, expected: String) -> String? {
        guard let scalar, !isNull, !scalar.isEmpty else {
            return complain(not: what, expected: expected)
        }
        return scalar
    }

    /// `true` or `false`, or what else YAML 1.1 has for them, the version that most people have in their fingers.
    func flag() -> Bool? {
        switch scalar {
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": true
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": false
        default: complain(not: "a switch", expected: "true or false")
        }
    }

    /// A whole number in decimal.
    func whole(_ range: ClosedRange<Int>) -> Int? {
        guard let text = scalar, let number = Self.digits(text), range.contains(number) else {
            return complain(
                about: "a whole number",
                allowsDecimals: false,
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// A whole number in a range, or 0, which switches something off.
    func wholeOrNothing(_ range: ClosedRange<Int>) -> Int? {
        guard let text = scalar, let number = Self.digits(text), number == 0 || range.contains(number) else {
            return complain(
                about: "a whole number",
                allowsDecimals: false,
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound), or 0 for none"
            )
        }
        return number
    }

    /// Seconds in a range, or 0, which switches something off.
    func secondsOrNothing(_ range: ClosedRange<Configuration.Milliseconds>) -> Configuration.Milliseconds? {
        guard let text = scalar, let time = Self.milliseconds(text), time == 0 || range.contains(time) else {
            return complain(
                about: "a duration",
                allowsDecimals: true,
                expected: "seconds from \(range.lowerBound / 1_000) to \(range.upperBound / 1_000), or 0 for never"
            )
        }
        return time
    }

    /// Seconds, whole or with up to three decimals, as milliseconds.
    func seconds(_ range: ClosedRange<Configuration.Milliseconds>) -> Configuration.Milliseconds? {
        guard let text = scalar, let time = Self.milliseconds(text), range.contains(time) else {
            let bounds = [range.lowerBound, range.upperBound].map {
                $0 % 1_000 == 0 ? "\($0 / 1_000)" : "\(Double($0) / 1_000)"
            }
            return complain(
                about: "a duration",
                allowsDecimals: true,
                expected: "seconds from \(bounds[0]) to \(bounds[1]), such as 30 or 0.5"
            )
        }
        return time
    }

    /// `-1 is out of range; expected …` of a number, `"soon" is not a duration; expected …` of anything else.
    private func complain<Value>(about what: String, allowsDecimals: Bool, expected: String) -> Value? {
        guard let scalar, Self.isNumber(scalar, allowsDecimals: allowsDecimals) else {
            return complain(not: what, expected: expected)
        }
        return complain("\(scalar.prefix(80)) is out of range; expected \(expected)")
    }

    /// Of any size and sign; with at most three decimals.
    private static func isNumber(_ text: String, allowsDecimals: Bool) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= (allowsDecimals ? 2 : 1), parts.count < 2 || parts[1].utf8.count <= 3 else { return false }
        return parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
    }

    /// One of a few words.
    func choice<Choice: RawRepresentable & CaseIterable>(_ what: String) -> Choice? where Choice.RawValue == String {
        guard let text = scalar, let choice = Choice(rawValue: text) else {
            return complain(
                not: what,
                expected: Choice.allCases.map(\.rawValue).joined(separator: ", ").replacingLastComma(with: " or")
            )
        }
        return choice
    }

    /// The absolute path of a file or directory.
    func path(_ example: String, longest: Int = 4_095) -> String? {
        let expected = "an absolute path of at most \(longest) bytes such as \(example)"
        guard let text = text("a path", expected: expected) else { return nil }
        guard text.hasPrefix("/"), text.utf8.count <= longest, !text.contains("\0") else {
            return complain(not: "a path", expected: expected)
        }
        return text
    }

    /// A token (RFC 3261 section 25.1): the name of a header or of a parameter.
    func token(_ what: String, example: String) -> String? {
        let expected = "letters, digits and -.!%*_+`'~, such as \(example)"
        guard let text = text(what, expected: expected) else { return nil }
        guard text.utf8.allSatisfy(Self.isTokenByte), text.utf8.count <= 64 else {
            return complain(not: what, expected: expected)
        }
        return text
    }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-.!%*_+`'~".utf8.contains(byte)
        }
    }

    /// A number of at most nine digits, nothing else.
    private static func digits(_ text: some StringProtocol) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    private static func milliseconds(_ text: String) -> Configuration.Milliseconds? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let whole = digits(first) else { return nil }
        guard parts.count == 2 else { return Int64(whole) * 1_000 }
        let decimals = parts[1]
        guard decimals.utf8.count <= 3, digits(decimals) != nil else { return nil }
        let padded = decimals + String(repeating: "0", count: 3 - decimals.utf8.count)
        return digits(padded).map { Int64(whole) * 1_000 + Int64($0) }
    }
}

extension String {
    fileprivate func replacingLastComma(with word: String) -> String {
        guard let comma = lastIndex(of: ",") else { return self }
        return String(self[..<comma]) + word + String(self[index(after: comma)...])
    }
}
