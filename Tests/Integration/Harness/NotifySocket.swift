import Patience
import Foundation
import Glibc
import Synchronization

/// The service manager's end of sd_notify(3): a Unix datagram socket that collects what a service says, and the store of the
/// descriptors that come with it.
final class NotifySocket: Sendable {
    let path: String
    private let descriptor: Int32
    /// Said, and not yet waited for.
    private let unheard = Mutex<[String]>([])
    private let store = Mutex<[Kept]>([])

    /// A descriptor that a service has stored, and under which name.
    struct Kept: Sendable {
        let name: String
        let descriptor: Int32
    }

    init(_ name: String = "notify", on stage: Stage) throws {
        path = stage.path(name)
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

    /// What the next process of the service gets.
    var kept: [Kept] {
        let said = collect()
        unheard.withLock { $0 += said }
        return store.withLock { $0 }
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
        while let (text, descriptors) = next() {
            said.append(text)
            keep(descriptors, text)
        }
        return said
    }

    /// A datagram and the descriptors that came with it (unix(7), SCM_RIGHTS).
    private func next() -> (text: String, descriptors: [Int32])? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        var control = [Int](repeating: 0, count: 64)
        let count = buffer.withUnsafeMutableBytes { buffer in
            control.withUnsafeMutableBytes { control in
                var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    var header = msghdr()
                    header.msg_iov = vector
                    header.msg_iovlen = 1
                    header.msg_control = control.baseAddress
                    header.msg_controllen = control.count
                    return recvmsg(descriptor, &header, Int32(MSG_DONTWAIT) | Int32(MSG_CMSG_CLOEXEC))
                }
            }
        }
        guard count >= 0 else { return nil }
        let descriptors = control.withUnsafeBytes { control -> [Int32] in
            let header = control.load(as: cmsghdr.self)
            let size = MemoryLayout<cmsghdr>.size
            guard header.cmsg_type == Int32(SCM_RIGHTS), header.cmsg_len > size else { return [] }
            return stride(from: size, to: Int(header.cmsg_len), by: 4).map {
                control.load(fromByteOffset: $0, as: Int32.self)
            }
        }
        return (String(decoding: buffer[..<count], as: UTF8.self), descriptors)
    }

    /// As systemd does it: a descriptor of a socket that is there already is not stored again.
    private func keep(_ descriptors: [Int32], _ text: String) {
        let name =
            text.split(separator: "\n").first { $0.hasPrefix("FDNAME=") }.map { String($0.dropFirst(7)) } ?? "stored"
        store.withLock { store in
            if text.contains("FDSTOREREMOVE=1") {
                for kept in store where kept.name == name { Glibc.close(kept.descriptor) }
                store.removeAll { $0.name == name }
            }
            for descriptor in descriptors {
                let isThere = store.contains { Self.identity($0.descriptor) == Self.identity(descriptor) }
                guard text.contains("FDSTORE=1"), !isThere else {
                    Glibc.close(descriptor)
                    continue
                }
                store.append(Kept(name: name, descriptor: descriptor))
            }
        }
    }

    /// The number of the socket in the kernel.
    private static func identity(_ descriptor: Int32) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
    }

    /// Waits for something that holds `text`, and returns everything said until then, itself included. What follows it is
    /// there for the next time.
    @discardableResult
    func hears(_ text: String, within: Duration = .seconds(60)) async throws -> [String] {
        var said: [String] = []
        return try await eventually("the service to say \(text); it said \(said)", within: within) {
            said += receive()
            guard let index = said.firstIndex(where: { $0.contains(text) }) else { return nil }
            let rest = Array(said[(index + 1)...])
            unheard.withLock { $0 = rest + $0 }
            return Array(said[...index])
        }
    }

    func close() {
        store.withLock { store in
            for kept in store { Glibc.close(kept.descriptor) }
            store = []
        }
        Glibc.close(descriptor)
    }
}
