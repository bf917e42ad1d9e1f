package import Logging

/// Takes one JSON text, runs what it asks for, and gives back the reply (JSON-RPC 2.0). It knows nothing of sockets:
/// every way in uses the same one.
package struct RPCDispatcher: Sendable {
    /// Requests in one batch.
    package static let maximumBatch = 100

    private let registry: CommandRegistry
    private let control: BoundedControl
    private let logger: Logger

    package init(registry: CommandRegistry, control: BoundedControl, logger: Logger) {
        self.registry = registry
        self.control = control
        self.logger = logger
    }

    /// The reply to a request or a batch of them; nil if there is nothing to say, because all were notifications.
    package func reply(to text: [UInt8], from requester: Requester) async -> JSONValue? {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(text)
        } catch {
            return Self.failure(RPCError(code: RPCError.parseError, message: "not JSON: \(error)"), id: .null)
        }
        guard case .array(let batch) = value else { return await reply(to: value, from: requester) }
        guard !batch.isEmpty, batch.count <= Self.maximumBatch else {
            let error = RPCError.invalidRequest("a batch has 1 to \(Self.maximumBatch) requests, not \(batch.count)")
            return Self.failure(error, id: .null)
        }
        var replies: [JSONValue] = []
        for request in batch {
            if let reply = await reply(to: request, from: requester) { replies.append(reply) }
        }
        return replies.isEmpty ? nil : .array(replies)
    }

    /// The reply to a text that could not even be taken, such as one that is too long.
    package static func refusal(_ error: RPCError) -> JSONValue { failure(error, id: .null) }

    private func reply(to value: JSONValue, from requester: Requester) async -> JSONValue? {
        let request: RPCRequest
        do throws(RPCError) {
            request = try RPCRequest(value)
        } catch {
            return Self.failure(error, id: RPCRequest.id(of: value) ?? .null)
        }
        do throws(RPCError) {
            let result = try await run(request, for: requester)
            return request.id.map { ["jsonrpc": "2.0", "result": result, "id": $0] }
        } catch {
            return request.id.map { Self.failure(error, id: $0) }
        }
    }

    private func run(_ request: RPCRequest, for requester: Requester) async throws(RPCError) -> JSONValue {
        guard let command = registry[request.method] else { throw unknown(request.method) }
        do throws(RPCError) {
            let arguments = try Arguments(request.params, for: command)
            let result = try await command.run(arguments, Invocation(control: control, requester: requester))
            if command.changesState { log(command, request, requester, outcome: "done") }
            return result
        } catch {
            if command.changesState { log(command, request, requester, outcome: error.message) }
            throw error
        }
    }

    /// Parameters are logged as JSON, in which a stranger's line breaks cannot forge a line.
    private func log(_ command: Command, _ request: RPCRequest, _ requester: Requester, outcome: String) {
        logger.notice(
            "\(command.name)",
            metadata: [
                "params": .string(String((request.params?.text ?? "").prefix(256))),
                "requester": .stringConvertible(requester),
                "outcome": .string(outcome),
            ]
        )
    }

    private func unknown(_ method: String) -> RPCError {
        let near = registry.names(near: method)
        let hint = near.isEmpty ? "which lists the commands" : "near: \(near.joined(separator: ", "))"
        let name = JSONValue.string(String(method.prefix(64))).text
        return RPCError(code: RPCError.methodNotFound, message: "no command \(name); \(hint)")
    }

    private static func failure(_ error: RPCError, id: JSONValue) -> JSONValue {
        ["jsonrpc": "2.0", "error": ["code": .count(error.code), "message": .string(error.message)], "id": id]
    }
}
