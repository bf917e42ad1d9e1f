/// Bytes that grow at their end, for what writes messages: each piece is copied to its place in memory that is there already.
/// Appending to an array costs several times as much a piece, and a message has some sixty of them.
struct ByteBuffer: Sendable {
    /// Zeros from `count` on.
    private var storage: [UInt8]
    private(set) var count = 0

    init(capacity: Int) { storage = [UInt8](repeating: 0, count: max(capacity, 16)) }

    /// What is written so far, as a copy.
    var bytes: [UInt8] { Array(storage[..<count]) }

    /// What was written, without a copy; nothing is left here.
    mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &storage)
        taken.removeLast(taken.count - count)
        count = 0
        return taken
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if count == storage.count { grow(by: 1) }
        storage[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ piece: UnsafeBufferPointer<UInt8>) {
        guard let source = piece.baseAddress, !piece.isEmpty else { return }
        if storage.count - count < piece.count { grow(by: piece.count) }
        let place = count
        storage.withUnsafeMutableBytes { target in
            // There is room: `grow` has seen to that.
            UnsafeMutableRawBufferPointer(rebasing: target[place...]).copyMemory(
                from: UnsafeRawBufferPointer(start: source, count: piece.count)
            )
        }
        count = place + piece.count
    }

    /// The low bytes of a word, the lowest first.
    @inline(__always)
    mutating func append(word: UInt64) {
        if storage.count - count < 8 { grow(by: 8) }
        let place = count
        storage.withUnsafeMutableBytes { $0.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self) }
        count = place + 8
    }

    mutating func append(_ piece: [UInt8]) { piece.withUnsafeBufferPointer { append($0) } }

    mutating func append(_ piece: ArraySlice<UInt8>) { piece.withUnsafeBufferPointer { append($0) } }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        if text.hasPointerRepresentation {
            append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        } else {
            text.withUTF8Buffer { append($0) }
        }
    }

    mutating func append(contentsOf piece: some Collection<UInt8>) {
        if piece.withContiguousStorageIfAvailable({ append($0) }) == nil {
            for byte in piece { append(byte) }
        }
    }

    /// In decimal digits.
    mutating func append(decimal number: UInt64) {
        guard number >= 10 else { return append(UInt8(truncatingIfNeeded: number) &+ UInt8(ascii: "0")) }
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { digits in
            var place = digits.count
            var rest = number
            while rest > 0 {
                place -= 1
                digits[place] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
                rest /= 10
            }
            append(UnsafeBufferPointer(digits[place...].bindMemory(to: UInt8.self)))
        }
    }

    /// As headers have it: dotted quad, or IPv6 in lower case without brackets.
    mutating func append(_ address: IPAddress) {
        guard address.isIPv4 else { return append(contentsOf: address.description.utf8) }
        for shift: UInt64 in [24, 16, 8, 0] {
            append(decimal: address.low >> shift & 255)
            if shift > 0 { append(UInt8(ascii: ".")) }
        }
    }

    /// As a host: IPv6 in brackets.
    mutating func append(host address: IPAddress) {
        if address.isIPv4 { return append(address) }
        append(UInt8(ascii: "["))
        append(address)
        append(UInt8(ascii: "]"))
    }

    /// The text form.
    mutating func append(_ token: Token) {
        append(word: Token.digits(token.slot))
        append(word: Token.digits(token.generation))
        append(word: Token.digits(UInt32(truncatingIfNeeded: token.nonce >> 32)))
        append(word: Token.digits(UInt32(truncatingIfNeeded: token.nonce)))
    }

    @inline(never)
    private mutating func grow(by more: Int) {
        storage.append(contentsOf: repeatElement(0, count: max(storage.count, more)))
    }
}
