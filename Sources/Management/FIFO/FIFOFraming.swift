import NIOCore

/// Cuts what comes through the FIFO into lines. Writers share it: what one has left unfinished must not spoil the line of
/// the next, so half a line is forgotten when nothing has followed for a while.
final class FIFOFraming: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = MIFrame

    private let maximumLength: Int
    private let patience: TimeAmount

    private var buffer = ByteBuffer()
    private var lastPiece = NIODeadline.now()
    /// A line that is too long is thrown away up to its end.
    private var isSkipping = false

    /// - Parameters:
    ///   - maximumLength: bytes of a line.
    ///   - patience: between two pieces of one line.
    init(maximumLength: Int, patience: TimeAmount) {
        self.maximumLength = maximumLength
        self.patience = patience
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if lastPiece + patience < .now() {
            buffer.clear()
            isSkipping = false
        }
        lastPiece = .now()
        var piece = unwrapInboundIn(data)
        while let end = piece.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            if var line = piece.readSlice(length: end - piece.readerIndex) { take(&line, context: context) }
            piece.moveReaderIndex(forwardBy: 1)
            finishLine(context: context)
        }
        take(&piece, context: context)
    }

    private func take(_ part: inout ByteBuffer, context: ChannelHandlerContext) {
        guard !isSkipping else { return }
        guard buffer.readableBytes + part.readableBytes <= maximumLength else {
            isSkipping = true
            buffer = ByteBuffer()
            context.fireChannelRead(wrapInboundOut(.oversize))
            return
        }
        buffer.writeBuffer(&part)
    }

    private func finishLine(context: ChannelHandlerContext) {
        let line = buffer
        buffer = ByteBuffer()
        defer { isSkipping = false }
        guard !isSkipping, line.readableBytesView.contains(where: { $0 > 0x20 }) else { return }
        context.fireChannelRead(wrapInboundOut(.request(line)))
    }
}
