import Glibc
import Logging
import ServiceLifecycle
import Settings
import UnixSignals

/// SIGUSR1: no new calls; when the last one has ended, the daemon stops.
///
/// Returns when that is so: the service group is to end with it.
struct DrainOnSignal: Service {
    let centre: Centre
    let state: ServiceState
    /// What a call may last, its wait included.
    let longest: Duration
    let logger: Logger

    func run() async throws {
        let requests = await UnixSignalsSequence(trapping: .sigusr1)
        for await _ in requests.cancelOnGracefulShutdown() {
            logger.notice("no new calls; the end comes with the last one")
            state.drainBegins(limit: longest)
            await cancelWhenGracefulShutdown { await centre.drain() }
            return
        }
    }
}

extension Configuration {
    /// From the INVITE to the end that comes by itself.
    var longestCall: Duration { .milliseconds(welcomeMax + maxWait + maxCallDuration) }
}

/// `callcenterd --drain`: asks the running daemon not to take new calls, and waits for its end.
struct DrainRequest {
    let configuration: Configuration

    /// Who owns the management socket is the daemon: its process ID comes with the connection (SO_PEERCRED).
    func run() async throws(StartError) {
        let daemon = try owner(of: configuration.managementSocket)
        guard kill(daemon, SIGUSR1) == 0 else { throw failure("process \(daemon)", errno) }
        while kill(daemon, 0) == 0 || errno == EPERM {
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
        }
    }

    private func owner(of path: String) throws(StartError) -> pid_t {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { throw failure(path, ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else { throw failure(path, errno) }
        // struct ucred of unix(7): pid, uid, gid. Glibc shows it only to programs that define _GNU_SOURCE.
        var peer: (pid: Int32, user: UInt32, group: UInt32) = (0, 0, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: peer))
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0, peer.pid > 0 else {
            throw failure(path, errno)
        }
        return peer.pid
    }

    private func failure(_ what: String, _ number: Int32) -> StartError {
        let reason = strerror(number).map { String(cString: $0) } ?? "error \(number)"
        return .system("cannot ask the running daemon: \(what): \(reason)", errno: number)
    }
}
