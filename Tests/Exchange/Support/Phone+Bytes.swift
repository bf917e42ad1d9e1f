import SIP

/// What a phone puts on the wire, and how it writes down what comes.
extension Phone {
    func request(_ method: String, in dialog: Dialog, branch: String, body: String? = nil) -> String {
        let to =
            dialog.remoteTag.isEmpty || dialog.remote.contains("tag=")
            ? dialog.remote : "\(dialog.remote);tag=\(dialog.remoteTag)"
        let from = dialog.local.contains("tag=") ? dialog.local : "\(dialog.local);tag=\(dialog.localTag)"
        var lines = [
            "\(method) \(dialog.target) SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.0.1:\(endpoint.port);branch=\(branch)",
            "Max-Forwards: 70", "From: \(from)", "To: \(to)", "Call-ID: \(dialog.callID)",
            "CSeq: \(dialog.cseq) \(method)", "Contact: <\(uri)>",
        ]
        if let body {
            lines += ["Content-Type: application/sdp", "Content-Length: \(body.utf8.count)", "", body]
            return lines.joined(separator: "\r\n")
        }
        return (lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n")
    }

    func answer(_ request: Message, _ status: Int, _ callID: String, body: String? = nil) {
        let tag = dialogs[callID]?.localTag ?? "t-\(name)"
        let contact = uri
        let bytes = makeResponse(
            to: request,
            source: bench.endpoint,
            status: UInt16(status),
            toTag: Array(tag.utf8),
            body: body.map { .sdp(Array($0.utf8)) }
        ) { writer in writer.field(.contact, Array("<\(contact)>".utf8)) }
        bench.deliver(bytes, from: endpoint)
    }

    func send(_ text: String) {
        sent.append(text)
        bench.deliver(Array(text.utf8), from: endpoint)
    }

    func describe(_ message: Message) -> String {
        var text = message.status.map { "\($0) \(message.cseq.method)" } ?? "\(message.method)"
        if case .sdp(let range) = message.sessionBody(),
            let description = try? SessionDescription(parsing: message.bytes(of: range))
        {
            text += " sdp=\(description.sessionName)"
        }
        return text
    }
}

extension SessionDescription {
    /// The attribute by which the phones of the tests tell whose description it is; `-` if nobody's.
    var sessionName: String {
        attribute("x-phone", in: session).map { String(decoding: bytes[$0], as: UTF8.self) } ?? "-"
    }

    var ports: [UInt16] { media.map(\.port) }
}
