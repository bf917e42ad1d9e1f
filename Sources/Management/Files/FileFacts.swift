import CFiles
import Glibc

/// What kind of file there is at a place, whose, and which.
struct FileFacts: Equatable {
    private let mode: UInt32
    let owner: UInt32
    private let device: UInt64
    private let inode: UInt64

    var isSocket: Bool { mode & S_IFMT == S_IFSOCK }
    var isFIFO: Bool { mode & S_IFMT == S_IFIFO }
    /// Everybody may do something with it.
    var isOpenToAll: Bool { mode & 0o007 != 0 }

    /// nil if there is none. A symbolic link is not followed.
    init?(path: String) {
        var facts = cfiles_facts()
        guard cfiles_facts_of_path(path, &facts) == 0 else { return nil }
        self.init(facts)
    }

    /// Of an open file.
    init?(descriptor: CInt) {
        var facts = cfiles_facts()
        guard cfiles_facts_of_descriptor(descriptor, &facts) == 0 else { return nil }
        self.init(facts)
    }

    private init(_ facts: cfiles_facts) {
        mode = facts.mode
        owner = facts.owner
        device = facts.device
        inode = facts.inode
    }

    /// Whether it is the same file, whatever has become of its mode.
    func isSame(as other: FileFacts) -> Bool { device == other.device && inode == other.inode }
}
