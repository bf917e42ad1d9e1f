/// An IPv4 or IPv6 address as a plain value: 128 bits in network order, IPv4 in its mapped form (`::ffff:a.b.c.d`).
package struct IPAddress: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    @inlinable package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The IPv4 address of these 32 bits in host order: `0x7F000001` is 127.0.0.1.
    @inlinable package init(v4 bits: UInt32) {
        self.init(high: 0, low: 0x0000_FFFF_0000_0000 | UInt64(bits))
    }

    @inlinable package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// `0.0.0.0` or `::`, the addresses that a wildcard listener binds.
    @inlinable package var isUnspecified: Bool { high == 0 && (low == 0 || low == 0x0000_FFFF_0000_0000) }
}

// MARK: - Text

extension IPAddress {
    /// Reads `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`; nil for anything else, host names included.
    package init?<Text: BidirectionalCollection>(parsing text: Text) where Text.Element == UInt8 {
        var text = text[...]
        if text.first == UInt8(ascii: "[") {
            guard text.last == UInt8(ascii: "]"), text.count > 2 else { return nil }
            text = text.dropFirst().dropLast()
        }
        if text.contains(UInt8(ascii: ":")) {
            self.init(parsingV6: text)
        } else {
            guard let bits = Self.bits(ofV4: text) else { return nil }
            self.init(v4: bits)
        }
    }

    package init?(_ text: String) { self.init(parsing: text.utf8) }

    private static func bits<Text: BidirectionalCollection>(ofV4 text: Text) -> UInt32? where Text.Element == UInt8 {
        var bits: UInt32 = 0
        var octet: UInt32?
        var octets = 0
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard let value = octet, octets < 3 else { return nil }
                bits = bits << 8 | value
                octets += 1
                octet = nil
            } else {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                let value = (octet ?? 0) * 10 + UInt32(byte - UInt8(ascii: "0"))
                guard value <= 255 else { return nil }
                octet = value
            }
        }
        guard let last = octet, octets == 3 else { return nil }
        return bits << 8 | last
    }

    private init?<Text: BidirectionalCollection>(parsingV6 text: Text) where Text.Element == UInt8 {
        var groups: [UInt16] = []
        var gap: Int?
        var rest = text[...]
        if rest.starts(with: "::".utf8) {
            gap = 0
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let part = rest.prefix { $0 != UInt8(ascii: ":") }
            rest = rest.dropFirst(part.count)
            if rest.isEmpty, part.contains(UInt8(ascii: ".")) {
                guard let bits = Self.bits(ofV4: part) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: bits >> 16))
                groups.append(UInt16(truncatingIfNeeded: bits))
                break
            }
            guard !part.isEmpty, part.count <= 4, let group = Self.hexadecimal(part) else { return nil }
            groups.append(group)
            if rest.isEmpty { break }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                rest = rest.dropFirst()
                // The grammar of RFC 3261 lets three colons stand before an IPv4 part where two are meant (RFC 5118 section
                // 4.10).
                if rest.first == UInt8(ascii: ":"), rest.dropFirst().allSatisfy({ $0 != UInt8(ascii: ":") }),
                    rest.contains(UInt8(ascii: "."))
                {
                    rest = rest.dropFirst()
                }
            } else if rest.isEmpty {
                return nil
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let high = groups[..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = groups[4...].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        self.init(high: high, low: low)
    }

    private static func hexadecimal<Text: BidirectionalCollection>(_ text: Text) -> UInt16?
    where Text.Element == UInt8 {
        var value: UInt16 = 0
        for byte in text {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted quad, or RFC 5952 for IPv6: lower case, the longest run of zero groups as `::`. No brackets.
    package var description: String {
        if isIPv4 {
            return "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)"
        }
        let groups = (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64((3 - index % 4) * 16))
        }
        var best = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(1, best.count) { best = start..<end }
            start = max(end, start + 1)
        }
        let hexadecimal = groups.map { String($0, radix: 16) }
        if best.isEmpty { return hexadecimal.joined(separator: ":") }
        return hexadecimal[..<best.lowerBound].joined(separator: ":") + "::"
            + hexadecimal[best.upperBound...].joined(separator: ":")
    }
}

// MARK: - Networks

/// A block of addresses in CIDR notation: `10.0.0.0/8`, `::1/128`. A single address is a block of its full length.
package struct IPNetwork: Hashable, Sendable {
    private let base: IPAddress
    private let highMask: UInt64
    private let lowMask: UInt64

    /// nil if the text is no address, or its prefix length is no number from 0 to 32 (IPv4) or 128 (IPv6).
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(parsing: first.utf8) else { return nil }
        let width = address.isIPv4 ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard let given = UInt8(parts[1]), given <= width else { return nil }
            length = Int(given)
        }
        let ones = length + 128 - width
        highMask = ones >= 64 ? .max : (ones == 0 ? 0 : .max << UInt64(64 - ones))
        lowMask = ones <= 64 ? 0 : .max << UInt64(128 - ones)
        base = IPAddress(high: address.high & highMask, low: address.low & lowMask)
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.high & highMask == base.high && address.low & lowMask == base.low
    }
}

extension IPAddress {
    /// Whom it stands for where sources are counted: one who has an IPv6 address has the 64 bits behind its network besides.
    package var network: IPAddress { isIPv4 ? self : IPAddress(high: high, low: 0) }
}
