import Glibc

/// A parameter of a request.
enum Parameter: Equatable {
    case text(String)
    case integer(Int)
    case list([String])

    var json: String {
        switch self {
        case .text(let text): RawJSON.quoted(text)
        case .integer(let integer): String(integer)
        case .list(let texts): "[\(texts.map(RawJSON.quoted).joined(separator: ","))]"
        }
    }
}

/// The parameters of a request: by position, or by name if any has one.
struct Parameters: Equatable, ExpressibleByArrayLiteral {
    struct Named: Equatable {
        var name: String
        var value: Parameter
    }

    var positional: [Parameter]
    private(set) var named: [Named] = []

    init(_ positional: [Parameter] = []) { self.positional = positional }

    init(arrayLiteral elements: Parameter...) { self.init(elements) }

    /// Leaves out what is nil.
    mutating func add(_ name: String, _ value: Parameter?) {
        if let value { named.append(Named(name: name, value: value)) }
    }

    var json: String {
        guard named.isEmpty else {
            return "{\(named.map { "\(RawJSON.quoted($0.name)):\($0.value.json)" }.joined(separator: ","))}"
        }
        return "[\(positional.map(\.json).joined(separator: ","))]"
    }
}

/// Asks the daemon one question over its Unix socket: JSON-RPC 2.0, one request a line, one reply a line.
struct Client {
    /// Bytes of a reply; a list of 100,000 calls has about 20 million.
    private static let maximumReply = 256 << 20

    var path: String
    /// Milliseconds for the whole exchange.
    var timeout: Int64 = 10_000

    /// - Returns: the result.
    /// - Throws: `Failure`: the daemon refused (1), or it cannot be reached (3).
    func call(_ method: String, _ parameters: Parameters) throws(Failure) -> RawJSON {
        var connection = try open(method, parameters)
        defer { connection.end() }
        return try result(try connection.line(by: Self.now + timeout))
    }

    /// Asks for a stream, and hands out what comes until the body says that it is enough.
    ///
    /// - Throws: `Failure`, also when the daemon ends the stream.
    func follow(
        _ method: String,
        _ parameters: Parameters,
        _ body: (RawJSON) throws(Failure) -> Bool
    ) throws(Failure) {
        var connection = try open(method, parameters)
        defer { connection.end() }
        _ = try result(try connection.line(by: Self.now + timeout))
        // A daemon that is well shows a sign of life four times in this time.
        while try body(try connection.line(by: Self.now + 60_000)) {}
    }

    private func result(_ reply: RawJSON) throws(Failure) -> RawJSON {
        if let error = reply["error"] {
            throw .refused(error["message"]?.text ?? "the daemon refused without a reason")
        }
        guard let result = reply["result"] else {
            throw .unreachable("\(path): what answers there is not callcenterd")
        }
        return result
    }

    private func open(_ method: String, _ parameters: Parameters) throws(Failure) -> Connection {
        let request = #"{"jsonrpc":"2.0","id":1,"method":\#(RawJSON.quoted(method)),"params":\#(parameters.json)}"#
        let connection = Connection(client: self, descriptor: try connected())
        do throws(Failure) {
            try send(Array("\(request)\n".utf8), to: connection.descriptor, by: Self.now + timeout)
        } catch {
            connection.end()
            throw error
        }
        return connection
    }

    /// What comes, line by line.
    private struct Connection {
        let client: Client
        let descriptor: CInt
        private var buffer: [UInt8] = []
        /// Bytes at the start of `buffer` that are known to hold no line end.
        private var scanned = 0
        private var hasAnswered = false
        private var chunk = [UInt8](repeating: 0, count: 64 << 10)

        init(client: Client, descriptor: CInt) {
            self.client = client
            self.descriptor = descriptor
        }

        func end() { close(descriptor) }

        mutating func line(by deadline: Int64) throws(Failure) -> RawJSON {
            while true {
                if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
                    defer {
                        buffer.removeSubrange(...end)
                        scanned = 0
                        hasAnswered = true
                    }
                    return RawJSON(buffer[..<end])
                }
                scanned = buffer.count
                guard buffer.count <= Client.maximumReply else {
                    throw .unreachable("\(client.path): endless answer")
                }
                try client.wait(for: POLLIN, on: descriptor, by: deadline)
                let count = recv(descriptor, &chunk, chunk.count, 0)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else {
                    throw .unreachable("\(client.path): the daemon hung up\(hasAnswered ? "" : " without an answer")")
                }
                buffer += chunk[..<count]
            }
        }
    }

    private func connected() throws(Failure) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .unreachable("\(path): not the path of a socket; --socket wants 1 to 107 bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw .unreachable("\(path): \(Self.reason(errno))") }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        guard result == 0 else {
            let number = errno
            close(descriptor)
            throw .unreachable("\(path): \(Self.advice(number))")
        }
        return descriptor
    }

    private func send(_ request: [UInt8], to descriptor: CInt, by deadline: Int64) throws(Failure) {
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, on: descriptor, by: deadline)
            } else if errno != EINTR {
                // It may have said why before it hung up; reading tells.
                return
            }
        }
    }

    private func wait(for event: CInt, on descriptor: CInt, by deadline: Int64) throws(Failure) {
        while true {
            let left = deadline - Self.now
            guard left > 0 else { throw .unreachable("\(path): no answer within \(timeout / 1_000) seconds") }
            var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            let count = poll(&entry, 1, CInt(clamping: left))
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw .unreachable("\(path): \(Self.reason(errno))") }
        }
    }

    /// Milliseconds of a steady clock.
    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// What it means that there is no connection, and what to do.
    private static func advice(_ number: CInt) -> String {
        switch number {
        case ENOENT: "no such socket; is callcenterd running? (systemctl status callcenterd, or --socket PATH)"
        case ECONNREFUSED: "nobody listens; is callcenterd running? (systemctl status callcenterd)"
        case EACCES: "permission denied; be root or in the group of the daemon"
        case EAGAIN: "the daemon takes no connections at the moment; try again"
        default: reason(number)
        }
    }

    private static func reason(_ number: CInt) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }
}
