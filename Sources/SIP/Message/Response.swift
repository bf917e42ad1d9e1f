/// Writes the response to a request (RFC 3261 section 8.2.6.2): all Vias in order, From, To, Call-ID and CSeq as they
/// came, the topmost Via with `received` and `rport` filled in (section 18.2.1, RFC 3581 section 4), Record-Route
/// where the response may make a dialog, and for 100 the Timestamp.
///
/// - Parameters:
///   - source: where the request came from.
///   - reason: nil for the phrase of the RFCs.
///   - toTag: added to To if that has none yet and the status is above 100.
///   - extra: writes further header fields: Contact, Allow, Retry-After and so on.
package func makeResponse(
    to request: Message,
    source: Endpoint,
    status: UInt16,
    reason: StaticString? = nil,
    toTag: [UInt8]?,
    body: MessageBody? = nil,
    writing extra: (inout MessageWriter) -> Void = { _ in }
) -> [UInt8] {
    var writer = MessageWriter(capacity: 768 + (body?.bytes.count ?? 0))
    writer.statusLine(status, reason: reason)
    writer.answerVias(request.via, request.fields, request.bytes, source)
    if status > 100, status < 300 { writer.copyFields(.recordRoute, from: request) }
    writer.field(.from, request.bytes[request.from.range])
    writer.answerTo(request.bytes[request.to.range], tag: status > 100 && request.to.tag == nil ? toTag : nil)
    writer.field(.callID, request.bytes[request.callID])
    if let cseq = request.first(.cseq) { writer.field(.cseq, request.bytes[cseq]) }
    if status == 100 { writer.copyFields(.timestamp, from: request) }
    extra(&writer)
    return writer.finish(body)
}

/// Writes the refusal of a request that is too broken for a transaction: as `makeResponse(to:)`, with raw header
/// values.
package func makeResponse(
    to request: MalformedRequest,
    source: Endpoint,
    status: UInt16,
    reason: StaticString? = nil,
    toTag: [UInt8]?,
    writing extra: (inout MessageWriter) -> Void = { _ in }
) -> [UInt8] {
    var writer = MessageWriter(capacity: 768)
    writer.statusLine(status, reason: reason)
    writer.answerVias(request.via, request.fields, request.bytes, source)
    writer.field(.from, request.bytes[request.from])
    writer.answerTo(request.bytes[request.to], tag: request.hasToTag ? nil : toTag)
    writer.field(.callID, request.bytes[request.callID])
    writer.field(.cseq, request.bytes[request.cseq])
    extra(&writer)
    return writer.finish()
}

/// Where the responses to a request go (RFC 3261 section 18.2.2, RFC 3581 section 4): over a stream back to where it
/// came from; over UDP to the address it came from, at the port it came from if it asks so by `rport`, else at that
/// of sent-by. A `maddr` is not obeyed: it would let a stranger point our answers at somebody else.
package func responseDestination(of request: Message, source: Endpoint) -> Endpoint {
    responseDestination(via: request.via, source: source)
}

package func responseDestination(of request: MalformedRequest, source: Endpoint) -> Endpoint {
    responseDestination(via: request.via, source: source)
}

private func responseDestination(via: Via, source: Endpoint) -> Endpoint {
    guard source.transport == .udp, via.rport == nil else { return source }
    var destination = source
    destination.port = via.effectivePort
    return destination
}

extension MessageWriter {
    fileprivate mutating func answerVias(_ via: Via, _ fields: [HeaderField], _ source: [UInt8], _ peer: Endpoint) {
        var isTopmost = true
        for entry in fields where entry.name == .via {
            guard isTopmost else {
                field(.via, source[entry.value])
                continue
            }
            isTopmost = false
            begin(.via)
            answerTopmost(via, entry.value, source, peer)
            end()
        }
    }

    /// The line of the topmost Via: `received` and a filled `rport` come first among its parameters, what the request
    /// may have said of them is left out.
    private mutating func answerTopmost(_ via: Via, _ line: ByteRange, _ source: [UInt8], _ peer: Endpoint) {
        append(source[ByteRange(lower: line.lower, upper: via.parametersStart)])
        if via.rport != nil || via.received != nil || IPAddress(parsing: source[via.host]) != peer.address {
            append(";received=")
            append(address: peer.address)
        }
        if via.rport != nil {
            append(";rport=")
            append(decimal: UInt64(peer.port))
        }
        var position = via.parametersStart
        let isReceivedFirst = (via.received?.name.lower ?? .max) < (via.rport?.name.lower ?? .max)
        answerLeavingOut(isReceivedFirst ? via.received : via.rport, &position, source)
        answerLeavingOut(isReceivedFirst ? via.rport : via.received, &position, source)
        append(source[ByteRange(lower: position, upper: line.upper)])
    }

    /// Writes what stands between `position` and the semicolon of a parameter, and goes on behind it.
    private mutating func answerLeavingOut(_ parameter: Parameter?, _ position: inout UInt32, _ source: [UInt8]) {
        guard let parameter, parameter.name.lower >= position else { return }
        let gap = source[ByteRange(lower: position, upper: parameter.name.lower)]
        if let semicolon = gap.lastIndex(of: UInt8(ascii: ";")) { append(gap[..<semicolon]) }
        position = parameter.range.upper
    }

    fileprivate mutating func answerTo(_ value: ArraySlice<UInt8>, tag: [UInt8]?) {
        begin(.to)
        append(value)
        if let tag {
            append(";tag=")
            append(tag)
        }
        end()
    }
}
