import SIP
import Testing

@testable import cc_announcer

@Suite("The announcement server")
struct AnnouncementServerTests {
    private static let target = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 4_000)

    @Test("answers, plays after the ACK, and says BYE at the end")
    func once() {
        let stage = Stage()
        stage.request("INVITE", "welcome@h", cseq: 1, body: Stage.offer)
        #expect(stage.body.contains("m=audio 20000 RTP/AVP 8\r\n"))
        let tag = stage.tag
        #expect(stage.heard().last == "200")
        stage.wait(100)
        #expect(stage.packets.isEmpty)
        stage.request("ACK", "welcome@h", cseq: 1, tag: tag)
        stage.wait(1_000)
        #expect(stage.packets.count == 50)
        #expect(stage.packets.allSatisfy { $0.to == Self.target && $0.bytes.count == 172 && $0.bytes[1] & 0x7F == 8 })
        stage.wait(20)
        #expect(stage.sent.last?.method == .bye)
        #expect(stage.calls == 0)
        stage.answerBye()
        #expect(stage.isIdle)
        #expect(stage.packets.count == 50)
    }

    @Test("plays silence in place of a sound that is missing, and says so: a moment of it, or for ever")
    func missing() {
        let stage = Stage()
        _ = stage.call("nobody@h")
        #expect(stage.server.drainNotes().contains(.missing(user: "nobody")))
        stage.wait(1_100)
        #expect(stage.sent.last?.method == .bye)
        #expect(stage.packets.count == 50)
        #expect(stage.packets.allSatisfy { $0.bytes.dropFirst(12).allSatisfy { $0 == 0xD5 } })
        stage.answerBye()

        let other = Stage()
        _ = other.call("queue-nobody@h")
        other.wait(5_000)
        #expect(other.calls == 1 && other.packets.count == 250)
    }

    @Test("reports to the listener's RTCP port what it has sent, and says BYE there, too")
    func reports() throws {
        let stage = Stage()
        let tag = stage.call("queue@h")
        stage.wait(20_000)
        #expect(stage.packets.count == 1_000)
        // Between a second and 6.2 from one to the next.
        #expect(3...12 ~= stage.reports.count)
        #expect(stage.reports.allSatisfy { $0.to == Endpoint(address: Self.target.address, port: 4_001) })
        let before = stage.reports.count
        stage.request("BYE", "queue@h", cseq: 2, tag: tag)
        stage.wait(20)
        #expect(stage.reports.count == before + 1)
        let last = try #require(stage.reports.last).packet
        // Sender report, with the source of the stream, and at the end BYE.
        #expect(last.prefix(4) == [0x80, 200, 0, 6])
        let packet = try #require(stage.packets.last).bytes
        #expect(last[4..<8].elementsEqual(packet[8..<12]))
        #expect(last.suffix(8).prefix(4) == [0x81, 203, 0, 1])
        func word(_ offset: Int) -> Int { last[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        #expect(word(20) == 1_000 && word(24) == 160_000)
    }

    @Test("says nothing by RTCP to one who has heard nothing, or who has no port for it")
    func noReports() {
        let stage = Stage()
        stage.request("INVITE", "queue@h", cseq: 1, body: Stage.offer + "a=rtcp:0\r\n")
        let tag = stage.tag
        stage.request("ACK", "queue@h", cseq: 1, tag: tag)
        stage.wait(10_000)
        stage.request("BYE", "queue@h", cseq: 2, tag: tag)
        stage.wait(20)
        #expect(stage.packets.count == 500 && stage.reports.isEmpty)
    }

    @Test("plays a loop until the caller hangs up")
    func loop() {
        let stage = Stage()
        let tag = stage.call("queue@h")
        stage.wait(3_000)
        #expect(stage.packets.count == 150)
        #expect(stage.calls == 1)
        stage.request("BYE", "queue@h", cseq: 2, tag: tag)
        stage.wait(200)
        #expect(stage.packets.count == 150)
        #expect(stage.isIdle && stage.playing == 0)
    }

    @Test("makes an offer if there is none, and plays where the answer says")
    func noOffer() {
        let stage = Stage()
        stage.request("INVITE", "queue@h", cseq: 1)
        #expect(stage.body.contains("m=audio 20000 RTP/AVP 0 8 9 101\r\n"))
        let answer = Stage.offer.replacing("4000 RTP/AVP 8 0", with: "4444 RTP/AVP 0")
        stage.request("ACK", "queue@h", cseq: 1, tag: stage.tag, body: answer)
        stage.wait(200)
        #expect(stage.packets.count == 10)
        #expect(stage.packets.allSatisfy { $0.to.port == 4_444 && $0.bytes[1] & 0x7F == 0 })
    }

    @Test("hangs up if the ACK has no answer that it can play", arguments: ["", "4444 RTP/AVP 18", "0 RTP/AVP 0"])
    func badAnswer(line: String) {
        let stage = Stage()
        stage.request("INVITE", "queue@h", cseq: 1)
        let answer = line.isEmpty ? "" : Stage.offer.replacing("4000 RTP/AVP 8 0", with: line)
        stage.request("ACK", "queue@h", cseq: 1, tag: stage.tag, body: answer)
        #expect(stage.sent.last?.method == .bye)
        stage.wait(100)
        #expect(stage.packets.isEmpty && stage.calls == 0)
    }

    @Test(
        "refuses what it cannot serve",
        arguments: [
            ("h", Stage.offer, "404"),
            ("welcome@h", Stage.offer.replacing("8 0\r\n", with: "18\r\n"), "488"), ("welcome@h", "no sdp", "400"),
        ]
    )
    func refused(user: String, body: String, status: String) {
        let stage = Stage()
        stage.request("INVITE", user, cseq: 1, body: body)
        #expect(stage.heard().last == status)
        #expect(stage.calls == 0)
    }

    @Test("refuses calls beyond its limit with 503, and takes them when there is room again")
    func limit() {
        let stage = Stage(.init(calls: 0))
        stage.request("INVITE", "welcome@h", cseq: 1, body: Stage.offer)
        #expect(stage.sent.last?.number(.retryAfter) == 5)
        #expect(stage.heard().last == "503")
    }

    @Test("goes on without a jump at a new address, and waits while on hold")
    func reinvite() {
        let stage = Stage(seconds: 60)
        let tag = stage.call("welcome@h")
        stage.wait(200)
        func numbers(_ packets: [(bytes: [UInt8], to: Endpoint)]) -> [Int] {
            packets.map { Int($0.bytes[2]) << 8 | Int($0.bytes[3]) }
        }
        let moved = Stage.offer.replacing("c 1 1", with: "c 1 2").replacing("4000", with: "5000")
        stage.request("INVITE", "welcome@h", cseq: 2, tag: tag, body: moved)
        #expect(stage.heard().last == "200")
        stage.request("ACK", "welcome@h", cseq: 2, tag: tag)
        stage.wait(200)
        #expect(
            stage.packets.map(\.to.port) == [UInt16](repeating: 4_000, count: 10)
                + [UInt16](repeating: 5_000, count: 10)
        )
        let first = numbers(stage.packets)[0]
        #expect(numbers(stage.packets) == (0..<20).map { (first + $0) & 0xFFFF })

        let held = moved.replacing("c 1 2", with: "c 1 3") + "a=sendonly\r\n"
        stage.request("INVITE", "welcome@h", cseq: 3, tag: tag, body: held)
        #expect(stage.body.contains("a=recvonly\r\n"))
        stage.request("ACK", "welcome@h", cseq: 3, tag: tag)
        stage.wait(500)
        #expect(stage.packets.count == 20)

        stage.request("INVITE", "welcome@h", cseq: 4, tag: tag, body: moved.replacing("c 1 2", with: "c 1 4"))
        stage.request("ACK", "welcome@h", cseq: 4, tag: tag)
        stage.wait(20)
        #expect(stage.packets.count == 21)
        #expect(stage.packets[20].bytes[1] == 0x88)
        #expect(numbers(stage.packets)[20] == (first + 20) & 0xFFFF)
    }

    @Test("keeps playing if a re-INVITE offers nothing that it can play")
    func reinviteRefused() {
        let stage = Stage()
        let tag = stage.call("queue@h")
        let bad = Stage.offer.replacing("c 1 1", with: "c 1 2").replacing("8 0\r\n", with: "18\r\n")
        stage.request("INVITE", "queue@h", cseq: 2, tag: tag, body: bad)
        let warning = stage.sent.last.flatMap { refusal in refusal.first(.warning).map { refusal.text(of: $0) } }
        #expect(warning?.hasSuffix(#" "No encoding in common""#) == true)
        #expect(stage.heard().last == "488")
        stage.request("ACK", "queue@h", cseq: 2, tag: tag, branch: "INVITE2")
        stage.wait(200)
        #expect(stage.packets.count == 10 && stage.calls == 1)
    }

    @Test("makes an offer to a re-INVITE without one")
    func reinviteWithoutOffer() {
        let stage = Stage()
        let tag = stage.call("queue@h")
        stage.wait(100)
        stage.request("INVITE", "queue@h", cseq: 2, tag: tag)
        #expect(stage.body.contains("m=audio 20000 RTP/AVP 0 8 9 101\r\n"))
        let answer = Stage.offer.replacing("4000 RTP/AVP 8 0", with: "4444 RTP/AVP 0")
        stage.request("ACK", "queue@h", cseq: 2, tag: tag, body: answer)
        stage.wait(100)
        #expect(stage.packets.map(\.to.port) == [4_000, 4_000, 4_000, 4_000, 4_000, 4_444, 4_444, 4_444, 4_444, 4_444])
    }

    @Test("plays an agent, who rings, answers, talks and hangs up")
    func agent() {
        let stage = Stage()
        stage.request("INVITE", "agent-anna@h", cseq: 1, body: Stage.offer)
        #expect(stage.heard().last == "180")
        stage.wait(1_490)
        #expect(stage.heard() == [])
        stage.wait(20)
        let tag = stage.tag
        #expect(stage.heard() == ["200"])
        stage.request("ACK", "agent-anna@h", cseq: 1, tag: tag)
        stage.wait(5_980)
        #expect(stage.calls == 1)
        stage.wait(40)
        #expect(stage.heard() == ["BYE"])
        #expect(298...301 ~= stage.packets.count)
    }

    @Test("lets a caller cancel while the agent rings")
    func cancel() {
        let stage = Stage()
        stage.request("INVITE", "agent-anna@h", cseq: 1, body: Stage.offer)
        stage.request("CANCEL", "agent-anna@h", cseq: 1, branch: "INVITE1")
        #expect(stage.heard().suffix(2).sorted() == ["200", "487"])
        #expect(stage.calls == 0)
        stage.wait(3_000)
        #expect(stage.packets.isEmpty)
    }

    @Test("ends a call after the longest time")
    func longest() {
        let stage = Stage(.init(longest: 2_000))
        _ = stage.call("queue@h")
        stage.wait(1_990)
        #expect(stage.calls == 1)
        stage.wait(20)
        #expect(stage.sent.last?.method == .bye)
        #expect(stage.calls == 0)
    }

    @Test("ends a call that is never acknowledged")
    func noACK() {
        let stage = Stage()
        stage.request("INVITE", "queue@h", cseq: 1, body: Stage.offer)
        stage.wait(33_000)
        #expect(stage.sent.last?.method == .bye)
        #expect(stage.calls == 0 && stage.packets.isEmpty)
        stage.wait(33_000)
        #expect(stage.isIdle)
    }

    @Test("says BYE to all when it is closed, and takes no more calls")
    func close() {
        let stage = Stage()
        _ = stage.call("queue@h")
        stage.server.close(now: stage.now)
        stage.wait(10)
        #expect(stage.sent.last?.method == .bye)
        stage.answerBye()
        #expect(stage.isIdle)
        stage.request("INVITE", "queue@h", cseq: 9, body: Stage.offer)
        #expect(stage.heard().last == "503")
    }

    @Test("is not disturbed by rubbish")
    func rubbish() {
        let stage = Stage()
        let tag = stage.call("queue@h")
        for text in ["", "\r\n\r\n", "hello", "INVITE", "INVITE sip:queue@h SIP/2.0\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n"]
        {
            stage.receive(text)
        }
        stage.request("BYE", "queue@h", cseq: 5, tag: tag + "x")
        #expect(stage.heard().last == "481")
        stage.wait(100)
        #expect(stage.packets.count == 5 && stage.calls == 1)
    }
}
