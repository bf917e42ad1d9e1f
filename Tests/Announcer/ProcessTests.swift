import Foundation
import NIOCore
import NIOPosix
import SIP
import Testing
import Transport

@testable import cc_announcer

private let sipp = "/usr/bin/sipp"

/// A program that runs, with what it says on standard error.
private final class Program: Sendable {
    private let process: Process
    private let lines: AsyncStream<String>
    private let exit: Task<Int32, Never>

    init(_ path: String, _ arguments: [String]) throws {
        let process = Process()
        let (output, exits) = (Pipe(), AsyncStream<Int32>.makeStream())
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = output
        process.terminationHandler = { exits.continuation.yield($0.terminationStatus) }
        exit = Task {
            for await status in exits.stream { return status }
            return -1
        }
        let (lines, line) = AsyncStream<String>.makeStream()
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                line.finish()
            } else {
                for text in String(decoding: data, as: UTF8.self).split(separator: "\n") { line.yield(String(text)) }
            }
        }
        self.process = process
        self.lines = lines
        try process.run()
    }

    /// Waits for a line of standard error that has this in it; nil if the program ends first.
    func line(containing text: String) async -> String? {
        for await line in lines where line.contains(text) { return line }
        return nil
    }

    func terminate() { process.terminate() }

    var status: Int32 { get async { await exit.value } }
}

/// Collects RTP on a loopback port.
private final class Listener: DatagramHandler {
    private(set) var packets: [[UInt8]] = []
    /// RTCP.
    private(set) var reports: [[UInt8]] = []
    /// Where RTP, and RTCP, came from.
    private(set) var sources: [Set<UInt16>] = [[], []]
    /// Told of each packet.
    let heard: AsyncStream<Void>.Continuation

    init(_ heard: AsyncStream<Void>.Continuation) { self.heard = heard }

    func received(_ bytes: [UInt8], from peer: Endpoint, on listener: ListenerID) {
        sources[Int(listener.index)].insert(peer.port)
        guard listener.index == 0 else { return reports.append(bytes) }
        packets.append(bytes)
        heard.yield()
    }
    func batchEnded() {}
    func listenerFailed(_ listener: ListenerID, reason: String) {}
}

@Suite("The announcer, called by sipp", .serialized, .timeLimit(.minutes(5)), .enabled(if: access(sipp, X_OK) == 0))
struct ProcessTests {
    private static let built = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()

    private static func announcer(_ arguments: String...) throws -> Program {
        try Program(built.appendingPathComponent("cc-announcer").path, arguments)
    }

    /// Makes a folder with a welcome of 0.6 s and a queue of 0.25 s.
    private static func withSounds(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cc-announcer-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, count) in [("welcome", 4_800), ("queue", 2_000)] {
            let samples = (0..<count).map { Int16($0 % 100 * 50) }
            try Data(wave(samples)).write(to: folder.appendingPathComponent(name + ".wav"))
        }
        do {
            try await body(folder.path)
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
        try? FileManager.default.removeItem(at: folder)
    }

    /// What came of a call.
    private struct Heard {
        /// How sipp ended, and how the announcer.
        var sipp: Int32 = -1
        var announcer: Int32 = -1
        var packets: [[UInt8]] = []
        /// RTCP.
        var reports: [[UInt8]] = []
        /// The ports from which both came.
        var sources: [Set<UInt16>] = []
        /// The port that the announcer says it sends RTP from.
        var port: UInt16?
    }

    /// Starts an announcer and calls it.
    ///
    /// - Parameter stopsAfter: stops the announcer as soon as so many packets have come.
    private static func call(
        _ user: String,
        _ scenario: String,
        formats: String = "8 0 101",
        stopsAfter: Int? = nil
    ) async throws -> Heard {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let anyPort = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 0)
        let ear = try await DatagramTransport.bind(listeners: [anyPort, anyPort], on: loop)
        let (packets, heard) = AsyncStream<Void>.makeStream()
        let listener = try await loop.submit {
            let listener = Listener(heard)
            ear.start(listener)
            return NIOLoopBound(listener, eventLoop: loop)
        }.get()
        var result = Heard()
        try await withSounds { folder in
            let announcer = try announcer(
                "--listen",
                "udp:127.0.0.1:0",
                "--sounds",
                folder,
                "--agent-ring",
                "0.2",
                "--agent-talk",
                "0.5"
            )
            let line = try #require(await announcer.line(containing: "listening on"))
            let port = try #require(line.split(separator: ",").first?.split(separator: ":").last)
            result.port = line.firstMatch(of: /RTP from port ([0-9]+)/).flatMap { UInt16($0.1) }
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            let caller = try Program(
                sipp,
                [
                    "127.0.0.1:\(port)", "-i", "127.0.0.1", "-s", user, "-m", "1", "-nostdin",
                    "-sf", file.appendingPathComponent("Scenarios/\(scenario).xml").path,
                    "-key", "rtp_port", "\(ear.listeners[0].local.port)",
                    "-key", "rtcp_port", "\(ear.listeners[1].local.port)",
                    "-key", "formats", formats, "-timeout", "20", "-timeout_error",
                ]
            )
            if let stopsAfter {
                // A caller who gives up has heard too little.
                let ending = Task {
                    _ = await caller.status
                    heard.finish()
                }
                var count = 0
                for await _ in packets {
                    count += 1
                    if count == stopsAfter { break }
                }
                announcer.terminate()
                await ending.value
            }
            result.sipp = await caller.status
            announcer.terminate()
            result.announcer = await announcer.status
        }
        (result.packets, result.reports, result.sources) = try await loop.submit {
            (listener.value.packets, listener.value.reports, listener.value.sources)
        }.get()
        await ear.close()
        return result
    }

    /// Whether packets have numbers that follow each other, of one source, with timestamps of whole frames: on a busy machine
    /// frames may be left out, and the clock goes on.
    private func isSeamless(_ packets: [[UInt8]]) -> Bool {
        func field(_ packet: [UInt8], _ range: Range<Int>) -> UInt32 {
            packet[range].reduce(0) { $0 << 8 | UInt32($1) }
        }
        return zip(packets, packets.dropFirst()).allSatisfy { earlier, later in
            let time = field(later, 4..<8) &- field(earlier, 4..<8)
            return (field(later, 2..<4) &- field(earlier, 2..<4)) & 0xFFFF == 1
                && time >= 160 && time.isMultiple(of: 160) && later[8..<12] == earlier[8..<12]
        }
    }

    @Test(
        "plays a welcome once and says BYE, with the caller's offer and with its own",
        arguments: [("listens", 8), ("listens-without-offer", 0)] as [(String, UInt8)]
    )
    func welcome(scenario: String, payloadType: UInt8) async throws {
        let heard = try await Self.call("welcome", scenario)
        let packets = heard.packets
        #expect(heard.sipp == 0)
        #expect(heard.announcer == 0)
        #expect(packets.count == 30)
        #expect(packets.allSatisfy { $0.count == 172 && $0[1] & 0x7F == payloadType })
        #expect(isSeamless(packets))
    }

    @Test("plays in G.722, to a caller who has telephone events, too")
    func wideband() async throws {
        let heard = try await Self.call("welcome", "listens", formats: "101 9 0")
        #expect(heard.sipp == 0 && heard.announcer == 0)
        #expect(heard.packets.allSatisfy { $0.count == 172 && $0[1] & 0x7F == 9 })
        #expect(isSeamless(heard.packets))
        let sound = Sound(samples: (0..<4_800).map { Int16($0 % 100 * 50) })
        #expect(heard.packets.flatMap { $0[12...] } == sound.bytes(.g722))
    }

    @Test("sends RTP from the port that its SDP names, and RTCP from the one above")
    func symmetric() async throws {
        let heard = try await Self.call("welcome", "listens")
        let port = try #require(heard.port)
        #expect(heard.sources == [[port], [port + 1]])
        // One report at least, at the end, which counts what came.
        let last = try #require(heard.reports.last)
        #expect(last.prefix(4) == [0x80, 200, 0, 6])
        #expect(last[20..<24].reduce(0) { $0 << 8 | Int($1) } == heard.packets.count)
        // The moment of the report on the wall clock: within a minute of now, in seconds since 1900.
        let seconds = last[8..<12].reduce(0) { $0 << 8 | Int($1) } - 2_208_988_800
        #expect(abs(seconds - Int(Date().timeIntervalSince1970)) < 60)
        #expect(last.suffix(8).prefix(4) == [0x81, 203, 0, 1])
    }

    @Test("plays the queue again and again")
    func queue() async throws {
        let call = try await Self.call("queue", "hangs-up")
        let packets = call.packets
        #expect(call.sipp == 0 && call.announcer == 0)
        // A second, and the sound lasts a quarter of one.
        #expect(30...60 ~= packets.count)
        #expect(isSeamless(packets))
        let heard = packets.flatMap { $0[12...] }
        #expect(zip(heard, heard.dropFirst(2_000)).allSatisfy { $0 == $1 })
    }

    @Test("plays an agent")
    func agent() async throws {
        let heard = try await Self.call("agent-anna", "listens")
        #expect(heard.sipp == 0 && heard.announcer == 0)
        #expect(15...27 ~= heard.packets.count)
    }

    @Test("plays a second of silence to a caller of nobody")
    func nobody() async throws {
        let heard = try await Self.call("nobody", "listens")
        #expect(heard.sipp == 0 && heard.announcer == 0)
        #expect(heard.packets.count == 50 && heard.packets.allSatisfy { $0[12...].allSatisfy { $0 == 0xD5 } })
    }

    @Test("says BYE to its callers when it is stopped, and exits with 0")
    func stop() async throws {
        let heard = try await Self.call("queue", "listens", stopsAfter: 20)
        #expect(heard.sipp == 0 && heard.announcer == 0)
        #expect(!heard.packets.isEmpty)
    }

    @Test("says which port is in use, and exits with 71")
    func portInUse() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let anyPort = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 0)
        let other = try await DatagramTransport.bind(listeners: [anyPort], on: loop)
        let local = other.listeners[0].local
        try await Self.withSounds { folder in
            let announcer = try Self.announcer("--listen", "\(local)", "--sounds", folder)
            #expect(await announcer.line(containing: "address already in use: \(local)") != nil)
            #expect(await announcer.status == 71)
        }
        await other.close()
    }

    @Test("says which port range is full, and exits with 71")
    func noPorts() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let anyPort = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 0)
        let other = try await DatagramTransport.bind(listeners: [anyPort], on: loop)
        let even = other.listeners[0].local.port & ~1
        try await Self.withSounds { folder in
            let announcer = try Self.announcer(
                "--listen",
                "udp:127.0.0.1:0",
                "--sounds",
                folder,
                "--rtp-ports",
                "\(even)-\(even + 1)"
            )
            #expect(await announcer.line(containing: "no free pair of ports for RTP on 0.0.0.0 in \(even)-") != nil)
            #expect(await announcer.status == 71)
        }
        await other.close()
    }

    @Test("says which sounds it cannot use, and exits with 78")
    func noSounds() async throws {
        let announcer = try Self.announcer("--listen", "udp:127.0.0.1:0", "--sounds", "/dev/null/sounds")
        #expect(await announcer.line(containing: "cannot read /dev/null/sounds") != nil)
        #expect(await announcer.status == 78)
    }
}
