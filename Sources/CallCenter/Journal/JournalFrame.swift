/// How an entry stands in a segment of the journal.
///
/// ```
///  0  u32  bytes of payload; 0: nothing was written here yet
///  4  u32  CRC-32C of all that follows, padding not included
///  8  u64  sequence number: rises by one from entry to entry, over all segments
/// 16  u32  kind of entry
/// 20  u32  0
/// 24       payload, padded to a multiple of 8
/// ```
///
/// Numbers are little-endian. Behind the last entry stand four zero bytes, so that a clean end is told from a torn entry
/// and from what a recycled segment held before.
package enum JournalFrame {
    package static let headerSize = 24
    /// Larger ones are not written, and taken for damage when read.
    package static let largestPayload = 1 << 20

    /// What stands at a place.
    package enum Found: Equatable {
        /// An entry; `next` is the place behind it.
        case entry(sequence: UInt64, kind: UInt32, payload: Range<Int>, next: Int)
        /// Nothing was written from here on.
        case end
        /// A torn or damaged entry.
        case broken
    }

    /// Bytes that an entry takes.
    package static func size(payload: Int) -> Int { headerSize + (payload + 7) & ~7 }

    /// Writes an entry and the mark of the end behind it. The length comes last: until then there is a clean end here.
    ///
    /// - Returns: the place behind it; nil if it does not fit.
    package static func write(
        sequence: UInt64,
        kind: UInt32,
        payload: UnsafeRawBufferPointer,
        to segment: UnsafeMutableRawBufferPointer,
        at place: Int
    ) -> Int? {
        let next = place + size(payload: payload.count)
        guard payload.count > 0, payload.count <= largestPayload, next <= segment.count else { return nil }
        if next + 4 <= segment.count { segment.storeBytes(of: 0, toByteOffset: next, as: UInt32.self) }
        segment.storeBytes(of: sequence.littleEndian, toByteOffset: place + 8, as: UInt64.self)
        segment.storeBytes(of: kind.littleEndian, toByteOffset: place + 16, as: UInt32.self)
        segment.storeBytes(of: 0, toByteOffset: place + 20, as: UInt32.self)
        UnsafeMutableRawBufferPointer(rebasing: segment[(place + headerSize)...]).copyMemory(from: payload)
        let body = segment[(place + 8)..<(place + headerSize + payload.count)]
        let sum = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: body))
        segment.storeBytes(of: sum.littleEndian, toByteOffset: place + 4, as: UInt32.self)
        segment.storeBytes(of: UInt32(payload.count).littleEndian, toByteOffset: place, as: UInt32.self)
        return next
    }

    /// Whether there may be an entry of such a number at a place: the fields that are always alike say so.
    package static func sequence(_ segment: UnsafeRawBufferPointer, at place: Int, isIn range: Range<UInt64>) -> Bool {
        guard place + headerSize <= segment.count,
            segment.loadUnaligned(fromByteOffset: place, as: UInt32.self) != 0,
            segment.loadUnaligned(fromByteOffset: place + 20, as: UInt32.self) == 0
        else { return false }
        return range.contains(UInt64(littleEndian: segment.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)))
    }

    /// What stands at a place, whatever its sequence number.
    package static func read(_ segment: UnsafeRawBufferPointer, at place: Int) -> Found {
        guard place + headerSize <= segment.count else { return .end }
        func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
            Number(littleEndian: segment.loadUnaligned(fromByteOffset: place + offset, as: Number.self))
        }
        let count = Int(number(0, UInt32.self))
        guard count > 0 else { return .end }
        guard count <= largestPayload, place + size(payload: count) <= segment.count else { return .broken }
        let payload = place + headerSize..<place + headerSize + count
        let body = UnsafeRawBufferPointer(rebasing: segment[(place + 8)..<payload.upperBound])
        guard Checksum.crc32c(body) == number(4, UInt32.self) else { return .broken }
        return .entry(
            sequence: number(8, UInt64.self),
            kind: number(16, UInt32.self),
            payload: payload,
            next: place + size(payload: count)
        )
    }
}
