import Patience
import Foundation
import Glibc

/// Datagrams that no honest phone sends, one after the other, the same in every run: noise, messages cut off, with wrong bytes,
/// without end, of dialogs and transactions that do not exist, and whole requests of strangers, most of whom make their address up.
struct HostileDatagrams {
    /// Sources: the first is one that the daemon trusts.
    private let probes: [SIPProbe]
    /// Whose questions are answered when everything before them has been read.
    private let pacer: SIPProbe
    private let daemon: UInt16
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var number = 0

    /// So many are in the daemon's socket at a time; it has room for more.
    private static let batch = 50

    /// - Parameters:
    ///   - trusted: a loopback address whose calls are taken; all others are strangers.
    ///   - pacer: another one, which sends nothing hostile.
    init(to daemon: UInt16, trusted: String, pacer: String) throws {
        probes = try ([trusted] + (2...9).map { "127.0.0.\($0)" }).map { try SIPProbe(from: $0, to: daemon) }
        self.pacer = try SIPProbe(from: pacer, to: daemon)
        self.daemon = daemon
    }

    func close() { for probe in probes + [pacer] { probe.close() } }

    /// Sends so many, evenly over a time, but no faster than the daemon reads them: behind each batch it is asked a question, and the
    /// next batch waits for its answer. Other answers are left unread.
    mutating func send(_ count: Int, over time: Duration) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var sent = 0
        while sent < count {
            for _ in 0..<min(Self.batch, count - sent) { try sendOne() }
            sent = min(count, sent + Self.batch)
            try await hasReadAll()
            try await clock.sleep(until: start + time * sent / count)
        }
    }

    /// The daemon answers an OPTIONS, which comes again should it have been lost.
    private func hasReadAll() async throws {
        let id = "pacer\(number)"
        let question = Array(other("OPTIONS", id, pacer).utf8)
        var looks = 0
        try await eventually(
            "the daemon to have read \(number) datagrams",
            within: .seconds(60),
            every: .milliseconds(2)
        ) {
            if looks % 250 == 0 { pacer.send(question) }
            looks += 1
            while let (bytes, _) = pacer.socket.receive() {
                if String(decoding: bytes, as: UTF8.self).contains("Call-ID: \(id)\r\n") { return () }
            }
            return nil
        }
    }

    private mutating func random(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(1, bound)
    }

    private mutating func sendOne() throws {
        number += 1
        // A quarter comes from where calls are taken, one from a stranger who floods, one from others, one from addresses that are
        // never used again.
        let origin = random(4)
        let probe = probes[origin < 2 ? origin : 1 + random(probes.count - 1)]
        let id = "hostile\(number)"
        // There is no such flow: whatever is taken for a call after all must not become one.
        var bytes = Array(probe.invite("nowhere", id).utf8)
        switch random(10) {
        case 0:
            bytes = (0..<random(1_500)).map { _ in UInt8(random(256)) }
        case 1:
            bytes.removeLast(random(bytes.count))
        case 2:
            for _ in 0...random(20) { bytes[random(bytes.count)] = UInt8(random(256)) }
        case 3:
            let line = ["Via", "Route", "Contact", "Subject", "Record-Route"][random(5)]
            let long = String(repeating: "\(line): <sip:a@b;p=1>,\"\\\"\" <sip:c>\r\n ", count: 1_000)
            bytes = Array(probe.invite("nowhere", id) { $0.append(long) }.utf8.prefix(60_000))
        case 4:
            bytes = Array(probe.invite("nowhere", id) { $0[3] += ";tag=\(random(1_000_000))" }.utf8)
        case 5:
            let method = ["BYE", "UPDATE", "PRACK", "INFO", "REFER", "NOTIFY", "CANCEL", "ACK"][random(8)]
            bytes = Array(other(method, id, probe) { $0[3] += ";tag=0000000000000000" }.utf8)
        case 6:
            let method = ["OPTIONS", "REGISTER", "MESSAGE", "SUBSCRIBE", "PUBLISH", "FOO", "CANCEL", "ACK"][random(8)]
            bytes = Array(other(method, id, probe).utf8)
        case 7:
            let status = [100, 180, 200, 302, 401, 407, 481, 503, 699, 0][random(10)]
            bytes = Array(probe.invite("nowhere", id) { $0[0] = "SIP/2.0 \(status) Yes" }.utf8)
        case 8:
            let length = ["-1", "99999999999", "0", "1", "abc"][random(5)]
            bytes = Array(probe.invite("nowhere", id) { $0[9] = "Content-Length: \(length)" }.utf8)
        default:
            break
        }
        guard origin == 3 else { return probe.send(bytes) }
        let source = try Socket(SOCK_DGRAM, boundTo: "127.\(1 + random(200)).\(random(256)).\(1 + random(254))")
        source.send(bytes, to: Socket.address("127.0.0.1", daemon))
        source.close()
    }

    private func other(
        _ method: String,
        _ id: String,
        _ probe: SIPProbe,
        _ change: (inout [String]) -> Void = { _ in }
    ) -> String {
        probe.invite("nowhere", id) { lines in
            lines[0] = lines[0].replacing("INVITE ", with: "\(method) ")
            lines[5] = "CSeq: 1 \(method)"
            change(&lines)
        }
    }
}
