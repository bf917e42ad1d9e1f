import CallCenter
import Dispatch
import Exchange
import Logging
import Management
import NIOCore
import NIOPosix
import SIP
import SNMPAgent
import ServiceLifecycle
import Settings
import Store
import Systemd
import Telemetry
import Transport
import UnixSignals

/// Builds the parts, joins them, and runs them until somebody says stop. Nothing is decided here.
struct Daemon {
    private(set) var configuration: Configuration
    /// Path of the configuration file, for reloads.
    let file: String
    let manager: ServiceManager

    init(configuration: Configuration, file: String, manager: ServiceManager) {
        self.configuration = configuration
        self.file = file
        self.manager = manager
    }

    mutating func run() async throws(StartError) {
        let log = LogOutput.open()
        LoggingSystem.bootstrap { _ in log.handler() }
        defer { log.flush(within: .seconds(1)) }
        var logger = Logger(label: "callcenterd")
        logger.logLevel = Logger.Level(configuration.logLevel)

        do {
            let kept = KeptSockets(from: manager)
            let standby = Standby(configuration: configuration, manager: manager, logger: logger) { kept.release() }
            let ownership = try await standby.wait()
            // From here on it is held, whatever becomes of the rest, until the process ends.
            defer { withExtendedLifetime(ownership) {} }
            if ownership.hasWaited { readAgain(logger) }
            try NamedFiles.checkFolders(configuration, file: file)
            for caution in NamedFiles.cautions(configuration, file: file) { logger.warning("\(caution)") }
            manager.notify(.status("starting: opening the databases"))
            // Migrations of a big database and the reading of many flows and agents take their time.
            manager.holdOn(limit: ServiceState.longestWork, isAlive: true)
            let store = try CentreStore.open(configuration, logger: logger)
            let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let streams = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let management = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let network = try await Self.patiently(within: ownership.hasWaited ? Self.handOver : .zero) {
                [configuration] in
                try await SIPNetwork.bind(
                    listeners: configuration.sip.listen,
                    inherited: ownership.hasWaited ? .none : kept.inherited,
                    on: loops.next(),
                    streams: StreamSettings(configuration.sip),
                    tls: TLSSettings(configuration.sip.tls),
                    on: streams.next()
                )
            }
            network.trust(StreamTrust(configuration.sip))
            let sockets = ownership.hasWaited ? KeptSockets.none(manager) : kept
            try await sockets.keep(network, asked: configuration.sip.listen, logger: logger)
            for listener in network.listeners {
                let buffer = listener.receiveBuffer.map { "\($0.granted) of \($0.asked)" }
                logger.info(
                    "listening",
                    metadata: ["address": "\(listener.local)", "receive-buffer": "\(buffer ?? "-")"]
                )
            }
            let tokens = try configuration.httpTokenFile.map { try TokenStore(path: $0) }
            let hub = EventHub()
            var events = EventOutlet()
            events.watchers.append(.init(isInterested: { hub.isWatched }, take: { hub.publish($0) }))
            let snmp =
                configuration.snmp.isEnabled
                ? SNMPAgent(socket: configuration.snmp.agentXSocket, logger: logger) : nil
            let centre = try await Centre.start(
                configuration: configuration,
                file: file,
                network: network,
                store: store,
                events: events,
                snmp: snmp,
                tokens: tokens,
                logger: logger,
                alive: { [manager] in manager.alive() }
            )
            try await serve(
                centre,
                ownership: ownership,
                events: hub,
                tokens: tokens,
                management: management,
                snmp: snmp,
                logger: logger
            )
            await centre.stop()
            manager.release()
            try await loops.shutdownGracefully()
            try await streams.shutdownGracefully()
            try await management.shutdownGracefully()
            logger.info("stopped")
        } catch {
            throw StartError(error, file: file)
        }
    }

    /// What the file says by now: the standby may have waited for weeks. One that became wrong changes nothing.
    private mutating func readAgain(_ logger: Logger) {
        do {
            let next = try Configuration.load(file: file, checks: .all)
            guard next.owner == configuration.owner else {
                let problem = "what is owned has changed in the file; going on with the file as it was at the start"
                return logger.error("\(problem)")
            }
            configuration = next
        } catch {
            logger.error("the file has become wrong; going on with it as it was at the start: \(error)")
        }
    }

    /// How long the sockets of the owner of before may still be held for his unit by the service manager, and how long the address
    /// may be on its way from his machine.
    private static let handOver = Duration.seconds(30)

    /// Opens something again and again while an address is in use, or is not ours, for so long.
    private static func patiently<Opened>(
        within limit: Duration,
        _ open: () async throws -> Opened
    ) async throws -> Opened {
        let end = ContinuousClock.now + limit
        while true {
            do {
                return try await open()
            } catch let error as BindError {
                switch error {
                case .addressInUse, .addressNotAvailable: break
                default: throw error
                }
                guard ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private func serve(
        _ centre: Centre,
        ownership: Ownership,
        events: EventHub,
        tokens: TokenStore?,
        management: MultiThreadedEventLoopGroup,
        snmp: SNMPAgent?,
        logger: Logger
    ) async throws {
        let state = ServiceState(manager: manager, parts: WaysIn.count(configuration), logger: logger)
        var orders = centre.control
        orders.reload = { [reload = orders.reload] requester in await state.reload { await reload(requester) } }
        let ways = WaysIn(
            configuration: configuration,
            control: BoundedControl(orders),
            tokens: tokens,
            turnedAway: centre.turnedAway,
            events: events,
            group: management,
            logger: logger,
            onRunning: { state.opened() }
        )
        let waysIn: [ServiceGroupConfiguration.ServiceConfiguration] = ways.services.map { .init(service: $0) }
        var services = ServiceGroupConfiguration(
            // The last ones stop first: questions and commands while the loop still answers.
            services: [
                .init(service: FailureWatch(centre: centre)),
                .init(service: OwnerWatch(ownership: ownership)),
                .init(service: ReloadOnHangup(centre: centre, state: state)),
                .init(service: StatusLine(centre: centre, state: state)),
                .init(
                    service: DrainOnSignal(
                        centre: centre,
                        state: state,
                        longest: configuration.longestCall,
                        logger: logger
                    ),
                    successTerminationBehavior: .gracefullyShutdownGroup
                ),
                .init(service: ProvisioningWatch(centre: centre)),
            ] + waysIn,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        if let snmp { services.services.append(.init(service: SNMPService(centre: centre, agent: snmp))) }
        // A scraper that does not read must not keep us.
        services.maximumGracefulShutdownDuration = .seconds(3)
        let group = ServiceGroup(configuration: services)
        logger.info("started", metadata: ["version": "\(Version.current)", "configuration": "\(file)"])
        try await group.run()
        state.stopping()
    }
}

extension Configuration {
    /// What only one process may have.
    fileprivate var owner: [String?] { [stateDirectory, instance, runtimeDatabaseURL ?? databaseURL] }
}

extension Logger.Level {
    init(_ level: Configuration.LogLevel) { self = Logger.Level(rawValue: level.rawValue) ?? .info }
}
