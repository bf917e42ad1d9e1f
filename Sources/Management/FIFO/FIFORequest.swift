/// One line of the FIFO, in the way of the reference: `:name:reply_fifo:{…}`, or `:reply_fifo:{…}` as its newer versions
/// have it.
///
/// What follows the last colon is a JSON-RPC request, or only its parameters if there is a name, or nothing. Without a
/// reply FIFO nothing is replied.
struct FIFORequest: Equatable {
    /// A plain file name; nil: nobody waits for a reply.
    var replyName: String?
    /// A JSON-RPC request.
    var text: [UInt8]

    /// What may stand before the name of a command, with a colon.
    private static let prefix = "call_center"

    /// Why a line is no request.
    struct Problem: Error, Equatable {
        var reason: String
        /// Where to say so; nil: the line names no place.
        var replyName: String?
    }

    init(_ line: [UInt8]) throws(Problem) {
        guard line.first == UInt8(ascii: ":") else { throw Problem(reason: "expected :NAME:REPLY_FIFO:{…}") }
        let json = line.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") } ?? line.endIndex
        var fields = line[..<json].dropFirst().split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        // What stands between the last colon and the JSON text, which is nothing, or blanks.
        let hasPlaceForText = json < line.endIndex || fields.count > 2
        if hasPlaceForText {
            guard fields.popLast()?.allSatisfy({ $0 == " " }) == true else {
                throw Problem(reason: "expected a JSON text after the last colon")
            }
        }
        // The longer spelling of a name has a colon in it.
        if fields.count == 3, fields[0] == Self.prefix {
            fields.replaceSubrange(0...1, with: ["\(fields[0]):\(fields[1])"])
        }
        guard (1...2).contains(fields.count), let reply = fields.last else {
            throw Problem(reason: "expected :NAME:REPLY_FIFO:{…}")
        }
        guard reply.isEmpty || Self.isPlain(reply) else {
            throw Problem(reason: "the reply FIFO is a plain file name in the folder of this FIFO, no path")
        }
        guard fields.count == 1 || fields.first?.isEmpty == false, hasPlaceForText || !reply.isEmpty else {
            throw Problem(reason: "expected :NAME:REPLY_FIFO:{…}")
        }
        replyName = reply.isEmpty ? nil : reply
        text = Array(line[json...])
        if fields.count == 2 { try complete(method: fields[0]) }
        guard !text.isEmpty else {
            throw Problem(reason: "expected a JSON text after the last colon", replyName: replyName)
        }
    }

    /// Makes a whole request of a name and what stands in the line.
    private mutating func complete(method: String) throws(Problem) {
        var params: JSONValue?
        if !text.isEmpty {
            do throws(JSONError) {
                params = try JSONReader.read(text)
            } catch {
                throw Problem(reason: "not JSON: \(error)", replyName: replyName)
            }
            // A whole request, whose name counts; that in front of it is for people then.
            guard params?["jsonrpc"] == nil else { return }
        }
        var members: [JSONValue.Member] = [
            .init("jsonrpc", "2.0"), .init("method", .string(method)), .init("id", replyName == nil ? .null : 1),
        ]
        if let params { members.append(.init("params", params)) }
        text = JSONValue.object(members).bytes
    }

    /// Nothing in it leads out of the folder, or hides.
    private static func isPlain(_ name: String) -> Bool {
        name.utf8.count <= 128 && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
