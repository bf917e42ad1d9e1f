/// The value of From, To, Contact, Route, Refer-To and their like as offsets into the message:
///
///     ( name-addr / addr-spec ) *( SEMI generic-param )
///     name-addr = [ display-name ] "<" addr-spec ">"
package struct NameAddress: Hashable, Sendable {
    /// The whole value, parameters included.
    package var range: ByteRange
    /// Without its quotes, but with its escapes; nil if there is none.
    package var displayName: ByteRange?
    /// Whether the display name has backslashes, so that its text differs from its bytes.
    package var isDisplayNameEscaped: Bool
    /// What stands inside of `<>`, or alone.
    package var uri: ByteRange
    /// The `tag` parameter of From and To.
    package var tag: ByteRange?
    /// From the first `;` behind the URI to the end; empty if there are none.
    package var parameters: ByteRange

    static var none: NameAddress {
        NameAddress(range: .none, isDisplayNameEscaped: false, uri: .none, parameters: .none)
    }

    /// The display name as it is meant: without the backslashes of `quoted-pair`. Empty if there is none.
    package func displayNameText(in bytes: [UInt8]) -> [UInt8] {
        guard let displayName else { return [] }
        guard isDisplayNameEscaped else { return Array(bytes[displayName]) }
        var text: [UInt8] = []
        var isEscaped = false
        for byte in bytes[displayName] {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else {
                isEscaped = false
                text.append(byte)
            }
        }
        return text
    }
}

extension Span where Element == UInt8 {
    /// Reads the address at `position`, up to the end of the range or to a comma outside of it, and checks its URI.
    func nameAddress(_ position: inout Int, _ end: Int) throws(GrammarError) -> NameAddress {
        let start = skipBlanks(position, end)
        var address = NameAddress.none
        position = start
        if at(start) == UInt8(ascii: "\""), start < end {
            guard let closed = skipQuoted(start, end) else { throw GrammarError(start, "a closing '\"'") }
            address.displayName = ByteRange(start + 1, closed - 1)
            address.isDisplayNameEscaped = firstOffset(of: UInt8(ascii: "\\"), start + 1, closed - 1) != nil
            position = skipBlanks(closed, end)
            guard at(position) == UInt8(ascii: "<"), position < end else {
                throw GrammarError(position, "'<' after the display name")
            }
        } else {
            while position < end, at(position).isDisplayWord || at(position).isBlank { position &+= 1 }
        }
        if at(position) == UInt8(ascii: "<"), position < end {
            if address.displayName == nil {
                let name = trimmed(start, position)
                address.displayName = name.isEmpty ? nil : name
            }
            guard let close = firstOffset(of: UInt8(ascii: ">"), position, end) else {
                throw GrammarError(position, "'>' after the URI")
            }
            address.uri = try uri(position + 1, close).range
            position = close + 1
        } else {
            address.uri = try bareURI(start, &position, end)
        }
        let parameters = position
        while let parameter = try nextParameter(&position, end) {
            guard spells(parameter.name, "tag") else { continue }
            guard let tag = parameter.value, address.tag == nil else {
                throw GrammarError(Int(parameter.name.lower), "one tag with a value")
            }
            address.tag = tag
        }
        address.range = trimmed(start, position)
        address.parameters = trimmed(min(parameters, Int(address.range.upper)), Int(address.range.upper))
        return address
    }

    /// A URI without `<>` ends at `;` or `,`: what follows belongs to the header (RFC 3261 section 20).
    private func bareURI(_ start: Int, _ position: inout Int, _ end: Int) throws(GrammarError) -> ByteRange {
        guard at(position) == UInt8(ascii: ":"), position < end else {
            throw GrammarError(position, "a display name and '<', or a URI")
        }
        while position < end, !at(position).isBlank, at(position) != UInt8(ascii: ";"),
            at(position) != UInt8(ascii: ",")
        {
            position += 1
        }
        let uri = try uri(start, position)
        guard uri.headers.isEmpty else { throw GrammarError(start, "'<' around a URI that has headers") }
        return uri.range
    }
}

extension UInt8 {
    /// Display names without quotes are tokens; UTF-8 in them is not allowed, but common and harmless.
    fileprivate var isDisplayWord: Bool { CharacterClass.token.contains(self) || self >= 0x80 }
}
