import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Keeps one HTTP connection within bounds: refuses it if there are too many, refuses requests with a body, and ends
/// it if a response is not taken in time.
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

    private let connections: Budget
    private let refusals: RefusalLog
    private let responseTimeout: TimeAmount

    private var state = State.open
    private var isCounted = false
    private var responsesDue = 0
    private var deadline: Scheduled<Void>?

    init(connections: Budget, refusals: RefusalLog, responseTimeout: TimeAmount) {
        self.connections = connections
        self.refusals = refusals
        self.responseTimeout = responseTimeout
    }

    // MARK: - Connections

    func channelActive(context: ChannelHandlerContext) {
        isCounted = connections.take()
        context.fireChannelActive()
        if !isCounted {
            refusals.note(limit: connections.limit)
            end(with: .serviceUnavailable, context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if isCounted { connections.giveBack() }
        isCounted = false
        context.fireChannelInactive()
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open = state else { return }
        if case .head(let request) = unwrapInboundIn(data) {
            guard !hasBody(request) else {
                // Between the responses to earlier requests there is no place for ours.
                if responsesDue > 0 { return context.close(promise: nil) }
                return end(with: .contentTooLarge, context: context)
            }
            responsesDue += 1
            if responsesDue == 1 { expectResponse(context: context) }
        }
        context.fireChannelRead(data)
    }

    private func hasBody(_ request: HTTPRequest) -> Bool {
        if request.headerFields[.transferEncoding] != nil { return true }
        guard let length = request.headerFields[.contentLength] else { return false }
        return length != "0"
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
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        let promise = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        promise.futureResult.whenSuccess {
            let (handler, context) = bound.value
            handler.deadline?.cancel()
            handler.responsesDue -= 1
            if handler.responsesDue > 0 { handler.expectResponse(context: context) }
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
