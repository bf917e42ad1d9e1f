/// The method of a request (RFC 3261 section 7.1 and the RFCs of its extensions). Methods are case-sensitive.
///
/// Two different unknown methods are both `.other`: where that matters, compare their names, which stay in the message.
@usableFromInline package enum Method: UInt8, Hashable, Sendable, CaseIterable {
    case invite, ack, bye, cancel, options, register
    case prack, update, info, refer, notify, subscribe, message, publish
    case other

    /// As it stands in a message; empty for `.other`.
    package var token: StaticString {
        switch self {
        case .invite: "INVITE"
        case .ack: "ACK"
        case .bye: "BYE"
        case .cancel: "CANCEL"
        case .options: "OPTIONS"
        case .register: "REGISTER"
        case .prack: "PRACK"
        case .update: "UPDATE"
        case .info: "INFO"
        case .refer: "REFER"
        case .notify: "NOTIFY"
        case .subscribe: "SUBSCRIBE"
        case .message: "MESSAGE"
        case .publish: "PUBLISH"
        case .other: ""
        }
    }

    /// The method of this name, `.other` if we know none of it.
    package init<Name: Collection>(_ name: Name) where Name.Element == UInt8 {
        self =
            Self.allCases.first { method in
                method.token.withUTF8Buffer { $0.elementsEqual(name) }
            } ?? .other
    }

    init(_ bytes: Span<UInt8>, _ lower: Int, _ upper: Int) {
        let candidate: Method
        switch (upper - lower, bytes.at(lower)) {
        case (6, UInt8(ascii: "I")): candidate = .invite
        case (3, UInt8(ascii: "A")): candidate = .ack
        case (3, UInt8(ascii: "B")): candidate = .bye
        case (6, UInt8(ascii: "C")): candidate = .cancel
        case (7, UInt8(ascii: "O")): candidate = .options
        case (8, UInt8(ascii: "R")): candidate = .register
        case (5, UInt8(ascii: "P")): candidate = .prack
        case (6, UInt8(ascii: "U")): candidate = .update
        case (4, UInt8(ascii: "I")): candidate = .info
        case (5, UInt8(ascii: "R")): candidate = .refer
        case (6, UInt8(ascii: "N")): candidate = .notify
        case (9, UInt8(ascii: "S")): candidate = .subscribe
        case (7, UInt8(ascii: "M")): candidate = .message
        case (7, UInt8(ascii: "P")): candidate = .publish
        default:
            self = .other
            return
        }
        let matches = candidate.token.withUTF8Buffer { token in
            for offset in 1..<token.count {
                guard bytes.at(lower + offset) == token[offset] else { return false }
            }
            return true
        }
        self = matches ? candidate : .other
    }
}
