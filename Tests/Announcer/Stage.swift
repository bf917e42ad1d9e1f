import SIP
import Testing

@testable import cc_announcer

/// A caller, written in plain text, and the server that he calls. Time moves when the test says so.
final class Stage {
    static let caller = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5_060)
    static let offer = """
        v=0\r\no=c 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0\r\n
        """

    var server: AnnouncementServer
    var now: Milliseconds = 1_000_000
    /// Runs while anything plays.
    var clock: FrameClock?
    /// Start lines of what the server has sent, and the messages.
    var sent: [Message] = []
    /// Packets, and where they went.
    var packets: [(bytes: [UInt8], to: Endpoint)] = []
    /// RTCP.
    var reports: [Player.Report] = []

    init(_ limits: AnnouncementServer.Limits = .init(), seconds: Double = 1) {
        let local = Endpoint(address: IPAddress(v4: 0xC000_0264), port: 5_090)
        let configuration = UserAgentConfiguration(listeners: [.init(endpoint: local)])
        let samples = [Int16](repeating: 1_000, count: Int(seconds * 8_000))
        let sound = Sound(samples: samples)
        server = AnnouncementServer(
            userAgent: UserAgent(configuration: configuration, random: SeededGenerator(seed: 1)),
            library: SoundLibrary(["welcome": sound, "queue": sound]),
            limits: limits,
            random: SeededGenerator(seed: 2)
        ) { _, _ in Endpoint(address: local.address, port: 20_000) }
    }

    var calls: Int { server.calls }
    var isIdle: Bool { server.isIdle }
    var playing: Int { server.player.count }

    /// Moves the time on in steps of 10 ms, as timers and frames want it. What is due at the very end is left to the next call.
    func wait(_ milliseconds: Milliseconds) {
        for _ in 0..<milliseconds / 10 {
            server.advance(to: now)
            if server.player.isEmpty {
                clock = nil
            } else {
                var clock = self.clock ?? FrameClock(now: UInt64(now) * 1_000_000)
                server.play(clock.due(now: UInt64(now) * 1_000_000), now: now) { packets.append(($0, $1)) }
                self.clock = clock
            }
            now += 10
            drain()
        }
    }

    func receive(_ text: String) {
        server.receive(Array(text.utf8), from: Self.caller, on: ListenerID(0), now: now)
        drain()
    }

    private func drain() {
        var datagrams: [Outgoing] = []
        server.drainDatagrams(into: &datagrams)
        reports += server.takeReports()
        for datagram in datagrams {
            guard case .message(let message) = Message.parse(datagram.bytes) else {
                Issue.record("the server sent what cannot be read")
                continue
            }
            sent.append(message)
        }
    }

    /// The status codes and methods that the server has sent since the last call of this.
    func heard() -> [String] {
        defer { sent.removeAll() }
        return sent.map { $0.status.map { "\($0)" } ?? $0.text(of: $0.methodRange) }
    }

    /// Sends a request of the dialog, or the one that begins it.
    func request(
        _ method: String,
        _ user: String = "welcome",
        cseq: Int,
        tag: String = "",
        branch: String? = nil,
        body: String = ""
    ) {
        let type = body.isEmpty ? "" : "Content-Type: application/sdp\r\n"
        receive(
            """
            \(method) sip:\(user) SIP/2.0\r
            Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK\(branch ?? "\(method)\(cseq)")\r
            From: <sip:caller@192.0.2.1>;tag=ours\r
            To: <sip:\(user)>\(tag.isEmpty ? "" : ";tag=" + tag)\r
            Call-ID: call-1\r
            CSeq: \(cseq) \(method)\r
            Contact: <sip:caller@192.0.2.1:5060>\r
            Max-Forwards: 70\r
            \(type)Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """
        )
    }

    /// The To tag of the server's last response.
    var tag: String {
        sent.last { !$0.isRequest }.flatMap { message in message.to.tag.map { message.text(of: $0) } } ?? ""
    }

    /// The body of the server's last message.
    var body: String { sent.last.map { $0.text(of: $0.body) } ?? "" }

    /// INVITE and ACK; returns the tag of the dialog.
    func call(_ user: String) -> String {
        request("INVITE", user, cseq: 1, body: Self.offer)
        let tag = tag
        request("ACK", user, cseq: 1, tag: tag)
        return tag
    }

    /// Answers the server's BYE.
    func answerBye() {
        guard let bye = sent.last(where: { $0.method == .bye && $0.isRequest }) else { return }
        var text = "SIP/2.0 200 OK\r\n"
        for field in bye.fields where [.via, .from, .to, .callID, .cseq].contains(field.name) {
            text += "\(bye.text(of: field.nameRange)): \(bye.text(of: field.value))\r\n"
        }
        receive(text + "Content-Length: 0\r\n\r\n")
    }
}
