/// What identifies a server transaction, apart from the method (RFC 3261 section 17.2.3): the branch and sent-by of the
/// topmost Via. An INVITE, its ACK for a response of 300 or more and its CANCEL have the same.
///
/// A branch without the magic cookie is from an RFC 2543 implementation and need not be unique. There the Request-URI, From
/// tag, Call-ID, CSeq number and the topmost Via take its place, and To tags are compared as well (`LegacyTags`).
enum TransactionKey {
    /// Writes the key of a request into a buffer that is used again and again.
    static func write(_ request: Message, into key: inout [UInt8]) {
        key.removeAll(keepingCapacity: true)
        if let branch = request.via.branch, !isLegacy(request) {
            key.append(branch, of: request.bytes)
            // No byte of a branch or a host is 0, so parts cannot run into each other.
            key.append(0)
            for byte in request.bytes[request.via.host] { key.append(byte.lowercased) }
            key.append(0)
            key.append(UInt8(truncatingIfNeeded: request.via.effectivePort >> 8))
            key.append(UInt8(truncatingIfNeeded: request.via.effectivePort))
        } else {
            let parts = [request.requestURI ?? .none, request.from.tag ?? .none, request.callID, request.via.range]
            for part in parts {
                key.append(0)
                key.append(part, of: request.bytes)
            }
            key.append(0)
            key.append(decimal: UInt64(request.cseq.number))
        }
    }

    /// Whether the branch is missing, or nothing but the cookie, or lacks it.
    static func isLegacy(_ request: Message) -> Bool {
        guard let branch = request.via.branch else { return true }
        return cookieSuffix(of: request.bytes[branch]).isEmpty
    }

    /// What follows the magic cookie; empty if the branch does not begin with it.
    static func cookieSuffix(of branch: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        spells(branch.prefix(cookie.utf8CodeUnitCount), cookie) ? branch.dropFirst(cookie.utf8CodeUnitCount) : []
    }

    /// RFC 3261 section 8.1.1.7.
    static let cookie: StaticString = "z9hG4bK"
}

/// The To tags of a transaction that is recognised by the rules of RFC 2543: requests repeat that of the request, ACKs that
/// of the response.
struct LegacyTags: Hashable, Sendable {
    private let request: [UInt8]
    private var response: [UInt8] = []

    /// nil for a request that follows RFC 3261.
    init?(_ message: Message) {
        guard TransactionKey.isLegacy(message) else { return nil }
        request = Self.toTag(of: message)
    }

    mutating func answer(with bytes: [UInt8]) {
        if case .message(let message) = Message.parse(bytes) { response = Self.toTag(of: message) }
    }

    func match(_ message: Message) -> Bool {
        Self.toTag(of: message) == (message.method == .ack ? response : request)
    }

    private static func toTag(of message: Message) -> [UInt8] { message.copy(of: message.to.tag ?? .none) }
}
