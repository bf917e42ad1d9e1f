import Foundation
import Management
import NIOCore
import Testing

private let openssl = "/usr/bin/openssl"
private let curl = "/usr/bin/curl"

@Suite(
    "HTTPS",
    .enabled(if: [openssl, curl].allSatisfy(FileManager.default.isExecutableFile(atPath:))),
    .timeLimit(.minutes(5))
)
struct TLSTests {
    private let daemon = FakeDaemon()

    /// Runs a program without holding a thread of the pool; gives its status and output.
    private func run(_ program: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let text = output.fileHandleForReading.readDataToEndOfFile()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    /// A certificate for localhost, signed by itself.
    private func makeCertificate(in folder: String) async throws -> TLSFiles {
        let files = TLSFiles(certificate: folder + "/tls.crt", key: folder + "/tls.key")
        let made = try await run(
            openssl,
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", files.key,
                "-out", files.certificate,
            ]
        )
        try #require(made.status == 0)
        return files
    }

    @Test("with a certificate, all is HTTPS, and the cookie goes over nothing else")
    func serves() async throws {
        try await withTemporaryFolder { folder async throws in
            let files = try await makeCertificate(in: folder)
            try await withTokens { tokens, _ async throws in
                try await withHTTP(daemon.bounded, tokens: tokens, configure: { $0.tls = files }) { port async throws in
                    let url = "https://127.0.0.1:\(port)"
                    let trusting = ["-sS", "--max-time", "20", "--cacert", files.certificate]
                    let metrics = try await run(
                        curl,
                        trusting + ["-o", "/dev/null", "-w", "%{http_code}", "\(url)/metrics"]
                    )
                    #expect(metrics.status == 0)
                    #expect(metrics.output == "200")
                    let session = try await run(
                        curl,
                        trusting + [
                            "-D", "-", "-X", "POST", "-H", "Authorization: Bearer reader-reader-reader",
                            "\(url)/session",
                        ]
                    )
                    #expect(session.output.contains("HttpOnly; SameSite=Strict; Secure\r\n"))
                    // Who does not trust the certificate, or speaks no TLS, gets nothing.
                    #expect(try await run(curl, ["-s", "--max-time", "20", "\(url)/metrics"]).status != 0)
                    let plain = (try? await http(port, "GET /metrics")) ?? ""
                    #expect(!plain.contains("200 OK"))
                }
            }
        }
    }

    @Test("files that cannot be used are named")
    func refusesFiles() async throws {
        try await withTemporaryFolder { folder async throws in
            var files = try await makeCertificate(in: folder)
            let other = try await {
                try FileManager.default.createDirectory(atPath: folder + "/o", withIntermediateDirectories: false)
                return try await makeCertificate(in: folder + "/o")
            }()
            func problem(_ files: TLSFiles) async -> String? {
                let error = await #expect(throws: ManagementError.self) {
                    try await withHTTP(daemon.bounded, configure: { $0.tls = files }) { _ in }
                }
                return error?.description
            }
            #expect(
                await problem(TLSFiles(certificate: files.certificate, key: other.key))
                    == "http.tls_key: \(other.key): is not the key of the certificate"
            )
            files.key = files.certificate
            #expect(
                await problem(files) == "http.tls_key: \(files.key): no private key in PEM can be read there"
            )
            files.certificate = folder + "/none"
            #expect(
                await problem(files)
                    == "http.tls_certificate: \(folder)/none: no certificates in PEM can be read there"
            )
        }
    }
}
