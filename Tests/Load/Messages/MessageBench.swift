import Foundation
import Glibc
import SIP

/// `message-bench [--parse N | --build N]`: what it costs to read and to write the messages of a full call (DESIGN.md section 4,
/// "parse / build"). Without arguments it measures both and prints microseconds a message; with one it only does that so often,
/// for whoever counts instructions. Exit status 1 if a figure is over its budget.
@main
struct MessageBench {
    private static let budgets = (parse: 1.5, build: 1.0)

    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let mix = try Mix()
        switch (arguments.first, arguments.dropFirst().first.flatMap { Int($0) }) {
        case (nil, _): exit(try measure(mix) ? 0 : 1)
        case ("--parse", let count?) where count > 0: print(try mix.parse(count))
        case ("--build", let count?) where count > 0: print(mix.build(count))
        default:
            print("usage: message-bench [--parse N | --build N]")
            exit(2)
        }
    }

    /// False: over budget.
    private static func measure(_ mix: Mix) throws -> Bool {
        let count = 400_000
        // The best of some: what others do on the machine only makes it slower.
        let parse = try (0..<5).map { _ in try seconds { _ = try mix.parse(count) } }.min() ?? 0
        let build = (0..<5).map { _ in seconds { _ = mix.build(count) } }.min() ?? 0
        let (parseCost, buildCost) = (parse * 1e6 / Double(count), build * 1e6 / Double(count))
        print(String(format: "parse %.2f us a message (budget %.1f)", parseCost, budgets.parse))
        print(String(format: "build %.2f us a message (budget %.1f)", buildCost, budgets.build))
        return parseCost <= budgets.parse && buildCost <= budgets.build
    }

    /// Of CPU: what others do on the machine is not to count.
    private static func seconds(_ work: () throws -> Void) rethrows -> Double {
        let begun = clock()
        try work()
        return Double(clock() - begun) / Double(CLOCKS_PER_SEC)
    }
}

/// The messages of a full call as they come to callcenterd, each as often as in one.
private struct Mix {
    private let texts: [[UInt8]]
    private let messages: [Message]
    private let body: MessageBody

    init() throws {
        let via = "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-524287-1---7a8b9c0d1e2f3a4b;rport\r\n"
        let names =
            "From: \"Alice Example\" <sip:alice@example.com>;tag=4fa3b2c1\r\n"
            + "To: <sip:support@callcentre.example.com>;tag=b7e6d5c4a3f2e1d0\r\n"
            + "Call-ID: 5f2b7c1e9a8d4e6f@192.0.2.7\r\n"
        let rest =
            "Contact: <sip:alice@192.0.2.7:5060;transport=udp>\r\nMax-Forwards: 70\r\n"
            + "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK\r\nSupported: timer, replaces\r\n"
            + "User-Agent: Example Phone 4.2 (build 1234)\r\n"
        let sdp =
            "v=0\r\no=- 3747 2 IN IP4 192.0.2.7\r\ns=call\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
            + "m=audio 49170 RTP/AVP 0 8 9 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
            + "a=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n"
        func text(_ start: String, _ method: String, hasSDP: Bool = false) -> [UInt8] {
            let end =
                hasSDP
                ? "Content-Type: application/sdp\r\nContent-Length: \(sdp.utf8.count)\r\n\r\n\(sdp)"
                : "Content-Length: 0\r\n\r\n"
            return Array("\(start)\r\n\(via)\(names)CSeq: 2 \(method)\r\n\(rest)\(end)".utf8)
        }
        let uri = "sip:support@198.51.100.1:5060"
        let ringing = text("SIP/2.0 180 Ringing", "INVITE")
        let answer = text("SIP/2.0 200 OK", "INVITE", hasSDP: true)
        let trying = text("SIP/2.0 100 Trying", "INVITE")
        let ack = text("ACK \(uri) SIP/2.0", "ACK")
        let bye = text("BYE \(uri) SIP/2.0", "BYE")
        let done = text("SIP/2.0 200 OK", "BYE")
        texts = [
            text("INVITE \(uri) SIP/2.0", "INVITE", hasSDP: true), trying, answer, ack, bye, done, trying, answer,
            ringing,
            answer, answer, ack, done, bye, done, answer,
        ]
        messages = try texts.map { try Self.read($0) }
        body = .sdp(Array(sdp.utf8))
    }

    private struct Unreadable: Error {}

    private static func read(_ text: [UInt8]) throws -> Message {
        guard case .message(let message) = Message.parse(text) else { throw Unreadable() }
        return message
    }

    /// Reads so many messages. Returns how many fields they had, so that nothing is left out as useless.
    func parse(_ count: Int) throws -> Int {
        var fields = 0
        for round in 0..<count { fields &+= try Self.read(texts[round % texts.count]).fields.count }
        return fields
    }

    /// Writes as many responses and requests, half of them with SDP. Returns how many bytes they had.
    func build(_ count: Int) -> Int {
        var bytes = 0
        let peer = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 5060)
        let product: [UInt8] = Array("callcenterd".utf8)
        for round in 0..<count {
            let message = messages[round % messages.count]
            if message.isRequest {
                bytes &+= makeResponse(to: message, source: peer, status: 200, toTag: nil, body: body).count
                continue
            }
            var writer = MessageWriter(capacity: 1_024)
            writer.requestLine(.invite, message.bytes[message.from.uri])
            writer.via(peer, branch: message.bytes[message.callID])
            writer.field(.maxForwards, number: 70)
            writer.copyFields(.from, from: message)
            writer.copyFields(.to, from: message)
            writer.copyFields(.callID, from: message)
            writer.cseq(2, .invite)
            writer.copyFields(.contact, from: message)
            writer.field(.userAgent, product)
            bytes &+= writer.finish(round % 2 == 0 ? body : nil).count
        }
        return bytes
    }
}
