import Foundation

/// Which file a path leads to. Two are equal if they are the same file on the disk, whatever its name.
struct FileIdentity: Sendable, Equatable {
    private let device: UInt64
    private let node: UInt64

    /// nil if there is no file.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        node = UInt64(status.st_ino)
    }
}

/// What SQLite would only call "unable to open database file", in words that help.
enum DatabaseFile {
    static func check(_ path: String, name: String) throws(StoreError) {
        func unusable(_ problem: String) -> StoreError { StoreError(.unusable, database: name, problem) }

        // SQLite keeps the -wal and -shm files beside the database, so it needs the directory as well.
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory) else {
            throw unusable("there is no directory \(directory); create it, or choose another file")
        }
        guard isDirectory.boolValue else { throw unusable("\(directory) is no directory; choose another file") }
        guard access(directory, W_OK | X_OK) == 0 else {
            throw unusable("\(Self.user) may not write in the directory \(directory)\(Self.advice(directory))")
        }
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return }
        guard !isDirectory.boolValue else { throw unusable("is a directory; expected a file") }
        guard access(path, R_OK | W_OK) == 0 else {
            throw unusable("\(Self.user) may not read and write the file\(Self.advice(path))")
        }
    }

    private static var user: String { "the user \(NSUserName())" }

    /// What may help, of a file or directory that the user may not use.
    private static func advice(_ path: String) -> String {
        let owner = try? FileManager.default.attributesOfItem(atPath: path)[.ownerAccountName] as? String
        return "; be root or its owner\(owner.map { ", \($0)," } ?? ""), or give it to that user"
    }
}
