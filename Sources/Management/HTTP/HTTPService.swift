import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
package import NIOCore
import NIOSSL
import ServiceLifecycle

/// What is served over HTTP/1.1: `GET /metrics` for Prometheus, `GET /healthz` and `/readyz` for whoever watches,
/// `GET /events`, `GET /snapshot` and `POST /mi` for whoever has a token (`Access`), and at `/` the wallboard, which is made of them;
/// all else is 404.
///
/// Nothing is rendered on an event loop, and the call loop is asked through `BoundedControl`, so that no scraper can
/// hold it up.
package struct HTTPService: Service {
    package struct Configuration: Sendable {
        /// An address, not a name.
        package var host: String
        /// 0: any free port.
        package var port: Int
        package var maximumConnections = 64
        /// Without a complete request, a connection is closed.
        package var idleTimeout = TimeAmount.seconds(60)
        /// From a request until its response is taken.
        package var responseTimeout = TimeAmount.seconds(30)
        /// Bytes of all header fields of a request.
        package var maximumHeader = 16 << 10
        /// Bytes of a request to /mi.
        package var maximumRequest = 1 << 20
        /// Whether /mi is there.
        package var servesCommands = false
        /// Whether /metrics asks for a token.
        package var protectsMetrics = false
        /// Between signs of life on /events; below `responseTimeout`.
        package var eventPause = Duration.seconds(15)
        /// nil: without TLS.
        package var tls: TLSFiles?

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// As in the configuration file: `127.0.0.1:9506`, `[::1]:9506`.
        var listen: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    private let configuration: Configuration
    private let control: BoundedControl
    private let dispatcher: RPCDispatcher
    private let events: EventHub
    private let tokens: TokenStore?
    private let group: any EventLoopGroup
    private let logger: Logger
    private let onRunning: @Sendable (_ port: Int) async -> Void
    private let turnedAway: TurnedAway
    private let history = WallboardHistory()

    /// - Parameters:
    ///   - dispatcher: what runs commands.
    ///   - events: what can be watched.
    ///   - tokens: of those who may more than look at metrics; nil: there are none.
    ///   - turnedAway: counts connections that find no room.
    ///   - group: whose loops do the input and output; not the loop of the calls.
    ///   - onRunning: called with the port once connections are taken.
    package init(
        configuration: Configuration,
        control: BoundedControl,
        dispatcher: RPCDispatcher,
        events: EventHub,
        tokens: TokenStore?,
        turnedAway: TurnedAway = TurnedAway(),
        group: any EventLoopGroup,
        logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.control = control
        self.dispatcher = dispatcher
        self.events = events
        self.tokens = tokens
        self.turnedAway = turnedAway
        self.group = group
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Serves until the group shuts down; requests under way get their responses.
    ///
    /// - Throws: `ManagementError` if the address cannot be listened on, or TLS has no usable certificate.
    package func run() async throws {
        let log = ServerLog(logger)
        let application = try makeApplication(tls: try configuration.tls?.configuration(), logger: log.logger)
        if tokens != nil, configuration.tls == nil, !isLoopback {
            logger.warning("tokens travel in the clear: set http.tls_certificate and http.tls_key")
        }
        do {
            try await withThrowingTaskGroup { group in
                group.addTask { [history, control] in await history.run(control) }
                defer { group.cancelAll() }
                try await withTaskCancellationHandler {
                    try await application.run()
                } onCancel: {
                    log.fallSilent()
                }
            }
        } catch let error as IOError {
            throw failure(Self.reason(of: error), error.errnoCode)
        } catch is SocketAddressError.UnknownHost {
            throw failure("no such address", EADDRNOTAVAIL)
        }
    }

    private var isLoopback: Bool { configuration.host.hasPrefix("127.") || configuration.host == "::1" }

    private func makeApplication(tls: TLSConfiguration?, logger: Logger) throws -> some Service {
        let connections = Connections(
            limit: configuration.maximumConnections,
            refusals: RefusalLog(logger)
        ) { [turnedAway] in turnedAway.noteHTTP() }
        let responseTimeout = configuration.responseTimeout
        let (takesCommands, maximumRequest) = (configuration.servesCommands, configuration.maximumRequest)
        let channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                HTTPConnectionGuard(
                    connections: connections,
                    responseTimeout: responseTimeout,
                    bodyLimit: { takesCommands && $0.method == .post && $0.isForCommands ? maximumRequest : 0 }
                )
            ],
            idleTimeout: configuration.idleTimeout,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: configuration.maximumHeader / 2,
                maxHeaderListSize: configuration.maximumHeader,
                maxHeaderFieldCount: 100
            )
        )
        let server = HTTPServerBuilder.http1(configuration: channel)
        return Application(
            router: routes.router(),
            server: try tls.map { try HTTPServerBuilder.tls(server, tlsConfiguration: $0) } ?? server,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "callcenterd",
                // Beyond our own limit, so that there is a refusal to be read; beyond this one, connections wait.
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.maximumConnections * 2,
                    logger: logger
                )
            ),
            onServerRunning: { [onRunning] channel in await onRunning(channel.localAddress?.port ?? 0) },
            eventLoopGroupProvider: .shared(group),
            logger: logger
        )
    }

    private var routes: HTTPRoutes {
        HTTPRoutes(
            control: control,
            access: Access(tokens: tokens, protectsMetrics: configuration.protectsMetrics),
            metrics: MetricsPage(control: control),
            events: EventPage(events: events, pause: configuration.eventPause),
            wallboard: WallboardPage(
                control: control,
                history: history,
                hasTokens: tokens != nil,
                servesCommands: configuration.servesCommands
            ),
            commands: configuration.servesCommands
                ? CommandPage(dispatcher: dispatcher, maximumRequest: configuration.maximumRequest) : nil,
            isSecure: configuration.tls != nil,
            wrongTokens: RefusalLog(logger)
        )
    }

    private func failure(_ reason: String, _ code: CInt) -> ManagementError {
        ManagementError(key: "http.listen", place: configuration.listen, reason: reason, code: code)
    }

    private static func reason(of error: IOError) -> String {
        switch error.errnoCode {
        case EADDRINUSE: "the port is in use; is callcenterd running already?"
        case EADDRNOTAVAIL: "the address is none of this machine"
        case EACCES: "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE"
        default: "\(error)"
        }
    }
}

extension HTTPRequest {
    /// Whether it is for /mi, whatever stands behind a question mark.
    fileprivate var isForCommands: Bool { path?.prefix { $0 != "?" } == "/mi" }
}
