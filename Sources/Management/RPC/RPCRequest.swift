/// A request object (JSON-RPC 2.0 section 4).
struct RPCRequest {
    var method: String
    var params: JSONValue?
    /// nil: a notification, which gets no reply.
    var id: JSONValue?

    init(_ value: JSONValue) throws(RPCError) {
        guard case .object = value else { throw .invalidRequest("a request is an object, not \(value.kind)") }
        guard value["jsonrpc"] == "2.0" else { throw .invalidRequest(#"expected "jsonrpc": "2.0""#) }
        guard case .string(let method) = value["method"] else {
            throw .invalidRequest(#"expected "method", a string"#)
        }
        guard value["id"] == nil || Self.id(of: value) != nil else {
            throw .invalidRequest("id must be a string, a number or null")
        }
        self.method = method
        params = value["params"]
        id = Self.id(of: value)
    }

    /// The id of a request, even of one that is otherwise wrong; nil if there is none that may be.
    static func id(of value: JSONValue) -> JSONValue? {
        switch value["id"] {
        case .some(.string), .some(.integer), .some(.number), .some(.null): value["id"]
        default: nil
        }
    }
}
