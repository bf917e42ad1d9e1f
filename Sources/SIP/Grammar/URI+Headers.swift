/// The part of a URI behind its question mark, which has no place in a message (RFC 3261 section 19.1.1, table 1): whoever forms a
/// request from the URI makes header fields of it (section 19.1.5).
extension URI {
    /// The same without header fields, as it may be a Request-URI, stand in From and To, and be the target of a dialog.
    package var withoutHeaders: URI {
        let end = Int(parts.parameters.upper)
        guard end < bytes.count else { return self }
        return (try? URI(parsing: bytes[..<end])) ?? self
    }

    /// The same without `method` parameter, which has no place in a Request-URI either; nil if nothing is left that is a URI.
    package var withoutMethod: URI? {
        guard let value = parameter(named: "method") else { return self }
        // With the semicolon before it, and the equals sign if it has one.
        let head = bytes[..<value.startIndex]
        guard let start = head.lastIndex(of: UInt8(ascii: ";")) else { return nil }
        return try? URI(parsing: Array(bytes[..<start] + bytes[value.endIndex...]))
    }

    /// Name and value of each header field, escapes undone, in their order. What would break a line is left out, and so is `body`,
    /// which is none.
    package var headerFields: [(name: [UInt8], value: [UInt8])] {
        bytes[parts.headers].split(separator: UInt8(ascii: "&")).compactMap { part in
            let name = unescaped(part.prefix { $0 != UInt8(ascii: "=") })
            let value = unescaped(part.drop { $0 != UInt8(ascii: "=") }.dropFirst())
            let span = name.span
            guard !name.isEmpty, span.skipToken(0, span.count) == span.count,
                !equalIgnoringCase(name[...], Array("body".utf8)), value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { return nil }
            return (name, value)
        }
    }
}
