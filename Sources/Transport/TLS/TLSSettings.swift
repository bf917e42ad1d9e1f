/// `sip.tls`: who we are to TLS peers, and who they must be to us.
package struct TLSSettings: Sendable, Equatable {
    /// Path of our certificate in PEM, our own first, then those that lead to a root.
    package var certificate: String?
    /// Path of its key in PEM.
    package var privateKey: String?
    /// Path of the roots that peers' certificates must lead to: a file in PEM, or a folder of such; nil: those of the system.
    package var trustRoots: String?
    /// Whether a peer that we connect to must have a certificate for the name or address that we call (RFC 5922).
    package var verifiesServers = true
    /// Whether a peer that connects to us must have a certificate.
    package var verifiesClients = false

    package init() {}
}

/// What of `sip.tls` cannot be used, and why.
package struct TLSProblem: Error, Equatable, CustomStringConvertible {
    /// `sip.tls.certificate` and the like.
    package let key: String
    package let path: String
    package let reason: String

    package var description: String { "\(key): \(path): \(reason)" }
}
