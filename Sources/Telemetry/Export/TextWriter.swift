/// Appends text and numbers to bytes, without a `String` in between.
struct TextWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func append(_ text: [UInt8]) { bytes.append(contentsOf: text) }

    mutating func append(_ text: ArraySlice<UInt8>) { bytes.append(contentsOf: text) }

    mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func endLine() { bytes.append(UInt8(ascii: "\n")) }

    mutating func append(_ number: UInt64) {
        if number < 10 { return bytes.append(UInt8(ascii: "0") + UInt8(number)) }
        let start = bytes.count
        var rest = number
        while rest > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    mutating func append(_ number: some SignedInteger) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        append(UInt64(number.magnitude))
    }

    /// A number of thousandths, or thousandths of thousandths, in units: exact, without trailing zeros.
    mutating func append(_ number: Int64, thousandthsOf power: Int) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        var unit: UInt64 = power == 1 ? 1_000 : 1_000_000
        append(number.magnitude / unit)
        var rest = number.magnitude % unit
        if rest == 0 { return }
        bytes.append(UInt8(ascii: "."))
        while rest > 0 {
            unit /= 10
            bytes.append(UInt8(ascii: "0") + UInt8(rest / unit))
            rest %= unit
        }
    }

    /// The shortest decimal that means this number.
    mutating func append(_ number: Double) {
        if let whole = Int64(exactly: number) { return append(whole) }
        bytes.append(contentsOf: number.description.utf8)
    }

    mutating func appendEscaped(_ value: String) { Self.appendEscaped(value, to: &bytes) }

    /// The value of a label, as the format wants it: backslash, quote and line feed escaped.
    static func appendEscaped(_ value: String, to bytes: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            default: bytes.append(byte)
            }
        }
    }
}
