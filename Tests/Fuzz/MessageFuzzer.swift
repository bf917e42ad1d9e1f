// The target of libFuzzer: what a stranger sends must never stop us, and what we answer must be a message.
//
// Not part of the package: `packaging/fuzz` builds it against the SIP target with -sanitize=fuzzer and runs it.
import Glibc
import SIP

/// Ends the run, so that libFuzzer keeps the input, and says why.
private func broken(_ what: String) -> Never {
    let line = "broken: \(what)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    abort()
}

private func hold(_ condition: Bool, _ what: String) {
    if !condition { broken(what) }
}

/// libFuzzer calls this with each input. A trap is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let source = Endpoint(address: IPAddress(v4: 0x0102_0304), port: 5)
    switch Message.parse(bytes) {
    case .message(let message):
        readEverything(of: message)
        if message.isRequest {
            let response = makeResponse(to: message, source: source, status: 200, toTag: [0x74])
            guard case .message(let answer) = Message.parse(response) else { broken("an unreadable answer") }
            hold(
                answer.bytes[answer.callID].elementsEqual(message.bytes[message.callID]),
                "another Call-ID in the answer"
            )
        }
        converse(message, from: source)
    case .refusable(let request, let error):
        let response = makeResponse(to: request, source: source, status: error.status, toTag: [0x74])
        hold(response.starts(with: "SIP/2.0 ".utf8) && !error.description.isEmpty, "no refusal")
    case .hopeless(let error):
        hold(!error.description.isEmpty, "an error without words")
    }
    if let description = try? SessionDescription(parsing: bytes) { negotiate(description) }
    _ = IPAddress(parsing: bytes)
    if let uri = try? URI(parsing: bytes) {
        hold(uri.isEquivalent(to: uri), "a URI that differs from itself")
        _ = uri.user
    }
    return 0
}

private func readEverything(of message: Message) {
    for name in HeaderName.allCases {
        for value in message.values(of: name) {
            _ = message.text(of: value)
            guard let address = try? message.address(in: value) else { continue }
            _ = address.displayNameText(in: message.bytes)
            if let uri = try? message.ownedURI(address.uri) { _ = (uri.user, uri.transport, uri.isLooseRouter) }
            for parameter in message.parameters(in: address.parameters) { _ = message.text(of: parameter.range) }
        }
        _ = message.number(name)
    }
    guard case .sdp(let range) = message.sessionBody() else { return }
    if let description = try? SessionDescription(parsing: message.bytes(of: range)) { negotiate(description) }
}

/// Everything that a leg may send after it has received this description must be one itself.
private func negotiate(_ description: SessionDescription) {
    var continuity = SDPContinuity(sessionID: 1, address: IPAddress(v4: 1))
    continuity.received(description)
    let bodies = [
        continuity.offer(relaying: description), continuity.answer(relaying: description, to: description),
        continuity.refusal(of: description),
    ]
    for body in bodies {
        guard let ours = try? SessionDescription(parsing: body) else { broken("an unreadable body") }
        hold(ours.media.count >= description.media.count, "a media line is lost")
    }
}

/// The message comes to a user agent that has a leg of each kind; then time passes, and everybody hangs up.
private func converse(_ message: Message, from source: Endpoint) {
    let listener = UserAgentConfiguration.Listener(endpoint: Endpoint(address: IPAddress(v4: 1), port: 5060))
    var agent = UserAgent(
        configuration: UserAgentConfiguration(listeners: [listener], maxLegs: 16, maxTransactions: 64),
        random: SeededGenerator(seed: 1)
    )
    var now: Milliseconds = 1
    var legs: [LegID] = []
    if let target = URI("sip:agent@1.2.3.4:5") {
        let invitation = Invitation(
            target: target,
            fromURI: Array("sip:a@b".utf8),
            displayName: "",
            offer: nil,
            owner: 1
        )
        if let leg = agent.invite(invitation, now: now) { legs.append(leg) }
    }
    agent.receive(message, from: source, on: ListenerID(0), now: now)
    agent.receive(message, from: source, on: ListenerID(0), now: now)
    while let (event, _) = agent.nextEvent() {
        guard case .invited(let leg, _) = event else { continue }
        legs.append(leg)
        agent.progress(leg, status: 180, now: now)
        if let offer = agent.remoteOffer(of: leg) { agent.accept(leg, relaying: offer, now: now) }
        agent.receive(message, from: source, on: ListenerID(0), now: now)
    }
    for leg in legs { agent.hangUp(leg, status: 480, now: now) }
    for _ in 0..<200 {
        guard let next = agent.wheel.nextDeadline else { break }
        now = max(now, next)
        var due: [TimerToken] = []
        agent.wheel.advance(to: now, into: &due)
        for token in due { agent.fire(token, now: now) }
        while agent.nextEvent() != nil {}
        var sent: [Outgoing] = []
        agent.drainDatagrams(into: &sent)
        for datagram in sent {
            guard case .message = Message.parse(datagram.bytes) else { broken("we sent no message") }
        }
    }
    hold(agent.legsAlive == 0 && agent.transactionsAlive == 0, "something is left")
}

/// With SEEDS set to a folder, writes the torture messages of the RFCs there and ends: what the fuzzer begins with.
@_cdecl("LLVMFuzzerInitialize")
public func fuzzInitialize(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    guard let folder = getenv("SEEDS").map({ String(cString: $0) }) else { return 0 }
    for torture in Torture.all {
        guard let file = fopen("\(folder)/\(torture.shortName)", "w") else { exit(1) }
        let bytes = torture.bytes
        let written = fwrite(bytes, 1, bytes.count, file)
        guard written == bytes.count, fclose(file) == 0 else { exit(1) }
    }
    exit(0)
}
