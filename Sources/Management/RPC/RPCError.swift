/// The error object of a reply (JSON-RPC 2.0 section 5.1). Negative codes are of the protocol, positive ones of the
/// command (`ControlError`).
package struct RPCError: Error, Sendable, Equatable {
    package static let parseError = -32_700
    package static let invalidRequest = -32_600
    package static let methodNotFound = -32_601
    package static let invalidParams = -32_602
    package static let internalError = -32_603

    package var code: Int
    /// One line.
    package var message: String

    package init(code: Int, message: String) {
        self.code = code
        self.message = message
    }

    package static func invalidRequest(_ message: String) -> RPCError {
        RPCError(code: invalidRequest, message: message)
    }

    package static func invalidParams(_ message: String) -> RPCError {
        RPCError(code: invalidParams, message: message)
    }

    /// Does what the daemon is asked, its refusal becoming the error of the reply.
    static func orDomainError<Answer>(
        _ question: () async throws(ControlError) -> Answer
    ) async throws(RPCError) -> Answer {
        do throws(ControlError) {
            return try await question()
        } catch {
            throw RPCError(code: error.code, message: error.message)
        }
    }
}
