/// A set of ASCII characters as a bitmap, so that the scanner asks it with a shift and no branch a range. The tests
/// spell each set out.
package struct CharacterClass: Sendable {
    let low: UInt64
    let high: UInt64

    /// Whether the byte is one of them; none above 127 is.
    @inline(__always)
    package func contains(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }
}

/// The classes of RFC 3261 section 25.1.
extension CharacterClass {
    /// `token`: methods, header and parameter names, display names without quotes.
    @inline(__always)
    package static var token: CharacterClass { CharacterClass(low: 0x03FF_6CA2_0000_0000, high: 0x47FF_FFFF_87FF_FFFE) }

    /// Host names and IPv4 addresses. The underscore is not in the RFC, but in many names of containers.
    @inline(__always)
    package static var host: CharacterClass { CharacterClass(low: 0x03FF_6000_0000_0000, high: 0x07FF_FFFE_87FF_FFFE) }

    /// `unreserved / user-unreserved`, and `#`: the RFC wants it escaped, but telephones send `*31#` as it is.
    @inline(__always)
    package static var user: CharacterClass { CharacterClass(low: 0xABFF_FFDA_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }

    /// What a password may have unescaped.
    @inline(__always)
    package static var password: CharacterClass {
        CharacterClass(low: 0x23FF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    }

    /// `paramchar`: names and values of URI parameters.
    @inline(__always)
    package static var parameter: CharacterClass {
        CharacterClass(low: 0x07FF_EFD2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFE)
    }

    /// Digits of a tel URI, local ones included (RFC 3966 section 3).
    @inline(__always)
    package static var telephone: CharacterClass {
        CharacterClass(low: 0x03FF_6F08_0000_0000, high: 0x0000_007E_0000_007E)
    }
}
