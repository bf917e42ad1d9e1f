import Foundation
import Settings

/// Judges as the daemon hands them in, but simple.
let checks = ConfigurationChecks(
    databaseURL: {
        $0.hasPrefix("sqlite:/") || $0.hasPrefix("postgres://") ? nil : "is no database address; expected sqlite:/path"
    },
    routePattern: { $0.contains("**") ? "two wildcards side by side cannot be told apart" : nil }
)

func parse(_ yaml: String) throws -> Configuration {
    try Configuration.parse(yaml, file: "c.yaml", checks: checks)
}

/// The problems of a text, one line each; empty if it has none.
func problems(_ yaml: String) -> [String] {
    do throws(ConfigurationError) {
        _ = try Configuration.parse(yaml, file: "c.yaml", checks: checks)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// The top of the repository.
let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Runs with a folder of its own, gone afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("callcenterd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}
