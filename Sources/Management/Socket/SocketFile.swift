import Glibc
import NIOCore

/// The file of a listening Unix stream socket (unix(7)): made, guarded and removed with care, because it says to others
/// whether a daemon is there.
enum SocketFile {
    private static let key = "mi.socket"

    /// Binds a socket to `path`, readable and writable for owner and group only.
    ///
    /// A socket file that nobody listens on is left from an unclean stop and gives way. Anything else at that place is
    /// refused: another daemon's socket, or a file that is no socket.
    ///
    /// - Returns: the file, and the descriptor of the socket. It does not listen yet, so nobody can connect before the
    ///   mode is set.
    static func bind(to path: String) throws(ManagementError) -> (file: EntryFile, descriptor: CInt) {
        guard let address = try? SocketAddress(unixDomainSocketPath: path) else {
            throw error(path, "the path must have 1 to 107 bytes", ENAMETOOLONG)
        }
        try removeStale(path, address)
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system(key, path, errno) }
        guard address.withSockAddr({ Glibc.bind(descriptor, $0, socklen_t($1)) }) == 0,
            chmod(path, EntryFile.mode) == 0,
            let facts = FileFacts(path: path)
        else {
            let number = errno
            close(descriptor)
            throw .system(key, path, number)
        }
        return (EntryFile(key: key, path: path, facts: facts), descriptor)
    }

    private static func removeStale(_ path: String, _ address: SocketAddress) throws(ManagementError) {
        guard let facts = FileFacts(path: path) else { return }
        guard facts.isSocket else {
            throw error(path, "a file that is no socket is in the way; remove it", EEXIST)
        }
        // Non-blocking, since a listener whose backlog is full would block us; it says EAGAIN then, and is alive.
        let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw .system(key, path, errno) }
        defer { close(probe) }
        let isConnected = address.withSockAddr { connect(probe, $0, socklen_t($1)) } == 0
        guard !isConnected, errno == ECONNREFUSED else {
            throw error(path, "another process listens there; is callcenterd running already?", EADDRINUSE)
        }
        try EntryFile.clear(key, path)
    }

    private static func error(_ path: String, _ reason: String, _ number: CInt) -> ManagementError {
        ManagementError(key: key, place: path, reason: reason, code: number)
    }
}
