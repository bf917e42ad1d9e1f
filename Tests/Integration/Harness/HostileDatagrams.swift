import Foundation

/// Datagrams that no honest phone sends, one after the other, the same in every run: noise, messages cut off, with wrong bytes,
/// without end, of dialogs and transactions that do not exist, and whole requests of strangers.
struct HostileDatagrams {
    /// Sources: the first is one that the daemon trusts.
    private let probes: [SIPProbe]
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var number = 0

    /// - Parameter trusted: a loopback address whose calls are taken; all others are strangers.
    init(to daemon: UInt16, trusted: String) throws {
        probes = try ([trusted] + (2...9).map { "127.0.0.\($0)" }).map { try SIPProbe(from: $0, to: daemon) }
    }

    func close() { for probe in probes { probe.close() } }

    /// Sends so many, evenly spread over the time. Answers are left unread.
    mutating func send(_ count: Int, over time: Duration) async throws {
        let start = ContinuousClock.now
        var sent = 0
        while sent < count {
            let share = (ContinuousClock.now - start) / time
            let due = min(count, Int(share * Double(count)) + 1)
            while sent < due {
                sendOne()
                sent += 1
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private mutating func random(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(1, bound)
    }

    private mutating func sendOne() {
        number += 1
        // A third comes from where calls are taken, a third from one stranger, who floods.
        let origin = random(3)
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
        probe.send(bytes)
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
