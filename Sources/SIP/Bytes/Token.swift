/// What a branch, tag or Call-ID of ours carries: the slot of a table and its generation, so that an incoming message
/// finds its transaction or dialog by index, and 64 random bits, so that nobody guesses it (RFC 3261 sections 8.1.1.7
/// and 19.3).
///
/// As text it is 32 lower-case hexadecimal digits: slot (8), generation (8), nonce (16).
@usableFromInline package struct Token: Hashable, Sendable {
    /// Length of the text form in bytes.
    @inlinable package static var length: Int { 32 }

    @usableFromInline package var slot: UInt32
    @usableFromInline package var generation: UInt32
    @usableFromInline package var nonce: UInt64

    @inlinable package init(slot: UInt32, generation: UInt32, nonce: UInt64) {
        self.slot = slot
        self.generation = generation
        self.nonce = nonce
    }

    /// Reads the text form; nil for anything but 32 lower-case hexadecimal digits.
    @inlinable package init?<Text: Collection>(parsing text: Text) where Text.Element == UInt8 {
        guard text.count == Self.length else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for byte in text {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte &- UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte &- UInt8(ascii: "a") &+ 10
            default: return nil
            }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        self.init(
            slot: UInt32(truncatingIfNeeded: high >> 32),
            generation: UInt32(truncatingIfNeeded: high),
            nonce: low
        )
    }

    /// Appends the text form.
    @inlinable package func append(to bytes: inout [UInt8]) {
        Self.append(UInt64(slot) << 32 | UInt64(generation), to: &bytes)
        Self.append(nonce, to: &bytes)
    }

    /// The text form as a new array.
    @inlinable package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.length)
        append(to: &bytes)
        return bytes
    }

    @inlinable package static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        let digits = (
            digits(UInt32(truncatingIfNeeded: word >> 32)).littleEndian,
            digits(UInt32(truncatingIfNeeded: word)).littleEndian
        )
        withUnsafeBytes(of: digits) { bytes.append(contentsOf: $0) }
    }

    /// The eight digits of a number, the first in the lowest byte: all at once, for each branch and tag has four of these.
    @inlinable static func digits(_ number: UInt32) -> UInt64 {
        // A byte into each 16 bits, the most significant one lowest; then its two halves into a byte each.
        var spread = UInt64(number.byteSwapped)
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        let halves = spread >> 4 & 0x000F_000F_000F_000F | (spread & 0x000F_000F_000F_000F) << 8
        // 1 in each byte that is above 9: six more than that carries into the next half.
        let letters = (halves &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return halves &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }
}
