import Foundation

/// The source tree this test was built from.
enum Checkout {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A Swift file, by its path below the root.
    struct Source: Sendable {
        let path: String
        let lines: [Substring]
    }

    static func read(_ path: String) throws -> String {
        try String(decoding: Data(contentsOf: root.appendingPathComponent(path)), as: UTF8.self)
    }

    /// The Swift files below a folder, sorted.
    static func sources(below folder: String) throws -> [Source] {
        let start = root.appendingPathComponent(folder).path
        let paths = FileManager.default.enumerator(atPath: start)?.compactMap { $0 as? String } ?? []
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let text = try read("\(folder)/\(path)")
            return Source(
                path: "\(folder)/\(path)",
                lines: text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
                    text.hasSuffix("\n") ? 1 : 0
                )
            )
        }
    }

    /// The folders directly below one, sorted.
    static func folders(below folder: String) throws -> [String] {
        let start = root.appendingPathComponent(folder)
        return try FileManager.default.contentsOfDirectory(at: start, includingPropertiesForKeys: [.isDirectoryKey])
            .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
            .map(\.lastPathComponent).sorted()
    }
}

extension Checkout.Source {
    /// Modules imported, in order: `public import struct Foundation.Data` is Foundation.
    var imports: [String] {
        lines.filter { $0.contains("import ") }.compactMap { line in
            let modifiers = /\s*(?:(?:@\w+(?:\([^)]*\))?|public|package|internal|private|fileprivate)\s+)*/
            let kinds = /(?:(?:struct|class|enum|protocol|typealias|func|let|var)\s+)?/
            guard let start = line.prefixMatch(of: modifiers)?.range.upperBound else { return nil }
            let rest = line[start...]
            guard rest.hasPrefix("import ") else { return nil }
            let named = rest.dropFirst("import ".count).drop { $0 == " " }
            guard let kind = named.prefixMatch(of: kinds) else { return nil }
            return String(named[kind.range.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        }
    }

    /// Lines with their numbers from 1, without line comments, and whether a comment stands on the line or right above it.
    var code: [(number: Int, text: Substring, isExplained: Bool)] {
        lines.enumerated().map { index, line in
            let comment = line.firstRange(of: "//")
            let above = index > 0 && lines[index - 1].drop { $0 == " " }.hasPrefix("//")
            return (index + 1, comment.map { line[..<$0.lowerBound] } ?? line, comment != nil || above)
        }
    }
}
