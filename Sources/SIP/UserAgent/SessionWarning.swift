/// Why a session description is refused: the Warning of a 488 or 606 (RFC 3261 sections 20.43, 21.4.26 and 21.6.4). The texts are for
/// people who look at traces.
package enum SessionWarning: UInt16, Sendable {
    /// IPv4 on one side, IPv6 on the other.
    case incompatibleAddress = 301
    /// RTP on one side, SRTP on the other.
    case incompatibleTransport = 302
    /// No medium of a kind that is served here.
    case mediaTypeNotAvailable = 304
    /// No encoding in common.
    case incompatibleFormat = 305
    /// Anything else: the far end has refused, or has answered without a description; or changes of this kind are not passed on.
    case miscellaneous = 399

    fileprivate var text: StaticString {
        switch self {
        case .incompatibleAddress: "No network address of this kind"
        case .incompatibleTransport: "RTP and SRTP are not converted into each other"
        case .mediaTypeNotAvailable: "No medium that is served here"
        case .incompatibleFormat: "No encoding in common"
        case .miscellaneous: "No session of this kind"
        }
    }
}

extension MessageWriter {
    /// The Warning of a refusal that should have one; without a reason of our own, that the other side is it.
    ///
    /// - Parameter product: of which the name is the agent that warns; its version is not a token.
    mutating func warn(_ status: UInt16, _ warning: SessionWarning?, of product: [UInt8]) {
        guard warning != nil || status == 488 || status == 606 else { return }
        let warning = warning ?? .miscellaneous
        begin(.warning)
        append(decimal: UInt64(warning.rawValue))
        append(" ")
        append(product.prefix { $0 != UInt8(ascii: "/") })
        append(" \"")
        append(warning.text)
        append("\"")
        end()
    }
}
