/// What a user agent reads in a message beyond what matching needs.
extension Message {
    /// The URI of the first Contact; nil if there is none that can be used.
    var contactURI: URI? {
        guard let contact = firstAddress(.contact) else { return nil }
        return target(contact.uri)
    }

    /// Where requests of the dialog that an INVITE begins go: its Contact. A caller of RFC 2543 need not have one; his From says
    /// then where he is.
    var dialogTarget: URI? {
        if let contactURI { return contactURI }
        guard TransactionKey.isLegacy(self), !has(.contact) else { return nil }
        return target(from.uri)
    }

    /// A URI that requests of ours can go to; none that we would refuse ourselves for its length. Header fields are left out: they
    /// have no place in the Contact of a dialog, nor in a Request-URI (RFC 3261 section 19.1.1).
    func target(_ range: ByteRange) -> URI? {
        guard range.count <= MessageLimits.standard.requestURI else { return nil }
        return try? URI(parsing: copy(of: range)).withoutHeaders
    }

    /// Max-Forwards of what is sent on for the sender of this request (RFC 7332).
    package var hopsLeft: UInt8 {
        let hops = maxForwards ?? 70
        return hops == 0 ? 0 : hops - 1
    }

    /// What Require asks for and we do not have (RFC 3261 section 8.2.2.3).
    var unsupportedOptions: [ByteRange] {
        values(of: .require).filter { option in !Dialog.options.contains { spells(option, $0) } }
    }

    /// Whether Accept, if it is there, lets us answer with SDP.
    var acceptsSessionDescriptions: Bool {
        guard has(.accept) else { return true }
        return values(of: .accept).contains { value in
            let end = value.lower + UInt32(clamping: bytes[value].prefix { $0 != UInt8(ascii: ";") }.count)
            let range = ByteRange(lower: value.lower, upper: end)
            let type = ByteRange(
                lower: range.lower,
                upper: range.upper - UInt32(clamping: bytes[range].reversed().prefix { $0 <= 0x20 }.count)
            )
            return spells(type, "application/sdp") || spells(type, "application/*") || spells(type, "*/*")
        }
    }

    /// The values of Reason, one a protocol, as one list (RFC 3326).
    var reason: [UInt8]? {
        guard has(.reason) else { return nil }
        return Array(fields.filter { $0.name == .reason }.map { bytes[$0.value] }.joined(separator: ", ".utf8))
    }

    /// A response with more has gone astray: it was to somebody behind us (RFC 3261 section 8.1.3.3).
    var hasOneVia: Bool {
        guard fields.count(where: { $0.name == .via }) == 1, let value = first(.via) else { return false }
        let bytes = bytes
        let comma = bytes.span.firstOffset(of: UInt8(ascii: ","), Int(value.lower), Int(value.upper))
        return comma == nil || !values(of: .via).dropFirst().contains { _ in true }
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
