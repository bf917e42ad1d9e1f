extension Array where Element == UInt8 {
    /// The UTF-8 bytes of a literal.
    package init(_ text: StaticString) {
        self = text.withUTF8Buffer { Array($0) }
    }

    /// Appends an address as headers and SDP have it: dotted quad, or IPv6 in lower case without brackets.
    package mutating func append(_ address: IPAddress) {
        guard address.isIPv4 else {
            append(contentsOf: address.description.utf8)
            return
        }
        for shift: UInt64 in [24, 16, 8, 0] {
            append(decimal: address.low >> shift & 255)
            if shift > 0 { append(UInt8(ascii: ".")) }
        }
    }

    /// Appends an address as a host: IPv6 in brackets.
    package mutating func append(host address: IPAddress) {
        if address.isIPv4 {
            append(address)
        } else {
            append(UInt8(ascii: "["))
            append(address)
            append(UInt8(ascii: "]"))
        }
    }
}
