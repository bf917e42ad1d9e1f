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
    ///
    /// - Parameter watch: subscribes the connection to events, on ways in that can carry them.
    package func reply(
        to text: [UInt8],
        from requester: Requester,
        watch: (@Sendable (EventFilter) -> Bool)? = nil
    ) async -> JSONValue? {
        let invocation = Invocation(control: control, requester: requester, registry: registry, watch: watch)
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(text)
        } catch {
            return Self.failure(RPCError(code: RPCError.parseError, message: "not JSON: \(error)"), id: .null)
        }
        guard case .array(let batch) = value else { return await reply(to: value, invocation) }
        guard !batch.isEmpty, batch.count <= Self.maximumBatch else {
            let error = RPCError.invalidRequest("a batch has 1 to \(Self.maximumBatch) requests, not \(batch.count)")
            return Self.failure(error, id: .null)
        }
        var replies: [JSONValue] = []
        for request in batch {
            if let reply = await reply(to: request, invocation) { replies.append(reply) }
        }
        return replies.isEmpty ? nil : .array(replies)
    }

    /// The reply to a text that could not even be taken, such as one that is too long.
    package static func refusal(_ error: RPCError) -> JSONValue { failure(error, id: .null) }

    private func reply(to value: JSONValue, _ invocation: Invocation) async -> JSONValue? {
        let request: RPCRequest
        do throws(RPCError) {
            request = try RPCRequest(value)
        } catch {
            return Self.failure(error, id: RPCRequest.id(of: value) ?? .null)
        }
        do throws(RPCError) {
            let result = try await run(request, invocation)
            return request.id.map { ["jsonrpc": "2.0", "result": result, "id": $0] }
        } catch {
            return request.id.map { Self.failure(error, id: $0) }
        }
    }

    private func run(_ request: RPCRequest, _ invocation: Invocation) async throws(RPCError) -> JSONValue {
        guard let command = registry[request.method] else { throw registry.unknown(request.method) }
        let requester = invocation.requester
        do throws(RPCError) {
            guard !command.changesState || requester.scope >= .control else {
                throw RPCError(code: 403, message: "\(command.name) needs the scope control, \(requester) has read")
            }
            let arguments = try Arguments(request.params, for: command)
            let result = try await command.run(arguments, invocation)
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

    private static func failure(_ error: RPCError, id: JSONValue) -> JSONValue {
        ["jsonrpc": "2.0", "error": ["code": .count(error.code), "message": .string(error.message)], "id": id]
    }
}
