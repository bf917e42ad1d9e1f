import ArgumentParser
import Foundation
import Testing

@testable import ccctl

/// What the documents tell people to type.
@Suite("The commands of the documents")
struct DocumentTests {
    private static let top = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Lines and spans of code that begin with `ccctl`, without what follows `#`, `|`, `>` and `<`.
    private static func commands(of file: String) throws -> [String] {
        let text = try String(contentsOf: top.appendingPathComponent(file), encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let spans = text.matches(of: /`(ccctl [^`\n]+)`/).map { String($0.1) }
        return (lines + spans).filter { $0.hasPrefix("ccctl ") }.map { line in
            let end = line.firstRange(of: #/ +[#|>] ?|[>&]/#)?.lowerBound ?? line.endIndex
            return String(line[..<end]).trimmingCharacters(in: .whitespaces)
        }
    }

    @Test(
        "are such as ccctl understands",
        arguments: ["administrator", "supervisor", "monitoring"].map { "packaging/doc/\($0).md" }
            + ["packaging/debian/callcenterd.README.Debian"]
    )
    func parse(file: String) throws {
        let commands = try Self.commands(of: file)
        #expect(commands.count >= 2, "they were found")
        for command in commands where !command.hasSuffix("\\") {
            let words = command.split(separator: " ").dropFirst().map(String.init)
            #expect(throws: Never.self, "\(command)") { try CCControl.parseAsRoot(words) }
        }
    }

    @Test(
        "have links to files that are there",
        arguments: ["README.md", "Sources/README.md"]
            + ["administrator", "supervisor", "monitoring", "statistics"].map { "packaging/doc/\($0).md" }
    )
    func links(file: String) throws {
        let place = Self.top.appendingPathComponent(file)
        let text = try String(contentsOf: place, encoding: .utf8)
        for match in text.matches(of: /\]\(([^)#:]+)\)/) {
            let target = place.deletingLastPathComponent().appendingPathComponent(String(match.1))
            #expect(FileManager.default.fileExists(atPath: target.path), "\(file): \(match.1)")
        }
    }
}
