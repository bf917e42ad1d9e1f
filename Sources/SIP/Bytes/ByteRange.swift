/// A run of bytes inside a message, by offset: what headers, URIs and bodies are made of here instead of copies.
@usableFromInline package struct ByteRange: Hashable, Sendable {
    @usableFromInline package var lower: UInt32
    @usableFromInline package var upper: UInt32

    /// An upper bound below the lower one is taken as an empty range.
    @inlinable @inline(__always) package init(lower: UInt32, upper: UInt32) {
        self.lower = lower
        self.upper = max(lower, upper)
    }

    /// Offsets of a buffer that is known to be shorter than 4 GiB; negative ones count as 0.
    @inlinable @inline(__always) package init(_ lower: Int, _ upper: Int) {
        self.init(lower: UInt32(clamping: lower), upper: UInt32(clamping: upper))
    }

    @inlinable package init(_ range: Range<Int>) { self.init(range.lowerBound, range.upperBound) }

    /// No bytes at all, at the start.
    @inlinable package static var none: ByteRange { ByteRange(lower: 0, upper: 0) }

    @inlinable package var isEmpty: Bool { lower == upper }
    @inlinable package var count: Int { Int(upper) - Int(lower) }

    /// As indices of an array.
    @inlinable package var indices: Range<Int> { Int(lower)..<Int(upper) }

    /// The part of it that lies inside a buffer of `count` bytes.
    @inlinable package func clamped(to count: Int) -> Range<Int> { indices.clamped(to: 0..<max(0, count)) }
}

extension Array where Element == UInt8 {
    /// The bytes of a range; what of it lies outside of the array is left out, so a stale range cannot trap.
    @inlinable package subscript(range: ByteRange) -> ArraySlice<UInt8> { self[range.clamped(to: count)] }

    /// Appends a run of another buffer.
    @inlinable package mutating func append(_ range: ByteRange, of bytes: [UInt8]) {
        append(contentsOf: bytes[range])
    }

    /// Appends the ASCII text of a literal.
    @inlinable package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends a number in decimal digits, without a `String` on the way.
    @inlinable package mutating func append(decimal number: UInt64) {
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        var rest = number
        while divisor > 0 {
            append(UInt8(truncatingIfNeeded: rest / divisor) &+ UInt8(ascii: "0"))
            rest %= divisor
            divisor /= 10
        }
    }
}
