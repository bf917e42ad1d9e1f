import Patience
import Foundation
import Glibc

/// Sends bytes that no phone would, from an address of choice, and reads what comes back.
struct SIPProbe: Sendable {
    let socket: Socket
    let address: String
    let daemon: UInt16

    init(from address: String = "127.0.0.1", to daemon: UInt16) throws {
        socket = try Socket(SOCK_DGRAM, boundTo: address, Ports.free())
        self.address = address
        self.daemon = daemon
    }

    /// An INVITE that is in order, for tests to break.
    ///
    /// - Parameter change: edits its lines, without line ends; the body follows the empty line.
    func invite(
        _ flow: String,
        _ callID: String,
        body: String? = nil,
        type: String = "application/sdp",
        _ change: (inout [String]) -> Void = { _ in }
    ) -> String {
        let sdp =
            body ?? """
                v=0\r
                o=probe 1 1 IN IP4 \(address)\r
                s=-\r
                c=IN IP4 \(address)\r
                t=0 0\r
                m=audio 40000 RTP/AVP 8\r

                """
        var lines = [
            "INVITE sip:\(flow)@127.0.0.1:\(daemon) SIP/2.0",
            "Via: SIP/2.0/UDP \(address):\(socket.port);branch=z9hG4bK\(callID);rport",
            "From: \"Probe\" <sip:probe@\(address):\(socket.port)>;tag=p\(callID)",
            "To: <sip:\(flow)@127.0.0.1:\(daemon)>",
            "Call-ID: \(callID)",
            "CSeq: 1 INVITE",
            "Contact: <sip:probe@\(address):\(socket.port)>",
            "Max-Forwards: 70",
            "Content-Type: \(type)",
            "Content-Length: \(sdp.utf8.count)",
        ]
        change(&lines)
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + sdp
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) { socket.send(bytes, to: Socket.address("127.0.0.1", daemon)) }

    /// The final status that comes back, which gets its ACK.
    ///
    /// - Throws: `NotInTime` if none comes.
    func finalStatus(within: Duration = .seconds(60)) async throws -> Int {
        try await eventually("a final response", within: within) {
            while let (bytes, _) = socket.receive() {
                let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
                let response = SIPLogEntry(time: 0, isSent: false, text: text)
                guard let status = response.status, status >= 200 else { continue }
                acknowledge(response)
                return status
            }
            return nil
        }
    }

    /// Whether anything at all comes back within this time.
    func hearsNothing(for time: Duration) async -> Bool {
        (try? await eventually("any datagram", within: time) { socket.receive() }) == nil
    }

    /// ACK of a refusal: the branch of the INVITE, the To of the response (RFC 3261 section 17.1.1.3).
    func acknowledge(_ response: SIPLogEntry) {
        guard response.concerns("INVITE"), let via = response.header("Via"), let from = response.header("From"),
            let to = response.header("To")
        else { return }
        let number = response.cseq.prefix { $0 != " " }
        send(
            [
                "ACK sip:probe@127.0.0.1:\(daemon) SIP/2.0", "Via: \(via)", "From: \(from)", "To: \(to)",
                "Call-ID: \(response.callID)", "CSeq: \(number) ACK", "Max-Forwards: 70", "Content-Length: 0",
            ].joined(separator: "\r\n") + "\r\n\r\n"
        )
    }

    func close() { socket.close() }
}
