/// The values of one header in the order of the message, lists split at commas outside of quotes and `<>`.
package struct HeaderValues: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private let fields: [HeaderField]
    private let name: HeaderName
    private var index = 0
    /// What is left of the field that was begun.
    private var rest: ByteRange?

    init(bytes: [UInt8], fields: [HeaderField], name: HeaderName) {
        self.bytes = bytes
        self.fields = fields
        self.name = name
    }

    package mutating func next() -> ByteRange? {
        while true {
            if let value = nextInField() { return value }
            while index < fields.count, fields[index].name != name { index += 1 }
            guard index < fields.count else { return nil }
            let value = fields[index].value
            index += 1
            if !name.isList {
                if value.isEmpty { continue }
                return value
            }
            rest = value
        }
    }

    /// The next value that is not empty.
    private mutating func nextInField() -> ByteRange? {
        while let current = rest {
            let end = bytes.span.skipListValue(Int(current.lower), Int(current.upper))
            rest = end < current.upper ? ByteRange(end + 1, Int(current.upper)) : nil
            let value = bytes.span.trimmed(Int(current.lower), end)
            if !value.isEmpty { return value }
        }
        return nil
    }
}

/// The parameters of a range that begins at a `;`, one after the other.
package struct Parameters: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    init(bytes: [UInt8], range: ByteRange) {
        self.bytes = bytes
        let range = range.clamped(to: bytes.count)
        position = range.lowerBound
        end = range.upperBound
    }

    package mutating func next() -> Parameter? {
        var offset = position
        guard let parameter = try? bytes.span.nextParameter(&offset, end) else { return nil }
        position = offset
        return parameter
    }
}
