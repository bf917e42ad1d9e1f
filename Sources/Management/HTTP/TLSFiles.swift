import NIOSSL

/// The certificate and key that HTTP is served under.
package struct TLSFiles: Sendable {
    /// PEM, the server's own certificate first.
    package var certificate: String
    /// PEM.
    package var key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads the files, and keeps nothing.
    ///
    /// - Throws: as `configuration()`.
    package func check() throws(ManagementError) { _ = try configuration() }

    /// - Throws: `ManagementError`, naming the file that cannot be used.
    func configuration() throws(ManagementError) -> TLSConfiguration {
        func unusable(_ key: String, _ path: String, _ reason: String) -> ManagementError {
            ManagementError(key: "http.\(key)", place: path, reason: reason, trouble: .unusable)
        }
        guard let chain = try? NIOSSLCertificate.fromPEMFile(certificate), !chain.isEmpty else {
            throw unusable("tls_certificate", certificate, "no certificates in PEM can be read there")
        }
        guard let privateKey = try? NIOSSLPrivateKey(file: key, format: .pem) else {
            throw unusable("tls_key", key, "no private key in PEM can be read there")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw unusable("tls_key", key, "is not the key of the certificate")
        }
        return configuration
    }
}
