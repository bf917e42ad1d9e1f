import Foundation
import Glibc

/// The name of a state directory, by which it is told from those of other machines: made up once, and kept in it.
package enum StateName {
    private static let file = "name"

    /// - Throws: `StoreError.Kind.unusable` if the directory cannot be used.
    package static func of(_ directory: String) throws(StoreError) -> String {
        let path = "\(directory)/\(file)"
        if let text = try? String(contentsOfFile: path, encoding: .utf8) {
            let name = text.prefix { !$0.isNewline }
            if !name.isEmpty { return String(name) }
        }
        let name = UUID().uuidString.lowercased()
        do {
            try Data("\(name)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw StoreError(.unusable, database: path, "cannot be written: \(error.localizedDescription)")
        }
        return name
    }
}
