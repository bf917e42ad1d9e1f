/// The requests of a dialog (RFC 3261 section 12.2.1.1).
extension Dialog {
    /// Methods that we take, as Allow lists them.
    static let allow: StaticString = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, REFER, NOTIFY"

    /// Extensions that we have, as Supported lists them, and each alone as Require may ask for it.
    static let supported: StaticString = "100rel, timer, replaces"
    static let options: [StaticString] = ["100rel", "timer", "replaces"]

    /// From or To without tag: `"name" <uri>`, or `<uri>` without a name.
    static func address(displayName: String, uri: [UInt8]) -> [UInt8] {
        var writer = MessageWriter(capacity: displayName.utf8.count + uri.count + 8)
        if !displayName.isEmpty { writer.append(displayName: Array(displayName.utf8)) }
        writer.append("<")
        writer.append(uri)
        writer.append(">")
        return writer.bytes
    }

    /// Builds a request. INVITEs and their like tell our Contact and what we allow; an ACK is no place for either.
    func request(
        _ method: Method,
        cseq: UInt32,
        branch: Token,
        product: [UInt8],
        body: MessageBody?,
        maxForwards: UInt8 = 70,
        writing extra: (inout MessageWriter) -> Void = { _ in }
    ) -> [UInt8] {
        var writer = MessageWriter(capacity: 720 + (body?.bytes.count ?? 0))
        let (uri, routes) = requestURIAndRoutes
        writer.requestLine(method, uri)
        writer.via(local, branch: branch)
        for route in routes { writer.field(.route, route) }
        writer.field(.maxForwards, number: UInt64(maxForwards))
        writer.begin(.from)
        writer.append(localAddress)
        writer.append(";tag=")
        writer.append(localTag)
        writer.end()
        writer.begin(.to)
        writer.append(remoteAddress)
        if !remoteTag.isEmpty {
            writer.append(";tag=")
            writer.append(remoteTag)
        }
        writer.end()
        writer.field(.callID, callID)
        writer.cseq(cseq, method)
        switch method {
        case .invite, .update:
            writeContact(to: &writer)
            writer.field(.allow, Self.allow)
        case .refer, .notify: writeContact(to: &writer)
        default: break
        }
        extra(&writer)
        writer.field(.userAgent, product)
        return writer.finish(body)
    }

    /// The Request-URI of the next request.
    var requestURI: [UInt8] { requestURIAndRoutes.uri }

    func writeContact(to writer: inout MessageWriter) {
        writer.begin(.contact)
        writer.append("<")
        writeContactURI(to: &writer)
        writer.append(">")
        writer.end()
    }

    /// Where we can be reached by requests of the dialog.
    func writeContactURI(to writer: inout MessageWriter) {
        let isSecure = isSecure && local.transport == .tls
        writer.append(isSecure ? "sips:" : "sip:")
        writer.append(host: local.address)
        writer.append(":")
        writer.append(decimal: UInt64(local.port))
        switch local.transport {
        case .udp: break
        case .tcp: writer.append(";transport=tcp")
        // Said by the scheme already; RFC 3261 section 26.2.2 has no such parameter beside it.
        case .tls: if !isSecure { writer.append(";transport=tls") }
        }
    }

    /// With a loose router first, or none, the remote target is the Request-URI; a strict router takes its place and the target
    /// moves to the end of the route (RFC 3261 section 12.2.1.1).
    private var requestURIAndRoutes: (uri: [UInt8], routes: [[UInt8]]) {
        guard let first = routeSet.first, let router = URI(addressIn: first), !router.isLooseRouter else {
            return (remoteTarget.bytes, routeSet)
        }
        var target: [UInt8] = Array("<".utf8)
        target += remoteTarget.bytes
        target += Array(">".utf8)
        return (router.withoutHeaders.bytes, Array(routeSet.dropFirst()) + [target])
    }
}
