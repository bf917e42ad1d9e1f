import Foundation
import Glibc

/// The programs under test: in the folder named by `CALLCENTERD_BIN`, else where this test bundle was built.
enum Binaries {
    struct Missing: Error, CustomStringConvertible {
        let path: String

        var description: String { "\(path) is not there: run `swift build` first, or set CALLCENTERD_BIN" }
    }

    static func path(_ name: String) throws -> String {
        let path = folder.appendingPathComponent(name).path
        guard access(path, X_OK) == 0 else { throw Missing(path: path) }
        return path
    }

    private static let folder: URL = {
        if let folder = ProcessInfo.processInfo.environment["CALLCENTERD_BIN"] {
            return URL(fileURLWithPath: folder, isDirectory: true)
        }
        return URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }()
}
