/// Why bytes are no message: what is wrong, in which header, where, and what was expected.
package struct MessageError: Error, Sendable {
    package enum Kind: UInt8, Hashable, Sendable {
        /// Nothing but CRLF: a keep-alive, not an error of the peer (RFC 5626 section 3.5.1).
        case keepAlive
        /// The message is larger than the limit.
        case tooLarge
        /// The first line is neither a request line nor a status line.
        case startLine
        /// Another version of SIP than 2.0.
        case version
        /// The Request-URI is no URI.
        case requestURI
        /// The Request-URI is longer than the limit.
        case requestURITooLong
        /// A header field that does not follow its grammar.
        case header
        /// A mandatory header field is not there.
        case missing
        /// A header field is there twice that may be there once.
        case duplicate
        /// CSeq names another method than the request line.
        case methodMismatch
        /// More header fields than the limit.
        case tooManyFields
        /// The bytes end before the empty line behind the header fields.
        case truncated
        /// The body is shorter than Content-Length says.
        case bodyTooShort
    }

    package var kind: Kind
    /// The header field at fault; nil if it is the start line or the message as a whole, or a header without a name.
    package var header: HeaderName?
    /// Offset in the message.
    package var offset: Int
    /// What was expected there.
    package var expected: StaticString

    init(_ kind: Kind, _ header: HeaderName? = nil, at offset: Int, expected: StaticString) {
        self.kind = kind
        self.header = header
        self.offset = offset
        self.expected = expected
    }

    /// The status of a response that refuses such a request (RFC 3261 sections 8.2, 21.4 and 21.5).
    package var status: UInt16 {
        switch kind {
        case .version: 505
        case .requestURITooLong: 414
        case .tooLarge: 513
        default: 400
        }
    }
}

extension MessageError: CustomStringConvertible {
    /// One line for logs: `From at byte 120: expected '>' after the URI`.
    package var description: String {
        let place =
            switch kind {
            case .requestURI, .requestURITooLong: "Request-URI"
            case .startLine, .version: "start line"
            default: header.map { $0 == .other ? "header field" : "\($0.spelling)" } ?? "message"
            }
        return "\(place) at byte \(offset): expected \(expected)"
    }
}
