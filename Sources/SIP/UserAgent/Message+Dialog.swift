/// What a user agent reads in a message beyond what matching needs.
extension Message {
    /// The URI of the first Contact; nil if there is none that can be used.
    var contactURI: URI? {
        guard let contact = firstAddress(.contact) else { return nil }
        return try? URI(parsing: copy(of: contact.uri))
    }

    /// The values of Record-Route in the order of the message.
    var recordRoutes: [[UInt8]] {
        guard has(.recordRoute) else { return [] }
        return values(of: .recordRoute).map { copy(of: $0) }
    }

    /// From or To with its display name, without tag and other parameters.
    func addressWithoutTag(_ address: NameAddress) -> [UInt8] {
        let end = address.parameters.isEmpty ? address.range.upper : address.parameters.lower
        return copy(of: ByteRange(lower: address.range.lower, upper: end))
    }

    /// What all copies of a request have in common that a proxy has forked: the tag of From, Call-ID and CSeq.
    var identity: [UInt8] {
        var identity = from.tag.map { copy(of: $0) } ?? []
        identity.append(0)
        identity += bytes[callID]
        identity.append(0)
        identity.append(decimal: UInt64(cseq.number))
        return identity
    }

    /// The session description of the body; nil if it has none.
    var sessionDescription: Result<SessionDescription?, SDPError> {
        guard case .sdp(let range) = sessionBody() else { return .success(nil) }
        return Result { () throws(SDPError) in try SessionDescription(parsing: bytes[range]) }
    }
}

extension URI {
    /// The URI of a Route or Record-Route value: what stands in its `<>`.
    init?(addressIn value: [UInt8]) {
        var position = 0
        guard let address = try? value.span.nameAddress(&position, value.count),
            let uri = try? URI(parsing: value[address.uri])
        else { return nil }
        self = uri
    }
}
