import CallCenter

/// Writes text and numbers as bytes, without a `String` in between, into memory that is there already: to append to an array costs
/// more than most of the pieces do.
struct TextWriter: ~Copyable {
    private var written: ByteWriter

    init(capacity: Int) {
        written = ByteWriter(capacity: capacity)
    }

    var bytes: [UInt8] { written.bytes }

    /// Appends what is written to an array, and begins anew.
    mutating func move(to page: inout [UInt8]) { written.move(to: &page) }

    mutating func append(_ text: [UInt8]) { text.withUnsafeBytes { append($0) } }

    mutating func append(_ text: ArraySlice<UInt8>) { text.withUnsafeBytes { append($0) } }

    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ piece: UnsafeRawBufferPointer) {
        written.append(piece.count) { $0.copyMemory(from: piece) }
    }

    private mutating func append(_ byte: UInt8) { written.write(byte) }

    mutating func endLine() { append(UInt8(ascii: "\n")) }

    mutating func append(_ number: UInt64) {
        if number < 10 { return append(UInt8(ascii: "0") + UInt8(number)) }
        var digits = 1
        var rest = number / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        written.append(digits) { room in
            var rest = number
            for place in room.indices.reversed() {
                room[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
        }
    }

    mutating func append(_ number: some SignedInteger) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(UInt64(number.magnitude))
    }

    /// A number of thousandths, or thousandths of thousandths, in units: exact, without trailing zeros.
    mutating func append(_ number: Int64, thousandthsOf power: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var unit: UInt64 = power == 1 ? 1_000 : 1_000_000
        append(number.magnitude / unit)
        var rest = number.magnitude % unit
        if rest == 0 { return }
        append(UInt8(ascii: "."))
        while rest > 0 {
            unit /= 10
            append(UInt8(ascii: "0") + UInt8(rest / unit))
            rest %= unit
        }
    }

    /// The shortest decimal that means this number.
    mutating func append(_ number: Double) {
        if let whole = Int64(exactly: number) { return append(whole) }
        append(Array(number.description.utf8))
    }

    /// The value of a label, as the format wants it: backslash, quote and line feed escaped.
    mutating func appendEscaped(_ value: String) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\n"): append("\\n")
            default: append(byte)
            }
        }
    }
}
