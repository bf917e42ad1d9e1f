import Glibc
import Logging
import NIOCore
import SIP
import Transport

/// The `AnnouncementServer` on an event loop: gives it datagrams, time and frames, and sends what it wants sent. Not for any other
/// thread than that of the loop.
final class Runner: DatagramHandler {
    private let sip: DatagramTransport
    private let media: MediaSocket
    private let eventLoop: any EventLoop
    private let log: Logger
    private let failed: (_ reason: String) -> Void
    private var server: AnnouncementServer
    private var datagrams: [Outgoing] = []
    /// Runs while anything plays.
    private var clock: FrameClock?
    /// The earliest wake-up under way. Later ones are not taken back: they find nothing to do.
    private var nextWake = Milliseconds.max
    private var idle: EventLoopPromise<Void>?
    /// Sounds that were asked for and are not there.
    private var missing: Set<String> = []
    private static let maximumMissing = 100

    /// How long `stop` waits for the responses to our BYEs.
    private static let farewell = TimeAmount.seconds(2)

    /// - Parameters:
    ///   - advertised: the address for RTP that SDP names; nil: the one that the listener sees.
    ///   - failed: called when a socket is dead.
    init(
        sip: DatagramTransport,
        media: MediaSocket,
        library: SoundLibrary,
        limits: AnnouncementServer.Limits,
        advertised: IPAddress?,
        log: Logger,
        failed: @escaping (_ reason: String) -> Void
    ) {
        self.sip = sip
        self.media = media
        self.log = log
        self.failed = failed
        eventLoop = sip.eventLoop
        let listeners = sip.listeners.map { UserAgentConfiguration.Listener(endpoint: $0.local) }
        let configuration = UserAgentConfiguration(
            listeners: listeners,
            localAddress: { sip.localEndpoint(of: ListenerID(0), reaching: $0)?.address },
            product: "cc-announcer",
            // Legs that end, and the transactions of all, need some room besides.
            maxLegs: 2 * limits.calls + 100,
            maxTransactions: 20 * limits.calls + 1_000
        )
        var system = SystemRandomNumberGenerator()
        func generator() -> SeededGenerator {
            SeededGenerator(key: (system.next(), system.next(), system.next(), system.next()))
        }
        server = AnnouncementServer(
            userAgent: UserAgent(configuration: configuration, random: generator()),
            library: library,
            limits: limits,
            random: generator()
        ) { listener, peer in
            advertised.map { Endpoint(address: $0, port: media.local.port) }
                ?? media.endpoint(towards: listener, calledBy: peer)
        }
    }

    func start() {
        media.start()
        sip.start(self)
    }

    /// Ends all calls. The future completes when all peers have answered, or a while later.
    func stop() -> EventLoopFuture<Void> {
        let idle = self.idle ?? eventLoop.makePromise(of: Void.self)
        self.idle = idle
        server.close(now: now)
        settle()
        eventLoop.assumeIsolated().scheduleTask(in: Self.farewell) { idle.succeed() }
        return idle.futureResult
    }

    // MARK: In

    func received(_ bytes: [UInt8], from peer: Endpoint, on listener: ListenerID) {
        server.receive(bytes, from: peer, on: listener, now: now)
    }

    func batchEnded() { settle() }

    func listenerFailed(_ listener: ListenerID, reason: String) { failed(reason) }

    private var now: Milliseconds { Milliseconds(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    /// Seconds since 1900 and their fractions, 32 bits each.
    private static var wallClock: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let seconds = UInt64(truncatingIfNeeded: time.tv_sec) &+ 2_208_988_800
        return seconds << 32 | (UInt64(truncatingIfNeeded: time.tv_nsec) << 32) / 1_000_000_000
    }

    private func wake() {
        nextWake = .max
        server.advance(to: now)
        settle()
    }

    private func playFrames() {
        guard var clock else { return }
        let due = clock.due(now: NIODeadline.now().uptimeNanoseconds)
        server.play(due, now: now, time: Self.wallClock) { packet, destination in
            media.send(packet, to: destination)
        }
        if server.player.isEmpty {
            self.clock = nil
        } else {
            self.clock = clock
            schedule(clock)
        }
        settle()
    }

    // MARK: Out

    /// Sends what is to be sent, and sees to it that we are called again in time.
    private func settle() {
        server.drainDatagrams(into: &datagrams)
        for datagram in datagrams { sip.send(datagram.bytes, to: datagram.destination, from: datagram.listener) }
        datagrams.removeAll(keepingCapacity: true)
        sip.flush()
        for report in server.takeReports() { media.send(report: report.packet, to: report.to) }
        media.flush()
        for note in server.drainNotes() { tell(note) }
        if clock == nil, !server.player.isEmpty {
            let clock = FrameClock(now: NIODeadline.now().uptimeNanoseconds)
            self.clock = clock
            schedule(clock)
        }
        if let deadline = server.nextDeadline, deadline < nextWake {
            nextWake = deadline
            schedule(at: UInt64(clamping: deadline) * 1_000_000) { $0.wake() }
        }
        if server.isIdle { idle?.succeed() }
    }

    private func tell(_ note: AnnouncementServer.Note) {
        // Once a name: it is wrong until somebody does something about it.
        if case .missing(let user) = note, missing.count < Self.maximumMissing, missing.insert(user).inserted {
            log.warning("\(note)")
        } else {
            log.debug("\(note)")
        }
    }

    private func schedule(_ clock: FrameClock) { schedule(at: clock.next) { $0.playFrames() } }

    private func schedule(at nanoseconds: UInt64, _ body: @escaping (Runner) -> Void) {
        eventLoop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(nanoseconds)) { body(self) }
    }
}

extension AnnouncementServer.Note: CustomStringConvertible {
    var description: String {
        switch self {
        case .began(let user, let source): "call to \(user) from \(source)"
        case .refused(let user, let source, let status): "call to \(user) from \(source) refused: \(status)"
        case .missing(let user): "there is no sound \(user): callers hear silence"
        case .ended(let user, let reason): "call to \(user) ended: \(reason.rawValue)"
        }
    }
}
