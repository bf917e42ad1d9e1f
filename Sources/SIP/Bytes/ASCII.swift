/// What kind of character a byte is.
extension UInt8 {
    @inlinable package var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    @inlinable package var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

    /// SP or HTAB: all the linear white space there is once folded lines are joined.
    @inlinable package var isBlank: Bool { self == 0x20 || self == 0x09 }

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
@inlinable package func spells<Text: Collection>(_ bytes: Text, _ text: StaticString) -> Bool
where Text.Element == UInt8 {
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
