/// A piece of a JSON text, looked into only where somebody asks. So the order of members survives, and `--json` can
/// print what the daemon sent. Text that is no JSON has no members, elements or text; it harms nobody.
struct RawJSON: Equatable {
    /// Without space around it.
    let bytes: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>) {
        var scanner = Scanner(rest: ArraySlice(bytes))
        scanner.skipSpace()
        self.bytes = scanner.value() ?? []
    }

    init(_ text: String) { self.init(Array(text.utf8)) }

    /// As it was sent.
    var source: String { String(decoding: bytes, as: UTF8.self) }

    /// Of an object, in their order; nil if it is none.
    var members: [(name: String, value: RawJSON)]? {
        guard var scanner = Scanner(inside: bytes, UInt8(ascii: "{")) else { return nil }
        var members: [(name: String, value: RawJSON)] = []
        while let name = scanner.value() {
            scanner.skipSpace()
            guard scanner.take(UInt8(ascii: ":")) else { return nil }
            scanner.skipSpace()
            guard let value = scanner.value() else { return nil }
            members.append((RawJSON(name).text, RawJSON(value)))
            scanner.skipToNext()
        }
        return members
    }

    /// Of an array; nil if it is none.
    var elements: [RawJSON]? {
        guard var scanner = Scanner(inside: bytes, UInt8(ascii: "[")) else { return nil }
        var elements: [RawJSON] = []
        while let value = scanner.value() {
            elements.append(RawJSON(value))
            scanner.skipToNext()
        }
        return elements
    }

    subscript(name: String) -> RawJSON? { members?.first { $0.name == name }?.value }

    var isNumber: Bool {
        guard let first = bytes.first else { return false }
        return first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    }

    /// What people read: a string without quotes and escapes, nothing for null, all else as it is written.
    var text: String {
        if bytes.elementsEqual("null".utf8) { return "" }
        guard bytes.first == UInt8(ascii: "\""), bytes.count >= 2 else { return source }
        return Self.unescaped(bytes.dropFirst().dropLast())
    }

    // MARK: - Strings

    /// A JSON string of this text.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += #"\""#
            case "\\": result += #"\\"#
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        var units: [UInt16] = []
        var text = String.UnicodeScalarView()
        var rest = Substring(String(decoding: bytes, as: UTF8.self)).unicodeScalars
        func flush() {
            text.append(contentsOf: String(decoding: units, as: UTF16.self).unicodeScalars)
            units.removeAll()
        }
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let escaped = rest.popFirst() else {
                flush()
                text.append(scalar)
                continue
            }
            switch escaped {
            case "u":
                // Surrogates come in pairs of escapes, so units are collected before they are decoded.
                units.append(UInt16(String(String.UnicodeScalarView(rest.prefix(4))), radix: 16) ?? 0xFFFD)
                rest = rest.dropFirst(4)
                continue
            case "n": units.append(0x0A)
            case "r": units.append(0x0D)
            case "t": units.append(0x09)
            case "b": units.append(0x08)
            case "f": units.append(0x0C)
            default: units.append(contentsOf: String(escaped).utf16)
            }
        }
        flush()
        return String(text)
    }
}

/// Finds where values end.
private struct Scanner {
    var rest: ArraySlice<UInt8>

    init(rest: ArraySlice<UInt8>) { self.rest = rest }

    /// Inside an object or array, at its first name or value; nil if it is none.
    init?(inside bytes: ArraySlice<UInt8>, _ opening: UInt8) {
        guard bytes.first == opening else { return nil }
        rest = bytes.dropFirst()
        skipSpace()
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func skipSpace() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }

    mutating func skipToNext() {
        skipSpace()
        _ = take(UInt8(ascii: ","))
        skipSpace()
    }

    /// The value that starts here; nil at the end of what it is in.
    mutating func value() -> ArraySlice<UInt8>? {
        var depth = 0
        var isString = false
        var isEscaped = false
        var end = rest.startIndex
        scan: while end < rest.endIndex {
            let byte = rest[end]
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { break scan }
                    depth -= 1
                case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
                    if depth == 0 { break scan }
                default: break
                }
            }
            end += 1
        }
        guard end > rest.startIndex else { return nil }
        defer { rest = rest[end...] }
        return rest[..<end]
    }
}
