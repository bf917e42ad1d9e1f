import Foundation
import Glibc
import Synchronization

/// The service manager's end of sd_notify(3): a Unix datagram socket that collects what a service says.
final class NotifySocket: Sendable {
    let path: String
    private let descriptor: Int32
    /// Said, and not yet waited for.
    private let unheard = Mutex<[String]>([])

    init(on stage: Stage) throws {
        path = stage.path("notify")
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Socket.Failure(call: "socket", errno: errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Socket.Failure(call: "bind \(path)", errno: errno) }
    }

    /// Everything said since the last time, a datagram an element.
    func receive() -> [String] {
        let said = collect()
        return unheard.withLock { unheard in
            defer { unheard = [] }
            return unheard + said
        }
    }

    private func collect() -> [String] {
        var said: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { return said }
            said.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }

    /// Waits for something that holds `text`, and returns everything said until then, itself included. What follows it is
    /// there for the next time.
    @discardableResult
    func hears(_ text: String, within: Duration = .seconds(30)) async throws -> [String] {
        var said: [String] = []
        return try await eventually("the service to say \(text); it said \(said)", within: within) {
            said += receive()
            guard let index = said.firstIndex(where: { $0.contains(text) }) else { return nil }
            let rest = Array(said[(index + 1)...])
            unheard.withLock { $0 = rest + $0 }
            return Array(said[...index])
        }
    }

    func close() { Glibc.close(descriptor) }
}
