/// One `;name=value` behind an address, a Via or a media type (`generic-param`, RFC 3261 section 25.1).
package struct Parameter: Hashable, Sendable {
    package var name: ByteRange
    /// nil for a flag such as `;lr`; a quoted value includes its quotes.
    package var value: ByteRange?

    /// From the name to the end of the value.
    package var range: ByteRange { ByteRange(lower: name.lower, upper: value?.upper ?? name.upper) }
}

extension Span where Element == UInt8 {
    /// Takes the next parameter, `*( SEMI generic-param )`; nil at the end of the range or at a comma, where the next
    /// value of a list begins. Leaves `position` after what it took.
    ///
    /// A value may be any visible text without separators, which is more than the grammar's token, host or quoted
    /// string: peers put base64 and the like into their tags.
    func nextParameter(_ position: inout Int, _ end: Int) throws(GrammarError) -> Parameter? {
        position = skipBlanks(position, end)
        guard position < end, at(position) != UInt8(ascii: ",") else { return nil }
        guard at(position) == UInt8(ascii: ";") else { throw GrammarError(position, "';' or ',' or the end") }
        let start = skipBlanks(position + 1, end)
        let stop = skipToken(start, end)
        guard stop > start else { throw GrammarError(start, "the name of a parameter after ';'") }
        position = skipBlanks(stop, end)
        guard at(position) == UInt8(ascii: "="), position < end else {
            return Parameter(name: ByteRange(start, stop), value: nil)
        }
        let valueStart = skipBlanks(position + 1, end)
        let valueEnd: Int
        if at(valueStart) == UInt8(ascii: "\""), valueStart < end {
            guard let closed = skipQuoted(valueStart, end) else { throw GrammarError(valueStart, "a closing '\"'") }
            valueEnd = closed
        } else {
            valueEnd = skipParameterValue(valueStart, end)
        }
        guard valueEnd > valueStart else { throw GrammarError(valueStart, "a value after '='") }
        position = valueEnd
        return Parameter(name: ByteRange(start, stop), value: ByteRange(valueStart, valueEnd))
    }

    private func skipParameterValue(_ start: Int, _ end: Int) -> Int {
        var offset = start
        while offset < end {
            switch at(offset) {
            case 0...0x20, 0x7F, UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "<"),
                UInt8(ascii: ">"):
                return offset
            default: offset &+= 1
            }
        }
        return offset
    }

    /// The end of the value of a list that starts here: the offset of the next comma outside of quotes and `<>`, or
    /// `end`.
    func skipListValue(_ start: Int, _ end: Int) -> Int {
        var offset = start
        while offset < end {
            switch at(offset) {
            case UInt8(ascii: ","): return offset
            case UInt8(ascii: "\""): offset = skipQuoted(offset, end) ?? end
            case UInt8(ascii: "<"): offset = firstOffset(of: UInt8(ascii: ">"), offset, end) ?? end
            default: offset &+= 1
            }
        }
        return end
    }
}
