/// Values one after the other as bytes, numbers little-endian, texts behind their length.
@usableFromInline package struct ByteWriter {
    @usableFromInline package internal(set) var bytes: [UInt8] = []

    @inlinable package init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    @inlinable
    package mutating func write(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            write(UInt32(clamping: utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }

    /// Behind their number.
    @inlinable
    package mutating func write(bytes more: [UInt8]) {
        write(UInt32(clamping: more.count))
        bytes.append(contentsOf: more)
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

/// Reads what a `ByteWriter` wrote.
package struct ByteReader {
    /// The bytes end before the value does, or hold none of its kind.
    package struct Malformed: Error {
        package init() {}
    }

    private var rest: ArraySlice<UInt8>

    package init(_ bytes: [UInt8]) { rest = bytes[...] }

    package var isAtEnd: Bool { rest.isEmpty }

    package mutating func number<Number: FixedWidthInteger>(
        _: Number.Type = Number.self
    ) throws(Malformed) -> Number {
        let size = Number.bitWidth / 8
        guard rest.count >= size else { throw Malformed() }
        var number: Number = 0
        withUnsafeMutableBytes(of: &number) { $0.copyBytes(from: rest.prefix(size)) }
        rest = rest.dropFirst(size)
        return Number(littleEndian: number)
    }

    package mutating func flag() throws(Malformed) -> Bool { try number(UInt8.self) != 0 }

    package mutating func bytes() throws(Malformed) -> [UInt8] {
        let count = Int(try number(UInt32.self))
        guard rest.count >= count else { throw Malformed() }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    package mutating func optionalBytes() throws(Malformed) -> [UInt8]? {
        try flag() ? try bytes() : nil
    }

    package mutating func text() throws(Malformed) -> String {
        let count = Int(try number(UInt32.self))
        guard rest.count >= count, let text = String(validating: rest.prefix(count), as: UTF8.self) else {
            throw Malformed()
        }
        rest = rest.dropFirst(count)
        return text
    }

    package mutating func optionalText() throws(Malformed) -> String? {
        try number(UInt8.self) == 0 ? nil : try text()
    }

    package mutating func texts() throws(Malformed) -> [String] {
        let count = Int(try number(UInt32.self))
        // Each has at least its length.
        guard count <= rest.count / 4 else { throw Malformed() }
        var texts: [String] = []
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
