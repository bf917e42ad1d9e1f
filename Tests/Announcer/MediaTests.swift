import SIP
import Testing

@testable import cc_announcer

private let listener = Endpoint(address: IPAddress(v4: 0xC000_0201), port: 4_000)
private let other = Endpoint(address: IPAddress(v4: 0xC000_0202), port: 4_002)

/// Counts up: makes what is random foreseeable.
private struct Counter: RandomNumberGenerator {
    var value: UInt64 = 0x0102_0304_0506_0708

    mutating func next() -> UInt64 { value }
}

private func target(
    _ destination: Endpoint? = listener,
    encoding: Encoding = .pcmu,
    type: UInt8 = 0
) -> MediaStream.Target {
    MediaStream.Target(destination: destination, control: nil, encoding: encoding, payloadType: type)
}

private func stream(samples: [Int16], loops: Bool = false, to target: MediaStream.Target = target()) -> MediaStream {
    var counter = Counter()
    return MediaStream(Sound(samples: samples), loops: loops, to: target, using: &counter)
}

/// The number in the header of a packet.
private func field(_ packet: [UInt8], _ range: Range<Int>) -> UInt32 {
    packet[range].reduce(0) { $0 << 8 | UInt32($1) }
}

@Suite("An RTP header")
struct RTPHeaderTests {
    @Test("is laid out as RFC 3550 section 5.1 draws it")
    func bytes() {
        var header = RTPHeader(
            isMarked: true,
            payloadType: 8,
            sequence: 0x0102,
            timestamp: 0x0304_0506,
            source: 0x0708_090A
        )
        var packet: [UInt8] = []
        header.append(to: &packet)
        #expect(packet == [0x80, 0x88, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        header.isMarked = false
        header.payloadType = 0
        packet = []
        header.append(to: &packet)
        #expect(packet.prefix(2) == [0x80, 0x00])
        #expect(packet.count == RTPHeader.length)
    }
}

@Suite("A media stream")
struct MediaStreamTests {
    @Test("begins at random numbers, marks its first packet, and counts packets and samples")
    func numbers() {
        var stream = stream(samples: [Int16](repeating: 0, count: 480), to: target(encoding: .pcma, type: 8))
        var packet: [UInt8] = []
        #expect(stream.next(&packet) == .send(to: listener))
        #expect(packet.count == 172)
        #expect(packet.prefix(4) == [0x80, 0x88, 0x07, 0x08])
        #expect(field(packet, 4..<8) == 0x0506_0708)
        #expect(packet[12...].allSatisfy { $0 == 0xD5 })
        #expect(stream.next(&packet) == .send(to: listener))
        #expect(packet.prefix(4) == [0x80, 0x08, 0x07, 0x09])
        #expect(field(packet, 4..<8) == 0x0506_0708 + 160)
    }

    @Test("fills its last packet with silence and then ends")
    func end() {
        var stream = stream(samples: [Int16](repeating: 1_000, count: 161))
        var packet: [UInt8] = []
        #expect(stream.next(&packet) == .send(to: listener))
        #expect(stream.next(&packet) == .send(to: listener))
        #expect(packet[12] == 0xCE && packet[13...].allSatisfy { $0 == 0xFF })
        #expect(stream.next(&packet) == .end)
    }

    @Test("repeats a loop without a gap, whatever its length", arguments: [1, 100, 160, 161, 500])
    func loop(length: Int) {
        let samples = (0..<length).map { Int16($0 * 60) }
        var stream = stream(samples: samples, loops: true)
        var packet: [UInt8] = []
        var heard: [UInt8] = []
        for _ in 0..<20 {
            #expect(stream.next(&packet) == .send(to: listener))
            heard += packet[12...]
        }
        #expect(heard == (0..<3_200).map { G711.mu.encode(samples[$0 % length]) })
    }

    @Test("plays what comes first once, without a gap, and then the sound", arguments: [true, false])
    func lead(loops: Bool) {
        let pieces = [(0..<250), (500..<600), (700..<900)].map { $0.map { Int16($0 * 30) } }
        var counter = Counter()
        var stream = MediaStream(
            Sound(samples: pieces[2]),
            after: [Sound(samples: pieces[0]), Sound(samples: pieces[1])],
            loops: loops,
            to: target(),
            using: &counter
        )
        var packet: [UInt8] = []
        var heard: [UInt8] = []
        for _ in 0..<4 where stream.next(&packet) == .send(to: listener) { heard += packet[12...] }
        let all = pieces[0] + pieces[1] + pieces[2]
        let rest = [Int16](repeating: 0, count: 90)
        let wanted = (all + (loops ? pieces[2].prefix(90) : rest[...])).map(G711.mu.encode)
        #expect(heard == wanted)
        #expect(stream.next(&packet) == (loops ? .send(to: listener) : .end))
    }

    @Test("goes on from where it is at a new address and in the other law")
    func retarget() {
        let samples = (0..<480).map { Int16($0 * 60) }
        var stream = stream(samples: samples)
        var packet: [UInt8] = []
        _ = stream.next(&packet)
        stream.retarget(target(other, encoding: .pcma, type: 100))
        #expect(stream.next(&packet) == .send(to: other))
        #expect(packet.prefix(4) == [0x80, 100, 0x07, 0x09])
        #expect(field(packet, 4..<8) == 0x0506_0708 + 160)
        #expect(Array(packet[12...]) == samples[160..<320].map(G711.a.encode))
    }

    @Test("waits while on hold; time goes on, the sound does not")
    func hold() {
        let samples = (0..<480).map { Int16($0 * 60) }
        var stream = stream(samples: samples)
        var packet: [UInt8] = []
        _ = stream.next(&packet)
        stream.retarget(target(nil))
        for _ in 0..<10 { #expect(stream.next(&packet) == .wait) }
        stream.retarget(target())
        #expect(stream.next(&packet) == .send(to: listener))
        // Marked, the next in number, ten frames later.
        #expect(packet.prefix(4) == [0x80, 0x80, 0x07, 0x09])
        #expect(field(packet, 4..<8) == 0x0506_0708 + 11 * 160)
        #expect(Array(packet[12...]) == samples[160..<320].map(G711.mu.encode))
    }
}

@Suite("RTCP")
struct RTCPTests {
    @Test("is laid out as RFC 3550 draws it: sender report, CNAME, and at the end BYE")
    func bytes() {
        let report = RTCP.Report(
            source: 0x0102_0304,
            time: 0x1112_1314_1516_1718,
            timestamp: 0x2122_2324,
            packets: 0x3132_3334,
            octets: 0x4142_4344
        )
        let packet = RTCP.packet(report, name: Array("abc".utf8), isLast: true)
        #expect(
            packet == [0x80, 200, 0, 6, 1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18]
                + [0x21, 0x22, 0x23, 0x24, 0x31, 0x32, 0x33, 0x34, 0x41, 0x42, 0x43, 0x44]
                + [0x81, 202, 0, 3, 1, 2, 3, 4, 1, 3] + Array("abc".utf8) + [0, 0, 0] + [0x81, 203, 0, 1, 1, 2, 3, 4]
        )
    }

    @Test("has whole words and a zero behind the name, whatever its length", arguments: 0...9)
    func padding(length: Int) {
        let report = RTCP.Report(source: 1, time: 2, timestamp: 3, packets: 4, octets: 5)
        let packet = RTCP.packet(report, name: [UInt8](repeating: 65, count: length), isLast: false)
        #expect(packet.count.isMultiple(of: 4))
        #expect(packet.last == 0)
        #expect(Int(packet[30]) << 8 | Int(packet[31]) == (packet.count - 28) / 4 - 1)
    }

    @Test("comes every five seconds on the average, the first time sooner")
    func interval() {
        var generator = SeededGenerator(seed: 7)
        let first = (0..<1_000).map { _ in RTCP.frames(isFirst: true, using: &generator) }
        let later = (0..<1_000).map { _ in RTCP.frames(isFirst: false, using: &generator) }
        #expect(first.allSatisfy { 51...154 ~= $0 })
        #expect(later.allSatisfy { 102...308 ~= $0 })
        #expect(195...215 ~= later.reduce(0, +) / 1_000)
    }
}

@Suite("The frame clock")
struct FrameClockTests {
    @Test("has a frame due every 20 ms, however late each one is played")
    func noDrift() {
        var clock = FrameClock(now: 1_000)
        var frames = 0
        // A timer that is always late by up to 19 ms.
        for tick in 0..<1_000 as Range<UInt64> {
            let due = clock.due(now: 1_000 + tick * 20_000_000 + tick * 7_919 % 19_000_000)
            frames += due.send
            #expect(due.skip == 0)
        }
        #expect(frames == 1_000)
        #expect(clock.next == 1_000 + 1_000 * 20_000_000)
    }

    @Test(
        "makes up for a short delay and leaves out a long one",
        arguments: [
            (0, 1, 0), (19_999_999, 1, 0), (20_000_000, 2, 0), (80_000_000, 5, 0), (100_000_000, 1, 5),
            (3_600_000_000_000, 1, 180_000),
        ] as [(UInt64, Int, Int)]
    )
    func late(delay: UInt64, send: Int, skip: Int) {
        var clock = FrameClock(now: 0)
        let due = clock.due(now: delay)
        #expect(due == (send, skip))
        #expect(clock.next == delay / 20_000_000 * 20_000_000 + 20_000_000)
        #expect(clock.due(now: delay) == (0, 0))
    }
}

@Suite("The player")
struct PlayerTests {
    @Test("plays every stream each frame, and names those that have ended")
    func play() {
        var player = Player(name: [], random: SeededGenerator(seed: 1))
        let short = player.add(stream(samples: [Int16](repeating: 0, count: 160)))
        let long = player.add(stream(samples: [0], loops: true, to: target(other)))
        var sent: [Endpoint] = []
        #expect(player.play((send: 1, skip: 0)) { sent.append($1) } == [])
        #expect(sent == [listener, other])
        #expect(player.play((send: 1, skip: 0)) { sent.append($1) } == [short])
        #expect(sent == [listener, other, other])
        #expect(player.count == 1)
        player.remove(long)
        player.remove(long)
        #expect(player.isEmpty)
    }

    @Test("moves the timestamps on over frames that are left out")
    func skip() {
        var player = Player(name: [], random: SeededGenerator(seed: 1))
        _ = player.add(stream(samples: [0], loops: true))
        var packets: [[UInt8]] = []
        _ = player.play((send: 1, skip: 0)) { packet, _ in packets.append(packet) }
        _ = player.play((send: 2, skip: 10)) { packet, _ in packets.append(packet) }
        #expect(packets.map { field($0, 4..<8) &- 0x0506_0708 } == [0, 11 * 160, 12 * 160])
        #expect(packets.map { $0[1] } == [0x80, 0x80, 0])
    }

    @Test("uses the places of removed streams again")
    func places() {
        var player = Player(name: [], random: SeededGenerator(seed: 1))
        for _ in 0..<1_000 {
            let id = player.add(stream(samples: [0]))
            player.remove(id)
        }
        let id = player.add(stream(samples: [0], loops: true))
        player.retarget(id, target(nil))
        var sent = 0
        _ = player.play((send: 1, skip: 0)) { _, _ in sent += 1 }
        #expect(sent == 0 && player.count == 1)
    }
}
