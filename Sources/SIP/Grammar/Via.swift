/// One value of Via (RFC 3261 section 20.42) as offsets into the message:
///
///     via-parm = "SIP" SLASH "2.0" SLASH transport LWS host [ COLON port ] *( SEMI via-params )
package struct Via: Hashable, Sendable {
    /// The whole value.
    package var range: ByteRange
    /// The name of the transport; see also `transportProtocol`.
    package var transport: ByteRange
    /// nil for a transport that we do not speak.
    package var transportProtocol: TransportProtocol?
    /// The host of sent-by: a name, an IPv4 address, or an IPv6 address with its brackets.
    package var host: ByteRange
    /// The port of sent-by; nil where it names none: the default is 5060, with TLS 5061.
    package var port: UInt16?
    /// Where the parameters begin: the offset after sent-by.
    package var parametersStart: UInt32
    package var branch: ByteRange?
    /// The `rport` parameter, with or without a value (RFC 3581).
    package var rport: Parameter?
    package var received: Parameter?
    package var maddr: ByteRange?

    static var none: Via { Via(range: .none, transport: .none, host: .none, parametersStart: 0) }

    /// sent-by as it stands: host and port.
    package var sentBy: ByteRange { ByteRange(lower: host.lower, upper: max(host.upper, parametersStart)) }

    /// The port that the sender sees answers on, as his server filled it in.
    package func receivedPort(in bytes: [UInt8]) -> UInt16? {
        guard let value = rport?.value else { return nil }
        return bytes.span.number(Int(value.lower), Int(value.upper), maximum: 65535).map(UInt16.init)
    }

    /// The port that sent-by means.
    package var effectivePort: UInt16 { port ?? (transportProtocol == .tls ? 5061 : 5060) }
}

extension Span where Element == UInt8 {
    /// Reads the Via at `position`, up to the end of the range or to the comma before the next. Where it throws behind
    /// sent-by, `via` holds what an answer needs: everything up to there.
    func via(_ via: inout Via, _ position: inout Int, _ end: Int) throws(GrammarError) {
        let start = skipBlanks(position, end)
        // The version may be another: such a request is refused, but the refusal needs its Via.
        let version = try skipSentProtocolPart(start, end)
        guard spells(ByteRange(start, skipToken(start, end)), "SIP") else { throw GrammarError(start, "SIP/2.0/") }
        position = try skipSentProtocolPart(version, end)
        let transport = skipToken(position, end)
        guard transport > position else { throw GrammarError(position, "a transport such as UDP") }
        var result = Via.none
        result.transport = ByteRange(position, transport)
        result.transportProtocol =
            spells(result.transport, "UDP")
            ? .udp : spells(result.transport, "TCP") ? .tcp : spells(result.transport, "TLS") ? .tls : nil
        position = skipBlanks(transport, end)
        guard position > transport else { throw GrammarError(position, "a space and the sender's host") }
        let host = try skipHost(position, end)
        result.host = ByteRange(position, host)
        position = host
        let colon = skipBlanks(host, end)
        if at(colon) == UInt8(ascii: ":"), colon < end {
            let digits = skipBlanks(colon + 1, end)
            let stop = skipDigits(digits, end)
            guard let port = number(digits, stop, maximum: 65535) else {
                throw GrammarError(digits, "a port from 0 to 65535")
            }
            result.port = UInt16(truncatingIfNeeded: port)
            position = stop
        }
        result.parametersStart = UInt32(clamping: position)
        result.range = ByteRange(start, position)
        via = result
        var last = position
        while let parameter = try nextParameter(&position, end) {
            last = Int(parameter.range.upper)
            switch at(Int(parameter.name.lower)).lowercased {
            case UInt8(ascii: "b") where spells(parameter.name, "branch"): via.branch = parameter.value
            case UInt8(ascii: "r") where spells(parameter.name, "rport"): via.rport = parameter
            case UInt8(ascii: "r") where spells(parameter.name, "received"): via.received = parameter
            case UInt8(ascii: "m") where spells(parameter.name, "maddr"): via.maddr = parameter.value
            default: break
            }
        }
        via.range = ByteRange(start, last)
    }

    /// One word of `SIP / 2.0 / UDP` and the slash behind it, blanks around both.
    private func skipSentProtocolPart(_ start: Int, _ end: Int) throws(GrammarError) -> Int {
        let stop = skipToken(start, end)
        let slash = skipBlanks(stop, end)
        guard stop > start, slash < end, at(slash) == UInt8(ascii: "/") else {
            throw GrammarError(start, "SIP/2.0/ and a transport")
        }
        return skipBlanks(slash + 1, end)
    }
}
