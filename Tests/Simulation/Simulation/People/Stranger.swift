import SIP

/// Somebody on the network who is not trusted, and sends what is not his to send: calls, requests of dialogs that do not exist,
/// responses that nobody asked for, and what is no SIP at all.
final class Stranger: Station {
    private static let methods: [StaticString] = [
        "INVITE", "BYE", "ACK", "CANCEL", "OPTIONS", "REFER", "UPDATE", "SUBSCRIBE",
    ]

    func disturb() {
        guard world.random.happens(70) else { return sendNonsense() }
        let number = world.mint()
        let method = world.random.pick(Self.methods) ?? "OPTIONS"
        let session = Session(
            number: number,
            station: self,
            callID: token(),
            localTag: token(),
            remoteTag: world.random.happens(50) ? token() : [],
            local: [UInt8]("<") + uri + [UInt8](">"),
            remote: [UInt8]("<sip:f0@127.0.0.1>"),
            target: [UInt8]("sip:f0@127.0.0.1:5060"),
            caller: -1,
            isOurs: true
        )
        if world.random.happens(30) {
            send(
                [UInt8]("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK") + token()
                    + [UInt8]("\r\nFrom: <sip:x@127.0.0.1>;tag=") + token() + [UInt8]("\r\nTo: <sip:y@127.0.0.1>;tag=")
                    + token()
                    + [UInt8]("\r\nCall-ID: ") + token() + [UInt8]("\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")
            )
        } else {
            let body = world.random.happens(50) ? session.describe(answering: nil) : nil
            send(request(method, in: session, cseq: world.random.number(0...9), branch: number, body: body))
        }
    }

    /// Of the form that the core's own tags and branches have.
    private func token() -> [UInt8] {
        Token(
            slot: UInt32(world.random.below(64)),
            generation: UInt32(world.random.below(8)),
            nonce: world.random.next()
        ).bytes
    }

    private func sendNonsense() {
        let length = world.random.number(0...200)
        send((0..<length).map { _ in UInt8(truncatingIfNeeded: world.random.next()) })
    }

    /// Whatever the answers to that are.
    override func receive(_ bytes: [UInt8]) {}
}
