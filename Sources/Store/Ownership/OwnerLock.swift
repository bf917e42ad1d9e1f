import Foundation
import Glibc

/// The lock of a state directory: one process owns what is in it, and says in the file who it is.
///
/// The kernel gives it back when the process dies, however it does; until then it is held.
package final class OwnerLock: Sendable {
    package enum Attempt: Sendable {
        case taken(OwnerLock)
        /// Another process has it; nil while that one has yet to write down its number.
        case owned(by: Int32?)
    }

    private static let file = "owner"
    private let descriptor: CInt

    private init(_ descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Tries once, and creates the directory if it is not there. Does not wait.
    package static func attempt(_ directory: String) throws(StoreError) -> Attempt {
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            let problem = "cannot be created; its folder must belong to our user"
            throw StoreError(.unusable, database: directory, problem)
        }
        let path = "\(directory)/\(file)"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError.system(path, "cannot be opened", errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            defer { close(descriptor) }
            guard reason == EWOULDBLOCK else { throw JournalError.system(path, "cannot be locked", reason) }
            return .owned(by: number(in: descriptor))
        }
        let text = Array("\(getpid())\n".utf8)
        // Only people read it, so a disk that is full must not keep us from starting.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
        return .taken(OwnerLock(descriptor))
    }

    private static func number(in descriptor: CInt) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
