extension Configuration {
    /// The section `sip.tls`: certificates of ours and of peers, as paths of PEM files.
    package struct TLSSection: Sendable, Equatable {
        /// Our own, and those that lead to a root; needed with `tls:` in `sip.listen`.
        package var certificate: String?
        /// Its key, without a passphrase; needed with `certificate`.
        package var privateKey: String?
        /// A file, or a folder of files; nil: the roots of the system.
        package var trustRoots: String?
        /// Whether a peer that we call must have a certificate for the name or address that we call.
        package var verifiesServers = true
        /// Whether a peer that connects to us must have a certificate.
        package var verifiesClients = false

        package init() {}
    }
}
