import Foundation

/// A certificate authority of a test's own, made by openssl in a temporary folder that goes with it. What it issues holds for two
/// days.
package final class CertificateAuthority: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Paths of PEM files.
    package struct Identity: Sendable {
        package let certificate: String
        package let key: String
    }

    private let folder: URL
    /// Path of its own certificate.
    package var roots: String { path("ca.pem") }

    package init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try openssl(
            ["req", "-x509"] + Self.newKey + ["-keyout", path("ca.key"), "-out", roots, "-days", "2"]
                + ["-subj", "/CN=Authority of a test"]
        )
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Issues a certificate for names as openssl writes them: `DNS:host.test`, `IP:127.0.0.1`, `URI:sip:domain.test`.
    package func issue(_ name: String, for names: String...) throws -> Identity {
        let identity = Identity(certificate: path("\(name).pem"), key: path("\(name).key"))
        let request = path("\(name).csr")
        try openssl(
            ["req"] + Self.newKey + ["-keyout", identity.key, "-out", request, "-subj", "/CN=\(name)"]
                + ["-addext", "subjectAltName=\(names.joined(separator: ","))"]
        )
        try openssl([
            "x509", "-req", "-in", request, "-CA", roots, "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "2",
            "-copy_extensions", "copy", "-out", identity.certificate,
        ])
        return identity
    }

    /// Certificate and key in one file, as some programs want them.
    package func joined(_ identity: Identity) throws -> String {
        let file = URL(fileURLWithPath: identity.certificate + ".both")
        let parts = try [identity.certificate, identity.key].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        try Data(parts.joined()).write(to: file)
        return file.path
    }

    /// A file in its folder.
    package func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        let output = path("openssl.out")
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = FileHandle.nullDevice
        let file = FileHandle(forWritingAtPath: output)
        process.standardOutput = file
        process.standardError = file
        try process.run()
        process.waitUntilExit()
        try? file?.close()
        guard process.terminationStatus == 0 else {
            let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            throw Failure(description: "openssl \(arguments.joined(separator: " ")): \(text)")
        }
    }
}
