import Foundation

/// Tokens for a daemon under test.
struct TokenFile {
    static let reader = "reader-of-the-tests"
    static let controller = "controller-of-the-tests"

    let path: String

    init(on stage: Stage) throws {
        path = stage.path("tokens")
        let text = "wall read \(Self.reader)\ndesk control \(Self.controller)\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
}
