/// Values one after the other as bytes, numbers little-endian, texts behind their length. They are written into memory that is there
/// already: appending to an array costs several times as much a value, for it asks each time whether somebody else has the array.
@usableFromInline package struct ByteWriter: ~Copyable {
    /// Nobody else's; what is in it from `count` on means nothing.
    @usableFromInline var memory: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    @usableFromInline var count = 0

    @inlinable
    package init(capacity: Int = 512) {
        self.capacity = max(capacity, 16)
        memory = .allocate(byteCount: self.capacity, alignment: 1)
    }

    @inlinable deinit { memory.deallocate() }

    /// What is written so far, as a copy that has no more room than it needs.
    @inlinable package var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: memory, count: count)) }

    /// Appends what is written to an array, and begins anew in the same memory.
    @inlinable
    package mutating func move(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: memory, count: count))
        count = 0
    }

    /// Begins anew in the same memory.
    @inlinable package mutating func removeAll() { count = 0 }

    @inlinable
    package mutating func write<Number: FixedWidthInteger>(_ number: Number) {
        append(Number.bitWidth / 8) { $0.store(number, at: 0) }
    }

    /// Has so many bytes filled in at once: values that belong together cost one look for room, not one each.
    @inlinable
    @inline(__always)
    package mutating func append(_ size: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        if capacity - count < size { grow(by: size) }
        fill(UnsafeMutableRawBufferPointer(start: memory + count, count: size))
        count += size
    }

    @usableFromInline
    mutating func grow(by more: Int) {
        let larger = capacity + max(capacity, more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 1)
        moved.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = moved
        capacity = larger
    }

    package mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { write(piece: UnsafeRawBufferPointer($0)) }
    }

    /// Behind their number.
    @inlinable
    package mutating func write(bytes more: [UInt8]) {
        more.withUnsafeBytes { write(piece: $0) }
    }

    @inlinable
    mutating func write(piece: UnsafeRawBufferPointer) {
        append(4 + piece.count) { room in
            room.store(UInt32(clamping: piece.count), at: 0)
            UnsafeMutableRawBufferPointer(rebasing: room[4...]).copyMemory(from: piece)
        }
    }

    @inlinable
    package mutating func write(bytes more: [UInt8]?) {
        write(UInt8(more == nil ? 0 : 1))
        if let more { write(bytes: more) }
    }

    @inlinable package mutating func write(_ flag: Bool) { write(UInt8(flag ? 1 : 0)) }

    package mutating func write(_ text: String?) {
        write(UInt8(text == nil ? 0 : 1))
        if let text { write(text) }
    }

    package mutating func write(_ texts: [String]) {
        write(UInt32(clamping: texts.count))
        for text in texts { write(text) }
    }
}

extension UnsafeMutableRawBufferPointer {
    @inlinable
    @inline(__always)
    package func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }
}

/// Reads what a `ByteWriter` wrote. A restart reads some hundred values a call.
@usableFromInline package struct ByteReader {
    /// The bytes end before the value does, or hold none of its kind.
    @usableFromInline package struct Malformed: Error {
        @inlinable package init() {}
    }

    @usableFromInline let storage: [UInt8]
    /// Where the next value begins; never behind the end.
    @usableFromInline var place = 0

    @inlinable package init(_ bytes: [UInt8]) { storage = bytes }

    @inlinable package var isAtEnd: Bool { place == storage.count }

    @inlinable var left: Int { storage.count - place }

    @inlinable
    package mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type = Number.self
    ) throws(Malformed) -> Number {
        let size = Number.bitWidth / 8
        guard left >= size else { throw Malformed() }
        let number = storage.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: Number.self) }
        place += size
        return Number(littleEndian: number)
    }

    @inlinable package mutating func flag() throws(Malformed) -> Bool { try number(UInt8.self) != 0 }

    @inlinable
    package mutating func bytes() throws(Malformed) -> [UInt8] {
        let count = Int(try number(UInt32.self))
        guard left >= count else { throw Malformed() }
        defer { place += count }
        return Array(storage[place..<place + count])
    }

    @inlinable
    package mutating func optionalBytes() throws(Malformed) -> [UInt8]? {
        try flag() ? try bytes() : nil
    }

    package mutating func text() throws(Malformed) -> String {
        let count = Int(try number(UInt32.self))
        guard left >= count, let text = String(validating: storage[place..<place + count], as: UTF8.self) else {
            throw Malformed()
        }
        place += count
        return text
    }

    package mutating func optionalText() throws(Malformed) -> String? {
        try number(UInt8.self) == 0 ? nil : try text()
    }

    package mutating func texts() throws(Malformed) -> [String] {
        let count = Int(try number(UInt32.self))
        // Each has at least its length.
        guard count <= left / 4 else { throw Malformed() }
        var texts: [String] = []
        texts.reserveCapacity(count)
        for _ in 0..<count { texts.append(try text()) }
        return texts
    }

    /// One of the cases of an enumeration.
    package mutating func choice<Choice: RawRepresentable>(
        _: Choice.Type = Choice.self
    ) throws(Malformed) -> Choice where Choice.RawValue == Int {
        guard let choice = Choice(rawValue: Int(try number(Int32.self))) else { throw Malformed() }
        return choice
    }

    package mutating func choice<Choice: RawRepresentable>(
        _: Choice.Type = Choice.self
    ) throws(Malformed) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: try text()) else { throw Malformed() }
        return choice
    }
}
