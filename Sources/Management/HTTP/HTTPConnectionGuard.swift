import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Keeps one HTTP connection within bounds: refuses it if there are too many, refuses requests whose body is too long
/// or has no business here, and ends it if a request is not completed or a response not taken in time.
///
/// It stands between the codec and Hummingbird's handlers, which look after header sizes and idle connections.
final class HTTPConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum State {
        case open
        /// The last response is written; what still comes in is thrown away, so that a reset does not overtake it.
        case lingering
    }

    private let connections: Connections
    private let responseTimeout: TimeAmount
    /// Bytes of body that a request may have.
    private let bodyLimit: @Sendable (HTTPRequest) -> Int

    private var state = State.open
    private var isCounted = false
    private var responsesDue = 0
    /// Bytes of body that may still come with the present request.
    private var bodyLeft = 0
    private var deadline: Scheduled<Void>?

    init(
        connections: Connections,
        responseTimeout: TimeAmount,
        bodyLimit: @escaping @Sendable (HTTPRequest) -> Int
    ) {
        self.bodyLimit = bodyLimit
        self.connections = connections
        self.responseTimeout = responseTimeout
    }

    // MARK: - Connections

    func channelActive(context: ChannelHandlerContext) {
        isCounted = connections.admit(context.channel)
        context.fireChannelActive()
        if !isCounted {
            end(with: .serviceUnavailable, context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if isCounted { connections.remove(context.channel) }
        isCounted = false
        context.fireChannelInactive()
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open = state else { return }
        switch unwrapInboundIn(data) {
        case .head(let request):
            bodyLeft = bodyLimit(request)
            guard announcedBody(request) <= bodyLeft else { return refuseBody(context: context) }
            responsesDue += 1
            if responsesDue == 1 {
                connections.note(context.channel, isIdle: false)
                expectResponse(context: context)
            }
        case .body(let part):
            bodyLeft -= part.readableBytes
            guard bodyLeft >= 0 else { return refuseBody(context: context) }
        case .end: break
        }
        context.fireChannelRead(data)
    }

    /// Bytes, as far as the head says: at least one where it only says that there is a body.
    private func announcedBody(_ request: HTTPRequest) -> Int {
        if request.headerFields[.transferEncoding] != nil { return 1 }
        guard let length = request.headerFields[.contentLength] else { return 0 }
        return Int(length) ?? .max
    }

    private func refuseBody(context: ChannelHandlerContext) {
        // Between the responses to earlier requests there is no place for ours.
        if responsesDue > 1 { return context.close(promise: nil) }
        end(with: .contentTooLarge, context: context)
    }

    /// Ends the connection with a response of ours: half-closes, and closes a second later at the latest.
    private func end(with status: HTTPResponse.Status, context: ChannelHandlerContext) {
        state = .lingering
        let text = "\(status.code) \(status.reasonPhrase)\n"
        var fields = HTTPFields()
        fields[.contentType] = "text/plain; charset=utf-8"
        fields[.contentLength] = String(text.utf8.count)
        fields[.connection] = "close"
        if status == .serviceUnavailable { fields[.retryAfter] = "10" }
        context.write(wrapOutboundOut(.head(HTTPResponse(status: status, headerFields: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(string: text))), promise: nil)
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value.close(mode: .output, promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        schedule(in: .seconds(1), context: context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .lingering = state, case .some(.inputClosed) = event as? ChannelEvent {
            return context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: - Responses

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .open = state else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let part = unwrapOutboundIn(data)
        if case .head = part { return context.write(data, promise: promise) }
        let promise = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        promise.futureResult.whenSuccess {
            let (handler, context) = bound.value
            if case .end = part { handler.responsesDue -= 1 }
            // A response that goes on, such as events, has its time from what was taken last.
            guard handler.responsesDue <= 0 else { return handler.expectResponse(context: context) }
            handler.deadline?.cancel()
            handler.connections.note(context.channel, isIdle: true)
        }
        context.write(data, promise: promise)
    }

    private func expectResponse(context: ChannelHandlerContext) {
        schedule(in: responseTimeout, context: context)
    }

    private func schedule(in time: TimeAmount, context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline?.cancel()
        deadline = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
    }
}
