/// Character classes of RFC 3261 section 25.1. The compiler turns each switch into a bit test.
extension UInt8 {
    @inlinable package var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    @inlinable package var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

    /// SP or HTAB: all the linear white space there is once folded lines are joined.
    @inlinable package var isBlank: Bool { self == 0x20 || self == 0x09 }

    /// `token`: methods, header and parameter names, display names without quotes.
    package var isToken: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "!"),
            UInt8(ascii: "%"), UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "`"),
            UInt8(ascii: "'"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// `unreserved`: letters, digits and marks, which may stand unescaped in every part of a URI.
    var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "!"), UInt8(ascii: "~"), UInt8(ascii: "*"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"):
            true
        default: false
        }
    }

    /// A character of a host name or IPv4 address. The underscore is not in the RFC but in many container names.
    var isHostCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// 0 to 15, nil for what is no hexadecimal digit of either case.
    @inlinable package var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }

    /// Lower case of an ASCII letter; every other byte as it is.
    @inlinable package var lowercased: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }
}

/// Whether bytes spell an ASCII literal, case ignored: names of headers, parameters, tokens (RFC 3261 section 7.3.1).
@inlinable package func spells<Text: Collection>(_ bytes: Text, _ text: StaticString) -> Bool where Text.Element == UInt8 {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { literal in
        zip(bytes, literal).allSatisfy { $0 == $1 || $0.lowercased == $1.lowercased }
    }
}

/// Whether two runs of bytes are the same but for the case of ASCII letters.
@inlinable package func equalIgnoringCase<A: Collection, B: Collection>(_ a: A, _ b: B) -> Bool
where A.Element == UInt8, B.Element == UInt8 {
    a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || $0.lowercased == $1.lowercased }
}
