import Glibc

/// A file that others find us by, a socket or a FIFO, with the key of the configuration that names it.
struct EntryFile {
    /// For error messages.
    let key: String
    let path: String
    private let facts: FileFacts

    init(key: String, path: String, facts: FileFacts) {
        self.key = key
        self.path = path
        self.facts = facts
    }

    /// For owner and group: the group of the daemon may control it, nobody else may.
    static let mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP

    /// Takes the file away, unless another has been put in its place meanwhile.
    func remove() {
        guard FileFacts(path: path)?.isSame(as: facts) == true else { return }
        unlink(path)
    }

    /// Makes room for a new one.
    ///
    /// - Throws: `ManagementError`, naming the key, if it cannot be taken away.
    static func clear(_ key: String, _ path: String) throws(ManagementError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .system(key, path, errno) }
    }
}

extension ManagementError {
    /// What the system has refused.
    static func system(_ key: String, _ path: String, _ number: CInt) -> ManagementError {
        let reason = strerror(number).map { String(cString: $0) } ?? "error \(number)"
        return ManagementError(key: key, place: path, reason: reason, code: number)
    }
}
