import Logging
import Management
import NIOCore
import SIP
import ServiceLifecycle
import Settings

/// The ways in for people and their tools, as the configuration wants them; all of them have the same commands.
struct WaysIn {
    /// In the order of starting.
    private(set) var services: [any Service] = []

    /// How many there are that open something: `onRunning` is called as often.
    static func count(_ configuration: Configuration) -> Int { configuration.managementFIFO == nil ? 2 : 3 }

    /// - Parameters:
    ///   - group: whose loops do the input and output; not the loop of the calls.
    ///   - onRunning: called by each when it is open.
    init(
        configuration: Configuration,
        control: BoundedControl,
        tokens: TokenStore?,
        turnedAway: TurnedAway,
        events: EventHub,
        group: any EventLoopGroup,
        logger: Logger,
        onRunning: @escaping @Sendable () -> Void
    ) {
        let dispatcher = RPCDispatcher(registry: .standard(version: Version.current), control: control, logger: logger)
        services.append(
            HTTPService(
                configuration: HTTPService.Configuration(configuration),
                control: control,
                dispatcher: dispatcher,
                events: events,
                tokens: tokens,
                turnedAway: turnedAway,
                group: group,
                logger: logger,
                onRunning: { _ in onRunning() }
            )
        )
        let entry = CommandEntry(dispatcher: dispatcher, group: group, logger: logger, onRunning: onRunning)
        services.append(
            MIService(
                configuration: .init(path: configuration.managementSocket),
                events: events,
                entry: entry,
                turnedAway: turnedAway
            )
        )
        if let path = configuration.managementFIFO {
            services.append(FIFOService(configuration: .init(path: path), entry: entry))
        }
        // Stops first, and with it all who watch: they would keep their connections for ever.
        services.append(events)
    }
}

extension HTTPService.Configuration {
    init(_ file: Settings.Configuration) {
        self.init(host: "\(file.httpListen.address)", port: Int(file.httpListen.port))
        servesCommands = file.servesHTTPCommands
        protectsMetrics = file.protectsMetrics
        if let certificate = file.httpCertificate, let key = file.httpKey {
            tls = TLSFiles(certificate: certificate, key: key)
        }
    }
}
