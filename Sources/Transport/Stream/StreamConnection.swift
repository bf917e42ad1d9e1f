internal import NIOCore
internal import SIP

/// One connection as its event loop sees it: frames what comes in, answers pings, keeps what waits for the connection to be
/// made. What it means that it is lost, the `StreamTable` knows.
final class StreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let key: StreamTable.Key
    /// We made it.
    let isOurs: Bool
    private let table: StreamTable
    /// Where messages are written; nil before the connection stands.
    private(set) var channel: (any Channel)?
    /// The same while TLS shakes hands on it.
    private var shaking: (any Channel)?

    private var framing = StreamFraming()
    /// Messages of the read that is going on.
    private var batch: [[UInt8]] = []
    /// Messages that the call loop has been given and has not worked on.
    private var handedOver = 0
    private var isPaused = false
    /// It takes no more messages, although it may not have gone yet.
    private(set) var isClosed = false
    /// The table counts it.
    var isCounted = false
    /// What it counts against if a peer has made it.
    var share: ConnectionShares.Share?

    /// Messages for a connection that is being made.
    private var waiting: [[UInt8]] = []
    private var waitingBytes = 0
    private var hasUnflushed = false

    /// Requests of ours on this connection without a final response.
    private(set) var openRequests = 0
    private(set) var hasReceived = false
    private(set) var wasEstablished = false
    private(set) var partialSince: Milliseconds?
    private(set) var lastActivity: Milliseconds
    private(set) var lastSent: Milliseconds
    private(set) var pingSent: Milliseconds?
    /// The peer answers pings.
    private(set) var knowsPings = false
    private var lineEnds = 0

    /// Messages handed over at once; beyond, nothing is read until the call loop has caught up.
    private static let mostHandedOver = 256
    private static let mostWaitingBytes = 256 << 10

    init(_ key: StreamTable.Key, isOurs: Bool, table: StreamTable, now: Milliseconds) {
        self.key = key
        self.isOurs = isOurs
        self.table = table
        lastActivity = now
        lastSent = now
    }

    /// Whether something is lost if the connection is.
    var owesSomething: Bool { openRequests > 0 || !waiting.isEmpty }

    // MARK: Out

    /// Writes a message, or keeps it until the connection is made. False if there is no room for it.
    func send(_ message: [UInt8], now: Milliseconds) -> Bool {
        guard let channel else {
            guard waitingBytes + message.count <= Self.mostWaitingBytes else { return false }
            waitingBytes += message.count
            waiting.append(message)
            return true
        }
        guard channel.isWritable else {
            table.counted { $0.congested += 1 }
            close()
            return false
        }
        if message.isOpeningRequest { openRequests += 1 }
        lastSent = now
        lastActivity = now
        table.counted { $0.sent += 1 }
        channel.write(channel.allocator.buffer(bytes: message), promise: nil)
        hasUnflushed = true
        return true
    }

    func flush() {
        guard hasUnflushed else { return }
        hasUnflushed = false
        channel?.flush()
    }

    func ping(now: Milliseconds) {
        guard let channel, channel.isWritable else { return }
        lastSent = now
        pingSent = pingSent ?? now
        channel.writeAndFlush(channel.allocator.buffer(string: "\r\n\r\n"), promise: nil)
    }

    func close() {
        isClosed = true
        (channel ?? shaking)?.close(promise: nil)
    }

    /// What is to be waited for when everything is closed.
    func closeAtLast() -> EventLoopFuture<Void>? { (channel ?? shaking)?.close() }

    /// The way there stands; TLS begins.
    func began(_ channel: any Channel) { shaking = channel }

    var isShaking: Bool { shaking != nil }

    /// The connection stands, TLS included: what waited goes.
    func established(_ channel: any Channel, now: Milliseconds) {
        self.channel = channel
        shaking = nil
        wasEstablished = true
        lastActivity = now
        let messages = waiting
        waiting = []
        waitingBytes = 0
        for message in messages where !send(message, now: now) { table.counted { $0.dropped += 1 } }
        flush()
    }

    // MARK: In

    func channelActive(context: ChannelHandlerContext) {
        if key.peer.transport == .tls { began(context.channel) }
        if !isOurs { table.accepted(self, context.channel) }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is HandshakeGuard.Passed, !isClosed { table.secured(self, context.channel) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Nothing is taken from a TLS peer before it is known who he is.
        guard !isClosed, shaking == nil else { return }
        let now = table.now
        framing.append(unwrapInboundIn(data).readableBytesView)
        while let piece = framing.next() {
            switch piece {
            case .message(let message):
                lineEnds = 0
                if message.isFinalResponse, openRequests > 0 { openRequests -= 1 }
                lastActivity = now
                batch.append(message)
            case .lineEnd:
                receiveLineEnd(now: now)
            case .broken(let head, let status):
                refuse(head, status: status)
                return
            }
        }
        partialSince = framing.isPartial ? partialSince ?? now : nil
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        handOver()
    }

    private func handOver() {
        guard !batch.isEmpty else { return }
        hasReceived = true
        handedOver += batch.count
        if handedOver > Self.mostHandedOver { pause(true) }
        table.handOver(batch, of: self)
        batch = []
    }

    /// The call loop has worked on messages of this connection.
    func workedOn(_ count: Int) {
        handedOver -= count
        if isPaused, handedOver < Self.mostHandedOver / 2 { pause(false) }
    }

    private func pause(_ pauses: Bool) {
        guard isPaused != pauses else { return }
        isPaused = pauses
        // Fails only on a closed channel.
        try? channel?.syncOptions?.setOption(.autoRead, value: !pauses)
    }

    private func receiveLineEnd(now: Milliseconds) {
        if pingSent != nil {
            pingSent = nil
            knowsPings = true
            return
        }
        lineEnds += 1
        guard lineEnds == 2 else { return }
        lineEnds = 0
        lastActivity = now
        guard let channel, channel.isWritable else { return }
        channel.writeAndFlush(channel.allocator.buffer(string: "\r\n"), promise: nil)
    }

    /// There are no boundaries in this stream: the sender is told, if that is possible, and the connection ends.
    private func refuse(_ head: [UInt8], status: UInt16) {
        handOver()
        isClosed = true
        table.counted { $0.broken += 1 }
        guard let channel else { return }
        if table.answers(key.peer), let response = StreamRefusal.response(to: head, status: status, source: key.peer) {
            channel.writeAndFlush(channel.allocator.buffer(bytes: response), promise: nil)
        }
        channel.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Reset by the peer, or TLS that failed: the same to us as closed.
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        handOver()
        isClosed = true
        channel = nil
        table.closed(self)
        context.fireChannelInactive()
    }
}

/// The answer to what cannot be told from what follows it.
enum StreamRefusal {
    /// nil if the head is no request that an answer could be made for.
    static func response(to head: [UInt8], status: UInt16, source: Endpoint) -> [UInt8]? {
        // Every response but 100 has a tag (RFC 3261 section 8.2.6.2); nobody asks for this one again.
        let tag = Array(String(UInt64.random(in: 0 ... .max), radix: 16).utf8)
        switch Message.parse(head) {
        case .message(let message):
            guard message.isRequest, message.method != .ack else { return nil }
            return makeResponse(to: message, source: source, status: status, toTag: tag)
        case .refusable(let request, _):
            return makeResponse(to: request, source: source, status: status, toTag: tag)
        case .hopeless:
            return nil
        }
    }
}

extension [UInt8] {
    var isResponse: Bool { starts(with: "SIP/2.0 ".utf8) }

    /// A response of 200 or more.
    fileprivate var isFinalResponse: Bool { isResponse && count > 8 && self[8] >= 0x32 }

    /// A request that awaits a response.
    fileprivate var isOpeningRequest: Bool { !isResponse && !starts(with: "ACK ".utf8) }
}
