import Foundation
import Glibc

extension Terminal {
    /// Prints a value as one line of JSON, members in one order.
    static func writeJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }

    static func isFile(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
