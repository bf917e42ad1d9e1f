import SIP

/// Retransmissions, and to what a response belongs (RFC 3261 section 17).
extension Station {
    /// Starts a client transaction.
    @discardableResult
    func start(_ method: Method, _ bytes: [UInt8], branch: Int, of session: Session) -> StationClient {
        let client = StationClient(method: method, request: bytes, branch: branch, session: session)
        world.add(client)
        send(bytes)
        world.plan(.repeatRequest(client, after: 500), in: 500)
        return client
    }

    func repeatRequest(_ client: StationClient, after interval: Milliseconds) {
        guard !client.isFinal, !(client.method == .invite && client.isProceeding) else { return }
        send(client.request)
        let next = client.method == .invite ? interval * 2 : min(interval * 2, 4_000)
        world.plan(.repeatRequest(client, after: next), in: next)
    }

    /// 64 x T1 after the request.
    func lifetimeIsOver(of client: StationClient) {
        guard !client.isFinal, client.method != .invite || !client.isProceeding else { return }
        client.isFinal = true
        timedOut(client)
    }

    /// Answers a request; the final response to an INVITE goes on until its ACK comes.
    func respond(
        _ server: StationServer,
        _ status: Int,
        tag: [UInt8],
        extra: [UInt8] = [],
        body: [UInt8]? = nil
    ) {
        guard !server.isFinal else { return }
        server.response = response(to: server.request, status: status, tag: tag, extra: extra, body: body)
        server.isFinal = status >= 200
        server.isSuccess = 200...299 ~= status
        send(server.response)
        guard server.isFinal, server.request.method == .invite else { return }
        server.giveUp = world.now + 32_000
        world.plan(.repeatFinal(server, after: 500), in: 500)
    }

    func repeatFinal(_ server: StationServer, after interval: Milliseconds) {
        guard !server.isAcknowledged else { return }
        guard world.now < server.giveUp else { return ackMissing(server) }
        send(server.response)
        let next = min(interval * 2, 4_000)
        world.plan(.repeatFinal(server, after: next), in: next)
    }

    func receive(_ response: Message, status: Int, _ branch: ArraySlice<UInt8>) {
        guard let number = branch.number(behind: 8), let client = world.client(number, response.cseq.method),
            client.session.station === self
        else {
            return complain("got a stray \(status)")
        }
        if status < 200 {
            confirm(response, of: client)
            guard !client.isProceeding, !client.isFinal else { return }
            client.isProceeding = true
            if client.wantsCancel { cancel(client) }
            return
        }
        if client.method == .invite, status >= 300 {
            // The ACK of the transaction: as often as the refusal comes.
            send(acknowledgement(of: client, response))
        }
        let isFirst = !client.isFinal
        client.isFinal = true
        receive(final: response, status: status, of: client, isFirst: isFirst)
    }
}
