import Glibc

/// The FIFO (fifo(7)) that commands are written to: made, guarded and removed with care.
struct FIFOFile {
    static let key = "mi.fifo"

    let path: String
    /// Open for reading and writing, so that it does not end when a writer goes.
    let descriptor: CInt
    private let facts: FileFacts

    /// Makes a FIFO, readable and writable for owner and group only. One that is left from before gives way; anything
    /// else at that place is refused.
    static func make(_ path: String) throws(ManagementError) -> FIFOFile {
        func failure(_ reason: String) -> ManagementError { ManagementError(key: key, place: path, reason: reason) }
        if let facts = FileFacts(path: path) {
            guard facts.isFIFO else {
                throw failure("a file that is no FIFO is in the way; remove it")
            }
            guard unlink(path) == 0 || errno == ENOENT else { throw failure(reason(errno)) }
        }
        guard mkfifo(path, S_IRUSR | S_IWUSR) == 0 else { throw failure(reason(errno)) }
        let descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure(reason(errno)) }
        guard let facts = FileFacts(descriptor: descriptor), facts.isFIFO,
            fchmod(descriptor, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) == 0
        else {
            let reason = reason(errno)
            close(descriptor)
            throw failure(reason)
        }
        return FIFOFile(path: path, descriptor: descriptor, facts: facts)
    }

    /// Takes the file away, unless another has been put in its place meanwhile.
    func remove() {
        guard FileFacts(path: path)?.isSame(as: facts) == true else { return }
        unlink(path)
    }

    private static func reason(_ number: CInt) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }
}

/// The FIFO that takes a reply. Whoever asks has made it, and reads from it.
struct ReplyFIFO {
    let path: String
    /// Whose it is.
    let owner: UInt32

    /// nil if there is no FIFO of that path. A symbolic link is none.
    init?(_ path: String) {
        guard let facts = FileFacts(path: path), facts.isFIFO else { return nil }
        self.path = path
        owner = facts.owner
    }

    /// Writes all of it, waiting for the reader as long as there is time.
    ///
    /// - Returns: false if nobody has read it.
    func write(_ bytes: [UInt8], within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        func wait() async -> Bool {
            guard ContinuousClock.now < deadline else { return false }
            return (try? await Task.sleep(for: .milliseconds(5))) != nil
        }
        // Without a reader yet, opening fails with ENXIO.
        var descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
        while descriptor < 0, errno == ENXIO || errno == EINTR, await wait() {
            descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
        }
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard FileFacts(descriptor: descriptor)?.isFIFO == true else { return false }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else {
                guard errno == EAGAIN || errno == EINTR, await wait() else { return false }
            }
        }
        return true
    }
}
