internal import CSocket
internal import Glibc
internal import NIOCore
internal import SIP

/// The sockets of a `DatagramTransport`, as its event loop sees them. Not for any other thread.
final class DatagramSockets {
    private struct Socket {
        let descriptor: CInt
        var channel: (any Channel)?
        var queue = SendQueue()
        /// What had been thrown away before we had the socket, which may come from an earlier process.
        let earlierOverruns: UInt32
    }

    private let eventLoop: any EventLoop
    private var sockets: [Socket]
    private var handler: (any DatagramHandler)?
    private var retryIsScheduled = false
    private var isClosing = false
    fileprivate(set) var counters = DatagramCounters()
    var finder = LocalAddressFinder()

    init(descriptors: [CInt], eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        sockets = descriptors.map {
            Socket(descriptor: $0, earlierOverruns: DatagramSocket.overruns(of: $0))
        }
    }

    func attach(_ channel: any Channel, as listener: ListenerID) {
        sockets[Int(listener.index)].channel = channel
    }

    func start(_ handler: any DatagramHandler) {
        precondition(self.handler == nil, "a transport is started once")
        self.handler = handler
        for socket in sockets {
            // Fails only on a closed channel, and that was reported.
            try? socket.channel?.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    func copies() -> [CInt?] {
        sockets.map { $0.channel == nil ? nil : fcntl($0.descriptor, F_DUPFD_CLOEXEC, 0) }
    }

    func discardIncoming() {
        // Where the kernel does not do it, what comes is read all the same.
        for socket in sockets where socket.channel != nil { _ = cc_discard(socket.descriptor) }
    }

    func close() -> [EventLoopFuture<Void>] {
        isClosing = true
        flush()
        handler = nil
        return sockets.compactMap { $0.channel?.close() }
    }

    /// The counters, with those that the kernel keeps.
    func figures() -> DatagramCounters {
        var counters = counters
        for socket in sockets where socket.channel != nil {
            // Both of 32 bits, so that the difference survives the turn of the kernel's counter.
            counters.overrun += UInt64(DatagramSocket.overruns(of: socket.descriptor) &- socket.earlierOverruns)
        }
        return counters
    }

    // MARK: In

    func received(_ buffer: ByteBuffer, from peer: Endpoint, on listener: ListenerID) {
        counters.received += 1
        counters.receivedBytes += UInt64(buffer.readableBytes)
        // A copy: the buffer belongs to the next read.
        handler?.received(Array(buffer.readableBytesView), from: peer, on: listener)
    }

    func batchEnded() {
        handler?.batchEnded()
        flush()
    }

    func closed(_ listener: ListenerID, reason: String) {
        // From here on the descriptor's number may belong to somebody else.
        sockets[Int(listener.index)].channel = nil
        counters.dropped += UInt64(sockets[Int(listener.index)].queue.removeAll())
        if !isClosing { handler?.listenerFailed(listener, reason: reason) }
    }

    // MARK: Out

    func send(_ bytes: [UInt8], to peer: Endpoint, from listener: ListenerID) {
        let index = Int(listener.index)
        guard bytes.count <= SendQueue.largestDatagram else { return counters.oversized += 1 }
        guard index < sockets.count, sockets[index].channel != nil else { return counters.dropped += 1 }
        if !sockets[index].queue.hasRoom(for: bytes.count) {
            flush(index)
            guard sockets[index].queue.hasRoom(for: bytes.count) else { return counters.dropped += 1 }
        }
        sockets[index].queue.append(bytes, to: peer)
    }

    func flush() {
        for index in sockets.indices where !sockets[index].queue.isEmpty { flush(index) }
    }

    private func flush(_ index: Int) {
        let isDone = sockets[index].queue.flush(sockets[index].descriptor, &counters)
        guard !isDone, !retryIsScheduled, !isClosing else { return }
        retryIsScheduled = true
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) {
            self.retryIsScheduled = false
            self.flush()
        }
    }
}

/// Takes what a socket's channel reads to the `DatagramSockets`.
final class DatagramReader: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let listener: ListenerID
    private let sockets: DatagramSockets
    private var lastError = "closed"

    init(_ listener: ListenerID, _ sockets: DatagramSockets) {
        self.listener = listener
        self.sockets = sockets
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        if let peer = Endpoint(envelope.remoteAddress) { sockets.received(envelope.data, from: peer, on: listener) }
        ReceiveBuffer.giveBack(envelope.data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        sockets.batchEnded()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A read error that did not close the channel needs no more than this.
        lastError = "\(error)"
    }

    func channelInactive(context: ChannelHandlerContext) {
        sockets.closed(listener, reason: lastError)
    }
}
