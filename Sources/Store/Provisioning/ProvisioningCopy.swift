import CallCenter
package import Foundation
import Glibc

/// The last good provisioning, kept locally: what the daemon starts with when the database cannot be read.
///
/// It is a JSON file of the rows as the database had them, with a checksum in its first line.
package struct ProvisioningCopy: Sendable {
    /// What is kept.
    package struct Content: Sendable, Equatable, Codable {
        package var tables: ProvisioningTables
        /// Of rows that can be used no more, as they last could.
        package var lastGood: ProvisioningTables?
        /// The database they are from, without password.
        package var database: String
        /// When they were read.
        package var taken: Date
    }

    /// The file.
    package let path: String

    package init(stateDirectory: String) { path = "\(stateDirectory)/provisioning.json" }

    /// Replaces the copy: whole or not at all, also when the machine dies meanwhile.
    package func save(
        _ tables: ProvisioningTables,
        lastGood: ProvisioningTables? = nil,
        of database: String
    ) throws(StoreError) {
        // Whole seconds: as the file has them.
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        // A row that has one is refused, and keeps no other from being copied.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let temporary = path + ".new"
        do {
            let content = Content(tables: tables, lastGood: lastGood, database: database, taken: now)
            let json = try encoder.encode(content)
            // Callers of the centre are not in it, but addresses of agents are.
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw JournalError.system(temporary, "cannot be written", errno) }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try file.write(contentsOf: Data("\(Self.sum(json))\n".utf8) + json)
            try file.synchronize()
            try file.close()
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unusable, database: temporary, "cannot be written: \(error)")
        }
        guard rename(temporary, path) == 0 else { throw JournalError.system(path, "cannot be replaced", errno) }
    }

    /// - Returns: nil if there is no copy yet.
    package func load() throws(StoreError) -> Content? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            let parts = data.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
            guard parts.count == 2, String(decoding: parts[0], as: UTF8.self) == Self.sum(parts[1]) else {
                throw StoreError(.unusable, database: path, "is damaged: its checksum is another")
            }
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            decoder.nonConformingFloatDecodingStrategy = .convertFromString(
                positiveInfinity: "inf",
                negativeInfinity: "-inf",
                nan: "nan"
            )
            return try decoder.decode(Content.self, from: parts[1])
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unusable, database: path, "cannot be read: \(error)")
        }
    }

    private static func sum(_ bytes: Data) -> String {
        String(bytes.withUnsafeBytes { Checksum.crc32c($0) }, radix: 16)
    }
}
