/// Bytes that grow at their end, for what writes messages: each piece is copied to its place in memory that is there already.
/// Appending to an array costs several times as much a piece, for it asks each time whether somebody else has the array, and a
/// message has some sixty of them.
struct ByteBuffer: ~Copyable {
    /// Nobody else's; what is in it from `count` on means nothing.
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 16)
        memory = .allocate(byteCount: self.capacity, alignment: 1)
    }

    deinit { memory.deallocate() }

    /// What is written so far, as a copy that has no more room than it needs.
    var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: memory, count: count)) }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        room(for: 1).storeBytes(of: byte, as: UInt8.self)
    }

    @inline(__always)
    mutating func append(_ piece: UnsafeBufferPointer<UInt8>) {
        guard let source = piece.baseAddress else { return }
        room(for: piece.count).copyMemory(from: source, byteCount: piece.count)
    }

    /// The low bytes of a word, the lowest first.
    @inline(__always)
    mutating func append(word: UInt64) {
        room(for: 8).storeBytes(of: word.littleEndian, as: UInt64.self)
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

    mutating func append(_ range: ByteRange, of bytes: [UInt8]) { append(bytes[range]) }

    /// In decimal digits.
    mutating func append(decimal number: UInt64) {
        var digits = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        let place = room(for: digits)
        rest = number
        while digits > 0 {
            digits -= 1
            let digit = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
            place.storeBytes(of: digit, toByteOffset: digits, as: UInt8.self)
            rest /= 10
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

    /// Where so many more bytes go, which count as written from now on.
    @inline(__always)
    private mutating func room(for more: Int) -> UnsafeMutableRawPointer {
        if capacity - count < more { grow(by: more) }
        defer { count += more }
        return memory + count
    }

    @inline(never)
    private mutating func grow(by more: Int) {
        let larger = capacity + max(capacity, more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 1)
        moved.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = moved
        capacity = larger
    }
}
