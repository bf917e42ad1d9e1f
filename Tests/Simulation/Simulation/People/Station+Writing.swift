import SIP

/// The messages of a station, byte by byte.
extension Station {
    func request(
        _ method: StaticString,
        in session: Session,
        cseq: Int,
        branch: Int,
        extra: [UInt8] = [],
        body: [UInt8]? = nil
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512 + (body?.count ?? 0))
        bytes.append(method)
        bytes.append(" ")
        bytes.append(contentsOf: session.target)
        bytes.append(" SIP/2.0\r\n")
        bytes.append(contentsOf: via)
        bytes.append(number: branch)
        bytes.append("\r\nMax-Forwards: 70\r\nFrom: ")
        bytes.append(contentsOf: session.local)
        bytes.append(";tag=")
        bytes.append(contentsOf: session.localTag)
        bytes.append("\r\nTo: ")
        bytes.append(contentsOf: session.remote)
        if !session.remoteTag.isEmpty {
            bytes.append(";tag=")
            bytes.append(contentsOf: session.remoteTag)
        }
        bytes.append("\r\n")
        bytes.line("Call-ID: ", session.callID)
        bytes.append("CSeq: ")
        bytes.append(number: cseq)
        bytes.append(" ")
        bytes.append(method)
        bytes.append("\r\n")
        bytes.append(contentsOf: contact)
        if session.takesUpdate { bytes.append(Self.allow) }
        bytes.append(contentsOf: extra)
        bytes.finish(body)
        return bytes
    }

    /// Of those who take UPDATE.
    static let allow: StaticString = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK\r\n"

    func response(to request: Message, status: Int, tag: [UInt8], extra: [UInt8], body: [UInt8]?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512 + (body?.count ?? 0))
        bytes.append("SIP/2.0 ")
        bytes.append(number: status)
        bytes.append(" As it is\r\n")
        for field in request.fields where field.name == .via { bytes.line("Via: ", request.bytes[field.value]) }
        bytes.line("From: ", request.bytes[request.from.range])
        bytes.append("To: ")
        bytes.append(contentsOf: request.bytes[request.to.range])
        if request.to.tag == nil, status > 100 {
            bytes.append(";tag=")
            bytes.append(contentsOf: tag)
        }
        bytes.append("\r\n")
        bytes.line("Call-ID: ", request.bytes[request.callID])
        bytes.append("CSeq: ")
        bytes.append(number: Int(request.cseq.number))
        bytes.append(" ")
        bytes.append(contentsOf: request.bytes[request.cseq.methodRange])
        bytes.append("\r\n")
        bytes.append(contentsOf: contact)
        bytes.append(contentsOf: extra)
        bytes.finish(body)
        return bytes
    }

    /// The ACK for a refusal (RFC 3261 section 17.1.1.3), or the CANCEL of an INVITE (section 9.1): as the INVITE, where it matters.
    func companion(_ method: StaticString, of client: StationClient, to response: Message?) -> [UInt8] {
        let session = client.session
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes.append(method)
        bytes.append(" ")
        bytes.append(contentsOf: client.target)
        bytes.append(" SIP/2.0\r\n")
        bytes.append(contentsOf: via)
        bytes.append(number: client.branch)
        bytes.append("\r\nMax-Forwards: 70\r\nFrom: ")
        bytes.append(contentsOf: session.local)
        bytes.append(";tag=")
        bytes.append(contentsOf: session.localTag)
        bytes.append("\r\nTo: ")
        if let response {
            bytes.append(contentsOf: response.bytes[response.to.range])
        } else {
            bytes.append(contentsOf: session.remote)
            if !client.toTag.isEmpty {
                bytes.append(";tag=")
                bytes.append(contentsOf: client.toTag)
            }
        }
        bytes.append("\r\n")
        bytes.line("Call-ID: ", session.callID)
        bytes.append("CSeq: ")
        bytes.append(number: client.cseq)
        bytes.append(" ")
        bytes.append(method)
        bytes.append("\r\n")
        bytes.finish(nil)
        return bytes
    }

    func acknowledgement(of client: StationClient, _ response: Message) -> [UInt8] {
        companion("ACK", of: client, to: response)
    }
}
