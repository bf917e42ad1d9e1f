/// The parts of a SIP, SIPS or tel URI (RFC 3261 section 19.1, RFC 3966) as offsets into the buffer that holds it.
///
///     SIP-URI = "sip:" [ user [ ":" password ] "@" ] host [ ":" port ] *( ";" parameter ) [ "?" headers ]
package struct URIRanges: Hashable, Sendable {
    package enum Scheme: UInt8, Hashable, Sendable {
        case sip, sips, tel
        /// Any other: only `range` says something then. A request to it gets 416.
        case other
    }

    package var scheme: Scheme
    /// The whole URI.
    package var range: ByteRange
    /// The user part, still escaped; of a tel URI, the number.
    package var user: ByteRange?
    package var password: ByteRange?
    /// A name, an IPv4 address, or an IPv6 address with its brackets; empty unless the scheme is sip or sips.
    package var host: ByteRange
    /// nil where the URI names none: the default is 5060, with TLS 5061.
    package var port: UInt16?
    /// From the first `;` to the end of the last parameter; empty if there are none.
    package var parameters: ByteRange
    /// After the `?`; empty if there are none.
    package var headers: ByteRange
}

extension Span where Element == UInt8 {
    /// Reads a URI that fills the range.
    func uri(_ lower: Int, _ upper: Int) throws(GrammarError) -> URIRanges {
        var colon = lower
        while colon < upper, at(colon).isLetter || at(colon).isSchemeCharacter { colon &+= 1 }
        guard colon > lower, colon < upper, at(colon) == UInt8(ascii: ":"), at(lower).isLetter else {
            throw GrammarError(lower, "a URI such as sip:user@host")
        }
        let scheme = ByteRange(lower, colon)
        var uri = URIRanges(
            scheme: .other,
            range: ByteRange(lower, upper),
            host: ByteRange(upper, upper),
            parameters: ByteRange(upper, upper),
            headers: ByteRange(upper, upper)
        )
        if spells(scheme, "sip") {
            uri.scheme = .sip
            try sipParts(&uri, colon + 1, upper)
        } else if spells(scheme, "sips") {
            uri.scheme = .sips
            try sipParts(&uri, colon + 1, upper)
        } else if spells(scheme, "tel") {
            uri.scheme = .tel
            try telephoneParts(&uri, colon + 1, upper)
        } else {
            guard colon + 1 < upper else { throw GrammarError(upper, "something after the scheme") }
            for offset in colon + 1..<upper where !at(offset).isOpaqueURICharacter {
                throw GrammarError(offset, "a character that a URI may have")
            }
        }
        return uri
    }

    private func sipParts(_ uri: inout URIRanges, _ start: Int, _ end: Int) throws(GrammarError) {
        var position = start
        if let at = firstOffset(of: UInt8(ascii: "@"), start, end) {
            try userInfo(&uri, start, at)
            position = at + 1
        }
        let host = try skipHost(position, end)
        uri.host = ByteRange(position, host)
        position = host
        if at(position) == UInt8(ascii: ":"), position < end {
            let stop = skipDigits(position + 1, end)
            guard let port = number(position + 1, stop, maximum: 65535) else {
                throw GrammarError(position + 1, "a port from 0 to 65535")
            }
            uri.port = UInt16(truncatingIfNeeded: port)
            position = stop
        }
        position = try uriParameters(&uri, position, end)
        if at(position) == UInt8(ascii: "?"), position < end {
            for offset in position + 1..<end where !at(offset).isOpaqueURICharacter {
                throw GrammarError(offset, "a character that a header of a URI may have")
            }
            uri.headers = ByteRange(position + 1, end)
            position = end
        }
        guard position == end else {
            throw GrammarError(position, "':port', ';parameter', '?header' or the end of the URI")
        }
    }

    private func userInfo(_ uri: inout URIRanges, _ start: Int, _ end: Int) throws(GrammarError) {
        let user = try skipEscaped(.user, start, end)
        guard user > start else { throw GrammarError(start, "a user before '@'") }
        uri.user = ByteRange(start, user)
        guard user < end else { return }
        guard at(user) == UInt8(ascii: ":") else { throw GrammarError(user, "a character that a user part may have") }
        let password = try skipEscaped(.password, user + 1, end)
        guard password == end else { throw GrammarError(password, "a character that a password may have") }
        uri.password = ByteRange(user + 1, end)
    }

    private func telephoneParts(_ uri: inout URIRanges, _ start: Int, _ end: Int) throws(GrammarError) {
        var position = skip(.telephone, start, end)
        guard position > start else { throw GrammarError(start, "a telephone number") }
        uri.user = ByteRange(start, position)
        position = try uriParameters(&uri, position, end)
        guard position == end else { throw GrammarError(position, "';parameter' or the end of the URI") }
    }

    /// `*( ";" pname [ "=" pvalue ] )`; the offset after them.
    private func uriParameters(_ uri: inout URIRanges, _ start: Int, _ end: Int) throws(GrammarError) -> Int {
        var position = start
        while position < end, at(position) == UInt8(ascii: ";") {
            let name = try skipEscaped(.parameter, position + 1, end)
            guard name > position + 1 else { throw GrammarError(name, "the name of a URI parameter after ';'") }
            position = name
            if at(name) == UInt8(ascii: "="), name < end {
                position = try skipEscaped(.parameter, name + 1, end)
                guard position > name + 1 else { throw GrammarError(position, "a value after '='") }
            }
        }
        uri.parameters = ByteRange(start, position)
        return position
    }

    /// The end of a host name, IPv4 address or bracketed IPv6 address.
    func skipHost(_ start: Int, _ end: Int) throws(GrammarError) -> Int {
        var position = start
        if at(start) == UInt8(ascii: "["), start < end {
            position += 1
            while position < end, at(position).isAddressCharacter { position &+= 1 }
            guard position < end, at(position) == UInt8(ascii: "]"), position > start + 2 else {
                throw GrammarError(position, "an IPv6 address in brackets")
            }
            return position + 1
        }
        position = skip(.host, start, end)
        guard position > start else { throw GrammarError(start, "a host name or an address") }
        return position
    }

    func skipDigits(_ start: Int, _ end: Int) -> Int {
        var offset = start
        while offset < end, at(offset).isDigit { offset &+= 1 }
        return offset
    }

    /// The end of the characters of a class and of `%HH` escapes.
    private func skipEscaped(
        _ characters: CharacterClass,
        _ start: Int,
        _ end: Int
    ) throws(GrammarError) -> Int {
        var offset = skip(characters, start, end)
        while offset < end, at(offset) == UInt8(ascii: "%") {
            guard offset + 2 < end, at(offset + 1).hexadecimalValue != nil, at(offset + 2).hexadecimalValue != nil
            else {
                throw GrammarError(offset, "two hexadecimal digits after '%'")
            }
            offset = skip(characters, offset + 3, end)
        }
        return offset
    }
}

extension UInt8 {
    fileprivate var isSchemeCharacter: Bool {
        isDigit || self == UInt8(ascii: "+") || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
    }

    fileprivate var isAddressCharacter: Bool {
        hexadecimalValue != nil || self == UInt8(ascii: ":") || self == UInt8(ascii: ".")
    }

    /// What may stand in a part of a URI that we do not take apart: visible ASCII that cannot end its surroundings.
    fileprivate var isOpaqueURICharacter: Bool {
        self > 0x20 && self < 0x7F && self != UInt8(ascii: "<") && self != UInt8(ascii: ">")
            && self != UInt8(ascii: "\"")
    }
}
