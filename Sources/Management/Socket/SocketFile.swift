import Glibc
import NIOCore

/// The file of a listening Unix stream socket (unix(7)): made, guarded and removed with care, because it says to others
/// whether a daemon is there.
struct SocketFile {
    /// The configuration key, for error messages.
    static let key = "mi.socket"

    let path: String
    private let facts: FileFacts

    /// Binds a socket to `path`, readable and writable for owner and group only.
    ///
    /// A socket file that nobody listens on is left from an unclean stop and gives way. Anything else at that place is
    /// refused: another daemon's socket, or a file that is no socket.
    ///
    /// - Returns: the file, and the descriptor of the socket. It does not listen yet, so nobody can connect before the
    ///   mode is set.
    static func bind(to path: String) throws(ManagementError) -> (file: SocketFile, descriptor: CInt) {
        guard let address = try? SocketAddress(unixDomainSocketPath: path) else {
            throw error(path, "the path must have 1 to 107 bytes")
        }
        try removeStale(path, address)
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw error(path, reason(errno)) }
        // 0660: the group of the daemon may control it, nobody else may.
        guard address.withSockAddr({ Glibc.bind(descriptor, $0, socklen_t($1)) }) == 0,
            chmod(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) == 0,
            let facts = FileFacts(path: path)
        else {
            let reason = reason(errno)
            close(descriptor)
            throw error(path, reason)
        }
        return (SocketFile(path: path, facts: facts), descriptor)
    }

    /// Takes the file away, unless another has been put in its place meanwhile.
    func remove() {
        guard FileFacts(path: path)?.isSame(as: facts) == true else { return }
        unlink(path)
    }

    private static func removeStale(_ path: String, _ address: SocketAddress) throws(ManagementError) {
        guard let facts = FileFacts(path: path) else { return }
        guard facts.isSocket else {
            throw error(path, "a file that is no socket is in the way; remove it")
        }
        // Non-blocking, since a listener whose backlog is full would block us; it says EAGAIN then, and is alive.
        let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw error(path, reason(errno)) }
        defer { close(probe) }
        let isConnected = address.withSockAddr { connect(probe, $0, socklen_t($1)) } == 0
        guard !isConnected, errno == ECONNREFUSED else {
            throw error(path, "another process listens there; is callcenterd running already?")
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw error(path, reason(errno)) }
    }

    private static func reason(_ number: CInt) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }

    private static func error(_ path: String, _ reason: String) -> ManagementError {
        ManagementError(key: key, place: path, reason: reason)
    }
}
