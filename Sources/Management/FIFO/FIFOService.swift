import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle

/// The management interface on a FIFO, in the way of the reference (`FIFORequest`): a line a request, the reply to a FIFO
/// that the asker names. Replies go to the folder of the FIFO and nowhere else.
package struct FIFOService: Service {
    package struct Configuration: Sendable {
        /// Of the FIFO; its folder must exist.
        package var path: String
        /// Bytes of a line.
        package var maximumRequest = 64 << 10
        /// Requests at work; more are dropped, with a line in the log.
        package var maximumRequests = 32
        /// For the asker to take his reply.
        package var replyTimeout = Duration.seconds(5)
        /// Between two pieces of a line.
        package var patience = TimeAmount.seconds(2)

        package init(path: String) { self.path = path }
    }

    private let configuration: Configuration
    private let entry: CommandEntry
    private var logger: Logger { entry.logger }

    package init(configuration: Configuration, entry: CommandEntry) {
        self.configuration = configuration
        self.entry = entry
    }

    /// Serves until the group shuts down; then the FIFO goes.
    ///
    /// - Throws: `ManagementError` if the FIFO cannot be made.
    package func run() async throws {
        let (file, descriptor) = try FIFOFile.make(configuration.path)
        let channel = try await NIOPipeBootstrap(group: entry.group)
            .takingOwnershipOfDescriptor(input: descriptor) { [configuration] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        FIFOFraming(maximumLength: configuration.maximumRequest, patience: configuration.patience)
                    )
                    return try NIOAsyncChannel<MIFrame, Never>(wrappingChannelSynchronously: channel)
                }
            }
        try await entry.serve("FIFO", file, on: channel.channel) {
            try await channel.executeThenClose { inbound in try await serve(inbound) }
        }
    }

    private func serve(_ inbound: NIOAsyncChannelInboundStream<MIFrame>) async throws {
        let underWay = Budget(limit: configuration.maximumRequests)
        let refusals = RefusalLog(logger)
        try await withThrowingDiscardingTaskGroup { tasks in
            for try await frame in inbound {
                guard case .request(let line) = frame else {
                    logger.warning("FIFO line too long", metadata: ["limit": "\(configuration.maximumRequest)"])
                    continue
                }
                guard underWay.take() else {
                    refusals.note(refusedAt: underWay.limit)
                    continue
                }
                tasks.addTask {
                    await answer(Array(line.readableBytesView))
                    underWay.giveBack()
                }
            }
        }
    }

    private func answer(_ line: [UInt8]) async {
        let request: FIFORequest
        do throws(FIFORequest.Problem) {
            request = try FIFORequest(line)
        } catch {
            logger.warning("FIFO line refused: \(error.reason)")
            if let name = error.replyName, let reply = ReplyFIFO(folder + name) {
                await write(RPCDispatcher.refusal(.invalidRequest(error.reason)), to: reply)
            }
            return
        }
        var reply: ReplyFIFO?
        if let name = request.replyName {
            reply = ReplyFIFO(folder + name)
            if reply == nil {
                logger.warning("FIFO request refused: no reply FIFO", metadata: ["path": "\(folder)\(name)"])
                return
            }
        }
        guard let answer = await entry.dispatcher.reply(to: request.text, from: .fifo(user: reply?.owner)) else {
            return
        }
        if let reply { await write(answer, to: reply) }
    }

    private func write(_ answer: JSONValue, to reply: ReplyFIFO) async {
        if await !reply.write(answer.bytes + [UInt8(ascii: "\n")], within: configuration.replyTimeout) {
            logger.warning("FIFO reply not taken", metadata: ["path": "\(reply.path)"])
        }
    }

    /// Where the FIFO lies, with the slash.
    private var folder: String {
        guard let slash = configuration.path.lastIndex(of: "/") else { return "" }
        return String(configuration.path[...slash])
    }
}
