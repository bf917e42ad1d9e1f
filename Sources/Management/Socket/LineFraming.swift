import NIOCore

/// What a connection brings.
enum MIFrame: Sendable {
    /// One request, without its line end.
    case request(ByteBuffer)
    /// A request beyond the limit; nothing more comes after it.
    case oversize
}

/// Cuts a stream into requests and keeps its time.
///
/// One request is one line: a JSON text without line breaks inside, ended by LF (an LF or CR LF inside a JSON string is
/// always escaped). Empty lines are skipped. A last line may be ended by the peer's half-close instead.
///
/// There is one deadline: from the connection's start, or from the last reply, a peer has `timeout` to complete the
/// next request, and then as long again to take the reply. Single bytes do not extend it, so half a request cannot
/// hold a connection.
final class LineFraming: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = MIFrame
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let maximumLength: Int
    private let timeout: TimeAmount

    private var buffer = ByteBuffer()
    /// Bytes at the start of `buffer` that are known to hold no line end.
    private var scanned = 0
    private var isOversize = false
    private var lastProgress = NIODeadline.now()
    private var deadline: Scheduled<Void>?

    /// - Parameters:
    ///   - maximumLength: bytes of one request.
    ///   - timeout: see above.
    init(maximumLength: Int, timeout: TimeAmount) {
        self.maximumLength = maximumLength
        self.timeout = timeout
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOversize else { return }
        var data = unwrapInboundIn(data)
        buffer.writeBuffer(&data)
        while let length = lineLength() {
            guard length <= maximumLength else { return refuse(context: context) }
            let line = buffer.readSlice(length: length)
            buffer.moveReaderIndex(forwardBy: 1)
            scanned = 0
            if let line { deliver(line, context: context) }
        }
        // A peer that waits for each reply leaves nothing behind; then the memory is given back.
        if buffer.readableBytes == 0 { buffer = ByteBuffer() } else { buffer.discardReadBytes() }
        if buffer.readableBytes > maximumLength { refuse(context: context) }
    }

    /// Up to the next line end, nil if there is none yet.
    private func lineLength() -> Int? {
        let view = buffer.readableBytesView
        let unseen = view.dropFirst(scanned)
        guard let end = unseen.firstIndex(of: UInt8(ascii: "\n")) else {
            scanned = view.count
            return nil
        }
        return end - view.startIndex
    }

    private func deliver(_ line: ByteBuffer, context: ChannelHandlerContext) {
        let isEmpty = line.readableBytesView.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        guard !isEmpty else { return }
        lastProgress = .now()
        context.fireChannelRead(wrapInboundOut(.request(line)))
    }

    private func refuse(context: ChannelHandlerContext) {
        isOversize = true
        buffer = ByteBuffer()
        context.fireChannelRead(wrapInboundOut(.oversize))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent, buffer.readableBytes > 0 {
            let rest = buffer
            buffer = ByteBuffer()
            deliver(rest, context: context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: - Replies and time

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let promise = promise ?? context.eventLoop.makePromise()
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        promise.futureResult.whenSuccess { handler.value.lastProgress = .now() }
        context.write(data, promise: promise)
    }

    func channelActive(context: ChannelHandlerContext) {
        lastProgress = .now()
        watch(context: context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        buffer = ByteBuffer()
        context.fireChannelInactive()
    }

    private func watch(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(deadline: lastProgress + timeout) {
            let (handler, context) = bound.value
            guard context.channel.isActive else { return }
            if handler.lastProgress + handler.timeout <= .now() {
                context.close(promise: nil)
            } else {
                handler.watch(context: context)
            }
        }
    }
}
