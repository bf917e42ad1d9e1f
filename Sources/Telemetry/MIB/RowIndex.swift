/// The index of a row in the tables of flows and agents (`ccfIndex`, `ccaIndex`): what follows the column in an OID.
///
/// An ID of 1 to 64 printable ASCII characters is its own index. Any other one has an index of 64 octets at most: its
/// octets, each that is no printable ASCII replaced by `?`, cut to 47; `~`; and sixteen hexadecimal digits of its FNV-1a
/// hash (64 bits), which keeps apart what was cut or replaced. The index is IMPLIED: no length stands before it, so rows
/// are in the bytewise order of their indexes.
enum RowIndex {
    static let longest = 64

    static func octets(of id: String) -> [UInt8] {
        let octets = Array(id.utf8)
        if (1...longest).contains(octets.count), octets.allSatisfy(isPrintable) { return octets }
        return octets.prefix(longest - 17).map { isPrintable($0) ? $0 : UInt8(ascii: "?") } + [UInt8(ascii: "~")]
            + hexadecimal(hash(of: octets))
    }

    private static func isPrintable(_ octet: UInt8) -> Bool { (0x20...0x7E).contains(octet) }

    private static func hash(of octets: [UInt8]) -> UInt64 {
        octets.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private static func hexadecimal(_ number: UInt64) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return stride(from: 60, through: 0, by: -4).map { digits[Int(number >> UInt64($0) & 0xF)] }
    }
}
