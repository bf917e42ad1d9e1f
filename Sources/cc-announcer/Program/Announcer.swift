import ArgumentParser
import Dispatch
import Glibc
import Logging
import NIOCore
import NIOPosix
import SIP
import Systemd
import Transport

/// The program: opens what it needs, runs until SIGTERM or SIGINT, then says BYE to all.
@main
struct Announcer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc-announcer",
        abstract: "Announcements and hold music: a SIP user agent server that plays files over RTP.",
        discussion: """
            Call sip:NAME@ADDRESS:PORT to hear NAME.wav of the folder: once, followed by BYE; for ever if NAME begins with \
            queue, hold or music, or the address has the parameter ;loop. Call sip:agent-NAME@ADDRESS:PORT for an agent who \
            rings, answers, talks a while and hangs up; he plays agent.wav if there is one.

            Call sip:FLOW/NAME@ADDRESS:PORT for a flow's own sound: FLOW/NAME.wav, or else NAME.wav. With the parameters \
            ;cc_pos=CALLS and ;cc_ewt=SECONDS, callers hear their place and the estimated wait first, put together from \
            the folder numbers, or FLOW/numbers.

            Files are WAV, PCM of 16 bits, best with one channel and 8000 or 16000 samples a second. They are read at the \
            start; in place of one that is missing or cannot be used callers hear silence. RTP carries PCMU, PCMA (G.711) or G722.

            It serves everybody who reaches it, and sends RTP where their SDP says: keep it on loopback or in a trusted network.

            Example: cc-announcer --listen udp:127.0.0.1:5090 --sounds /usr/share/callcenterd/sounds

            Exit status: 0 after SIGTERM or SIGINT; 64 wrong arguments; 70 internal error; 71 a socket could not be opened \
            or broke; 78 the sounds cannot be used.
            """
    )

    @OptionGroup var options: Options

    func run() async throws {
        let verbose = options.verbose
        let journal = JournalSink.isStandardErrorJournal ? JournalSink(identifier: "cc-announcer") : nil
        LoggingSystem.bootstrap { label in
            var handler: any LogHandler =
                journal.map { JournalLog(sink: $0) } ?? StreamLogHandler.standardError(label: label)
            handler.logLevel = verbose ? .debug : .info
            return handler
        }
        defer {
            journal?.flush(within: .seconds(1))
            ServiceManager.shared.flush(within: .seconds(1))
        }
        let log = Logger(label: "cc-announcer")
        do {
            try await serve(log)
        } catch let error as SoundLibrary.Failure {
            throw exit(78, EINVAL, error, log)
        } catch let error as BindError {
            throw exit(71, error.code, error, log)
        } catch let error as NoFreePort {
            throw exit(71, EADDRINUSE, error, log)
        } catch let error as ListenerFailure {
            throw exit(71, EIO, error, log)
        } catch {
            throw exit(70, ENOTRECOVERABLE, error, log)
        }
    }

    /// - Parameter errno: what comes closest, for the service manager.
    private func exit(_ code: Int32, _ errno: Int32, _ error: any Error, _ log: Logger) -> ExitCode {
        log.critical("\(error)")
        ServiceManager.shared.notify(.failed(errno: errno, status: "\(error)"))
        return ExitCode(code)
    }

    /// Why the program ends.
    private enum Stop {
        case signal(String)
        case socketFailed(String)
    }

    private func serve(_ log: Logger) async throws {
        let library = try SoundLibrary(folder: options.sounds)
        for problem in library.problems { log.error("\(problem); callers hear silence") }
        if library.names.isEmpty { log.warning("no WAV files in \(options.sounds): callers hear silence") }
        let (stops, stop) = AsyncStream<Stop>.makeStream()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let listen = options.listen.endpoint
        let sip = try await DatagramTransport.bind(listeners: [listen], on: loop)
        // An address that only peers know may be none of this machine's, and who calls over loopback may do so for listeners
        // that are elsewhere.
        let isOpen = options.mediaAddress != nil || listen.address.isLoopback
        let address = isOpen ? .unspecified(like: listen.address) : listen.address
        let media = try await MediaSocket.open(address, options.rtpPorts, on: loop)
        let (limits, advertised) = (options.limits, options.mediaAddress?.address)
        let runner = try await loop.submit {
            let runner = Runner(
                sip: sip,
                media: media,
                library: library,
                limits: limits,
                advertised: advertised,
                log: log
            ) { reason in stop.yield(.socketFailed(reason)) }
            runner.start()
            return NIOLoopBound(runner, eventLoop: loop)
        }.get()
        let signals = StopSignals { stop.yield(.signal($0)) }
        let names = library.names.filter { !$0.hasPrefix("numbers/") }.joined(separator: ", ")
        log.notice("listening on \(sip.listeners[0].local), RTP from port \(media.local.port), sounds: \(names)")
        let manager = ServiceManager.shared
        manager.notify(.ready(status: "listening on \(sip.listeners[0].local), \(library.names.count) sounds"))
        // The loop that plays says that it is not stuck.
        let heartbeat = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .seconds(1)) { _ in manager.alive() }
        defer { heartbeat.cancel() }
        var reasons = stops.makeAsyncIterator()
        switch await reasons.next() {
        case .signal(let name): log.notice("\(name): saying BYE to all")
        case .socketFailed(let reason): throw ListenerFailure(reason: reason)
        case nil: break
        }
        manager.notify(.stopping(status: "saying BYE to all"))
        try await loop.flatSubmit { runner.value.stop() }.get()
        await sip.close()
        await media.close()
        withExtendedLifetime(signals) {}
    }
}

/// A socket of ours has died.
private struct ListenerFailure: Error, CustomStringConvertible {
    let reason: String

    var description: String { "the SIP socket is dead: \(reason)" }
}

extension IPAddress {
    fileprivate var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    /// The wildcard address of the same family.
    fileprivate static func unspecified(like other: IPAddress) -> IPAddress {
        other.isIPv4 ? IPAddress(v4: 0) : IPAddress(high: 0, low: 0)
    }
}
