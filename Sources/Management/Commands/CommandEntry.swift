package import Logging
package import NIOCore
import ServiceLifecycle

/// What a way in for commands has from outside, whatever it listens on, and how its life goes.
package struct CommandEntry: Sendable {
    let dispatcher: RPCDispatcher
    let group: any EventLoopGroup
    let logger: Logger
    private let onRunning: @Sendable () async -> Void

    /// - Parameters:
    ///   - group: whose loops do the input and output; not the loop of the calls.
    ///   - onRunning: called once it is open.
    package init(
        dispatcher: RPCDispatcher,
        group: any EventLoopGroup,
        logger: Logger,
        onRunning: @escaping @Sendable () async -> Void = {}
    ) {
        self.dispatcher = dispatcher
        self.group = group
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Says that it is open, and serves until the group shuts down, which closes the channel; then the file goes.
    ///
    /// - Parameters:
    ///   - kind: what it is, for the log.
    ///   - body: serves; returns when the channel is closed.
    func serve(
        _ kind: String,
        _ file: EntryFile,
        on channel: any Channel,
        _ body: () async throws -> Void
    ) async throws {
        defer { file.remove() }
        logger.info("management \(kind) open", metadata: ["path": "\(file.path)"])
        await onRunning()
        try await withGracefulShutdownHandler {
            try await body()
        } onGracefulShutdown: {
            channel.close(promise: nil)
        }
    }
}
