internal import SIP

extension ConfigurationReader {
    /// The section `sip.tls`, with what `sip.listen` asks of it.
    func readTLS(_ section: Section, _ sip: inout Configuration.SIPSection, listen: Field?) {
        if let field = section["tls"] {
            let tls = Self.section(field)
            tls.read("certificate", into: &sip.tls.certificate) { field in
                field.optional { $0.path("/etc/callcenterd/sip.crt") }
            }
            tls.read("private_key", into: &sip.tls.privateKey) { field in
                field.optional { $0.path("/etc/callcenterd/sip.key") }
            }
            tls.read("trust_roots", into: &sip.tls.trustRoots) { field in
                field.optional { $0.path("/etc/ssl/certs") }
            }
            tls.read("verify_servers", into: &sip.tls.verifiesServers) { $0.flag() }
            tls.read("verify_clients", into: &sip.tls.verifiesClients) { $0.flag() }
            for (key, other) in [("certificate", "private_key"), ("private_key", "certificate")] {
                guard let field = tls[key], !field.isNull, tls[other].map(\.isNull) != false else { continue }
                let _: Never? = field.complain("needs sip.tls.\(other) beside it; expected both or none")
            }
        }
        if sip.listen.contains(where: { $0.transport == .tls }), sip.tls.certificate == nil {
            let _: Never? = listen?.complain("has tls: without a certificate; expected sip.tls.certificate beside it")
        }
    }
}
