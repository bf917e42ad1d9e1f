import Glibc
import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
import ServiceLifecycle
import Telemetry

/// What is served over HTTP/1.1: `GET /metrics` for Prometheus, `GET /healthz` and `/readyz` for whoever watches; all
/// else is 404.
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

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// As in the configuration file: `127.0.0.1:9506`, `[::1]:9506`.
        var listen: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    private let configuration: Configuration
    private let control: BoundedControl
    private let group: any EventLoopGroup
    private let logger: Logger
    private let onRunning: @Sendable (_ port: Int) async -> Void

    /// - Parameters:
    ///   - group: whose loops do the input and output; not the loop of the calls.
    ///   - onRunning: called with the port once connections are taken.
    package init(
        configuration: Configuration,
        control: BoundedControl,
        group: any EventLoopGroup,
        logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.control = control
        self.group = group
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Serves until the group shuts down; requests under way get their responses.
    ///
    /// - Throws: `ManagementError` if the address cannot be listened on.
    package func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw failure(Self.reason(of: error))
        } catch is SocketAddressError.UnknownHost {
            throw failure("no such address")
        }
    }

    private var application: some Service {
        let connections = Budget(limit: configuration.maximumConnections)
        let refusals = RefusalLog(logger)
        let responseTimeout = configuration.responseTimeout
        let channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                HTTPConnectionGuard(connections: connections, refusals: refusals, responseTimeout: responseTimeout)
            ],
            idleTimeout: configuration.idleTimeout,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: configuration.maximumHeader / 2,
                maxHeaderListSize: configuration.maximumHeader,
                maxHeaderFieldCount: 100
            )
        )
        return Application(
            router: router,
            server: .http1(configuration: channel),
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

    private var router: Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.get("metrics") { [control] _, _ in
            do throws(ControlError) {
                let text = PrometheusText.render(try await control.snapshot())
                return Self.response(.ok, ByteBuffer(bytes: text), type: "text/plain; version=0.0.4; charset=utf-8")
            } catch {
                return Self.response(.serviceUnavailable, ByteBuffer(string: "\(error.message)\n"))
            }
        }
        router.get("healthz") { [control] _, _ in Self.response(to: await control.health()) }
        router.get("readyz") { [control] _, _ in Self.response(to: await control.readiness()) }
        return router
    }

    private static func response(to health: Health) -> Response {
        switch health {
        case .good: response(.ok, ByteBuffer(string: "ok\n"))
        case .fair(let reason): response(.ok, ByteBuffer(string: "ok, but \(reason)\n"))
        case .bad(let reason): response(.serviceUnavailable, ByteBuffer(string: "\(reason)\n"))
        }
    }

    private static func response(
        _ status: HTTPResponse.Status,
        _ body: ByteBuffer,
        type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: .init(byteBuffer: body)
        )
    }

    private func failure(_ reason: String) -> ManagementError {
        ManagementError(key: "http.listen", place: configuration.listen, reason: reason)
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
