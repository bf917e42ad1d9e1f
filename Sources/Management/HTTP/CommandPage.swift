import HTTPTypes
import Hummingbird
import NIOCore

/// `POST /mi`: JSON-RPC 2.0, as on the Unix socket.
struct CommandPage: Sendable {
    let dispatcher: RPCDispatcher
    /// Bytes of a request.
    let maximumRequest: Int

    func respond(to request: Request, from requester: Requester) async throws -> Response {
        // A page of another site can send plain text without being asked for its origin, but not this.
        guard Self.isJSON(request.headers[.contentType]) else {
            return .text(.unsupportedMediaType, "expected Content-Type: application/json")
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: maximumRequest)
        } catch is NIOTooManyBytesError {
            return .text(.contentTooLarge, "a request has at most \(maximumRequest) bytes", [.connection: "close"])
        }
        guard let reply = await dispatcher.reply(to: Array(body.readableBytesView), from: requester) else {
            // Notifications only: there is nothing to say.
            return Response(status: .noContent, headers: [.cacheControl: "no-store"])
        }
        let fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        return Response(status: .ok, headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: reply.bytes)))
    }

    private static func isJSON(_ type: String?) -> Bool {
        guard let type else { return false }
        return type.prefix { $0 != ";" && $0 != " " }.lowercased() == "application/json"
    }
}
