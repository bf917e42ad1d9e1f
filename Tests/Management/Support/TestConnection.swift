import NIOCore
import NIOPosix

/// A client that sends and reads bytes, nothing more.
struct TestConnection {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var buffer = ByteBuffer()

    enum Place {
        case unix(String)
        case tcp(port: Int)
    }

    static func with<Answer: Sendable>(
        _ place: Place,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (inout TestConnection) async throws -> Answer
    ) async throws -> Answer {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
        let wrap: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(isOutboundHalfClosureEnabled: true)
                )
            }
        }
        let channel =
            switch place {
            case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: wrap)
            case .tcp(let port): try await bootstrap.connect(host: "127.0.0.1", port: port, channelInitializer: wrap)
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = TestConnection(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&connection)
        }
    }

    private init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound
        self.outbound = outbound
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// Half-closes.
    func finish() { outbound.finish() }

    /// The next line without its end; nil if the peer closes before.
    mutating func line() async throws -> String? {
        while true {
            if let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer.readString(length: end - buffer.readerIndex)
                buffer.moveReaderIndex(forwardBy: 1)
                return line
            }
            guard var more = try await inbound.next() else { return nil }
            buffer.writeBuffer(&more)
        }
    }

    /// Reads what is there, at least something.
    mutating func takeSome() async throws {
        if var more = try await inbound.next() { buffer.writeBuffer(&more) }
    }

    /// All that comes until the peer closes.
    mutating func rest() async throws -> String {
        while var more = try await inbound.next() { buffer.writeBuffer(&more) }
        return buffer.readString(length: buffer.readableBytes) ?? ""
    }
}
