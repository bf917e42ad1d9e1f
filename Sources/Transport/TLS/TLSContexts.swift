internal import Glibc
internal import NIOCore
internal import NIOSSL
internal import Synchronization

extension TLSSettings {
    /// Reads the files, and keeps nothing.
    ///
    /// - Throws: the first file that cannot be used.
    package func check() throws(TLSProblem) { _ = try TLSContexts(self) }
}

/// What handshakes are made with, as read from the files of `sip.tls`.
struct TLSContexts: Sendable {
    let server: NIOSSLContext
    let client: NIOSSLContext
    let verifiesServers: Bool

    /// - Throws: the first file that cannot be used.
    init(_ settings: TLSSettings) throws(TLSProblem) {
        let chain = try Self.certificates(settings.certificate, key: "sip.tls.certificate")
        let privateKey = try Self.privateKey(settings.privateKey)
        let roots = try Self.roots(settings.trustRoots)

        var server = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        // A name is not asked of clients: they come from anywhere.
        server.certificateVerification = settings.verifiesClients ? .noHostnameVerification : .none
        var client = TLSConfiguration.makeClientConfiguration()
        client.certificateChain = server.certificateChain
        client.privateKey = server.privateKey
        // The name is looked at by `PeerIdentity`, since RFC 5922 has rules of its own.
        client.certificateVerification = settings.verifiesServers ? .noHostnameVerification : .none
        do {
            self.server = try NIOSSLContext(configuration: Self.common(server, roots))
        } catch {
            throw TLSProblem(
                key: "sip.tls.private_key",
                path: settings.privateKey ?? "",
                reason: "is not the key of the certificate"
            )
        }
        do {
            self.client = try NIOSSLContext(configuration: Self.common(client, roots))
        } catch {
            throw TLSProblem(
                key: "sip.tls.trust_roots",
                path: settings.trustRoots ?? "the roots of the system",
                reason: "cannot be used: \(error)"
            )
        }
        verifiesServers = settings.verifiesServers
    }

    private static func common(_ configuration: TLSConfiguration, _ roots: NIOSSLTrustRoots) -> TLSConfiguration {
        var configuration = configuration
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = roots
        // Nobody waits long for the last word of a peer who has gone.
        configuration.shutdownTimeout = .seconds(1)
        return configuration
    }

    // MARK: Files

    private static func readable(_ path: String?, key: String) throws(TLSProblem) -> String {
        guard let path else { throw TLSProblem(key: key, path: "(none)", reason: "is needed for tls: in sip.listen") }
        guard access(path, R_OK) == 0 else {
            throw TLSProblem(key: key, path: path, reason: String(cString: strerror(errno)))
        }
        return path
    }

    private static func certificates(_ path: String?, key: String) throws(TLSProblem) -> [NIOSSLCertificate] {
        let path = try readable(path, key: key)
        guard let chain = try? NIOSSLCertificate.fromPEMFile(path), !chain.isEmpty else {
            throw TLSProblem(key: key, path: path, reason: "no certificates in PEM can be read there")
        }
        return chain
    }

    private static func privateKey(_ path: String?) throws(TLSProblem) -> NIOSSLPrivateKey {
        let path = try readable(path, key: "sip.tls.private_key")
        guard let key = try? NIOSSLPrivateKey(file: path, format: .pem) else {
            let reason = "no private key in PEM, without a passphrase, can be read there"
            throw TLSProblem(key: "sip.tls.private_key", path: path, reason: reason)
        }
        return key
    }

    private static func roots(_ path: String?) throws(TLSProblem) -> NIOSSLTrustRoots {
        guard let path else { return .default }
        let key = "sip.tls.trust_roots"
        guard let roots = RootFolder.certificates(in: path) else {
            return .certificates(try certificates(path, key: key))
        }
        guard !roots.isEmpty else {
            throw TLSProblem(key: key, path: path, reason: "no certificates in PEM can be read in its files")
        }
        return .certificates(roots)
    }
}

/// The contexts in force: new handshakes take what is there, those that have been made keep what they had.
final class TLSBox: Sendable {
    private let contexts: Mutex<TLSContexts?>

    init(_ contexts: TLSContexts?) { self.contexts = Mutex(contexts) }

    var current: TLSContexts? { contexts.withLock { $0 } }

    func replace(by next: TLSContexts) { contexts.withLock { $0 = next } }
}
