internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Stands between TLS and a connection: tells when the handshake is over and the peer is who he should be, and ends what takes too
/// long.
final class HandshakeGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Goes up the pipeline: messages may be written from now on.
    struct Passed {}

    private let tls: NIOSSLHandler
    private let limit: TimeAmount
    /// Whether the certificate shown, if any, is that of the peer we want.
    private let accepts: (NIOSSLCertificate?) -> Bool
    private var deadline: Scheduled<Void>?
    private var isOver = false

    init(_ tls: NIOSSLHandler, within limit: TimeAmount, accepts: @escaping (NIOSSLCertificate?) -> Bool) {
        self.tls = tls
        self.limit = limit
        self.accepts = accepts
    }

    func channelActive(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            guard !self.isOver else { return }
            context.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        isOver = true
        deadline?.cancel()
        guard accepts(tls.peerCertificate) else { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(Passed())
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isOver = true
        deadline?.cancel()
        context.fireChannelInactive()
    }
}
