import Glibc

/// A parameter of a request.
enum Parameter: Equatable {
    case text(String)
    case integer(Int)

    var json: String {
        switch self {
        case .text(let text): RawJSON.quoted(text)
        case .integer(let integer): String(integer)
        }
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
    func call(_ method: String, _ parameters: [Parameter]) throws(Failure) -> RawJSON {
        let params = parameters.map(\.json).joined(separator: ",")
        let request = #"{"jsonrpc":"2.0","id":1,"method":\#(RawJSON.quoted(method)),"params":[\#(params)]}"# + "\n"
        let reply = RawJSON(try exchange(Array(request.utf8)))
        if let error = reply["error"] {
            throw .refused(error["message"]?.text ?? "the daemon refused without a reason")
        }
        guard let result = reply["result"] else {
            throw .unreachable("\(path): what answers there is not callcenterd")
        }
        return result
    }

    /// Sends the line and waits for one.
    private func exchange(_ request: [UInt8]) throws(Failure) -> [UInt8] {
        let deadline = Self.now + timeout
        let descriptor = try connected()
        defer { close(descriptor) }
        try send(request, to: descriptor, by: deadline)
        var reply: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            try wait(for: POLLIN, on: descriptor, by: deadline)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { throw .unreachable("\(path): the daemon hung up without an answer") }
            if let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) {
                return reply + chunk[..<end]
            }
            reply += chunk[..<count]
            guard reply.count <= Self.maximumReply else { throw .unreachable("\(path): endless answer") }
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
