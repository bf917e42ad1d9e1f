/// Scanning of network bytes. Reading past the end gives NUL, which no rule of the grammar takes: a scan stops there by
/// itself and can neither trap nor read what is not its own.
extension Span where Element == UInt8 {
    /// The byte at an offset; NUL beyond the ends.
    @inline(__always)
    func at(_ offset: Int) -> UInt8 {
        // As unsigned numbers, negative offsets are beyond the end too: one comparison.
        UInt(bitPattern: offset) < UInt(bitPattern: count) ? self[unchecked: offset] : 0
    }

    /// Eight bytes as a little-endian word; those beyond the end are NUL.
    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        if offset >= 0, offset <= count &- 8 {
            return UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
        }
        var word: UInt64 = 0
        for index in 0..<8 { word |= UInt64(at(offset + index)) << UInt64(8 * index) }
        return word
    }

    /// The first offset from `start` on, below `end`, whose byte is not blank.
    @inline(__always)
    func skipBlanks(_ start: Int, _ end: Int) -> Int {
        var offset = start
        while offset < end, at(offset).isBlank { offset &+= 1 }
        return offset
    }

    /// The end of the run of characters of a class that starts here; `start` itself if there is none.
    @inline(__always)
    func skip(_ characters: CharacterClass, _ start: Int, _ end: Int) -> Int {
        var offset = start
        while offset < end, characters.contains(at(offset)) { offset &+= 1 }
        return offset
    }

    /// The end of the token that starts here; `start` itself if there is none.
    func skipToken(_ start: Int, _ end: Int) -> Int { skip(.token, start, end) }

    /// The range without blanks on either side.
    func trimmed(_ lower: Int, _ upper: Int) -> ByteRange {
        let start = skipBlanks(lower, upper)
        var end = upper
        while end > start, at(end - 1).isBlank { end -= 1 }
        return ByteRange(start, end)
    }

    /// The offset of a byte from `start` on, below `end`, searched eight bytes at a time.
    @inline(__always)
    func firstOffset(of byte: UInt8, _ start: Int, _ end: Int) -> Int? {
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        var offset = start
        while offset < end {
            // A zero byte marks what is looked for; the lowest mark is exact, bytes above it may be marked wrongly by the borrow.
            let word = word(offset) ^ pattern
            let marks = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if marks != 0 {
                let found = offset &+ marks.trailingZeroBitCount / 8
                return found < end ? found : nil
            }
            offset &+= 8
        }
        return nil
    }

    /// The offset of the first colon from `start` on, below `end`.
    @inline(__always)
    func firstColon(_ start: Int, _ end: Int) -> Int? { firstOffset(of: UInt8(ascii: ":"), start, end) }

    /// A decimal number that fills the range and does not pass `maximum`; leading zeros are allowed.
    func number(_ lower: Int, _ upper: Int, maximum: UInt64) -> UInt64? {
        guard lower < upper else { return nil }
        var value: UInt64 = 0
        for offset in lower..<upper {
            let byte = at(offset)
            guard byte.isDigit else { return nil }
            let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isBeyond) = tenfold.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
            guard !isTooLarge, !isBeyond, sum <= maximum else { return nil }
            value = sum
        }
        return value
    }

    /// Whether the range spells an ASCII literal, case ignored.
    func spells(_ range: ByteRange, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        // Literals are ASCII in memory: no closure stands between them and the loop.
        guard text.hasPointerRepresentation else { return false }
        let literal = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        for offset in 0..<literal.count {
            let byte = at(Int(range.lower) + offset)
            guard byte == literal[offset] || byte.lowercased == literal[offset].lowercased else { return false }
        }
        return true
    }

    /// The end of the quoted string whose opening quote is at `start`: the offset after its closing quote; nil if
    /// there is none below `end`. A backslash takes the next byte with it (`quoted-pair`).
    func skipQuoted(_ start: Int, _ end: Int) -> Int? {
        var offset = start + 1
        while offset < end {
            switch at(offset) {
            case UInt8(ascii: "\""): return offset + 1
            case UInt8(ascii: "\\"): offset += 2
            default: offset &+= 1
            }
        }
        return nil
    }

    /// The first control character other than HTAB from `start` on, eight bytes at a time; the end of the bytes if
    /// there is none. It ends a line, or has no business in it.
    func nextControl(from start: Int) -> Int {
        var offset = start
        while offset <= count &- 8 {
            let word = word(offset)
            // The lowest byte below 0x20 sets its high bit; bytes above it may be flagged wrongly by the borrow.
            var flagged = (word &- 0x2020_2020_2020_2020) & ~word & 0x8080_8080_8080_8080
            while flagged != 0 {
                let candidate = offset + flagged.trailingZeroBitCount / 8
                let byte = at(candidate)
                if byte < 0x20, byte != 0x09 { return candidate }
                flagged &= flagged &- 1
            }
            offset &+= 8
        }
        while offset < count {
            let byte = at(offset)
            if byte < 0x20, byte != 0x09 { return offset }
            offset &+= 1
        }
        return count
    }
}
