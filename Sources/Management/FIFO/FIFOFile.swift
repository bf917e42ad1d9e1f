import Glibc

/// The FIFO (fifo(7)) that commands are written to: made, guarded and removed with care.
enum FIFOFile {
    private static let key = "mi.fifo"

    /// Makes a FIFO, readable and writable for owner and group only. One that is left from before gives way; anything
    /// else at that place is refused.
    ///
    /// - Returns: the file, and a descriptor open for reading and writing, so that it does not end when a writer goes.
    static func make(_ path: String) throws(ManagementError) -> (file: EntryFile, descriptor: CInt) {
        if let facts = FileFacts(path: path) {
            guard facts.isFIFO else {
                let reason = "a file that is no FIFO is in the way; remove it"
                throw ManagementError(key: key, place: path, reason: reason, code: EEXIST)
            }
            try EntryFile.clear(key, path)
        }
        guard mkfifo(path, S_IRUSR | S_IWUSR) == 0 else { throw .system(key, path, errno) }
        let descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .system(key, path, errno) }
        guard let facts = FileFacts(descriptor: descriptor), facts.isFIFO, fchmod(descriptor, EntryFile.mode) == 0
        else {
            let number = errno
            close(descriptor)
            throw .system(key, path, number)
        }
        return (EntryFile(key: key, path: path, facts: facts), descriptor)
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
