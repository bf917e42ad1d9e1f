import Patience
import CertificateFixture
import Foundation

/// Kamailio as a proxy that stays in the path of every dialog: UDP on one side, TLS on the other. What is for it itself goes to
/// the daemon over TLS; the rest goes where its URI says.
struct Kamailio: Sendable {
    /// What it does besides. Its realm is `pbx.test`, its password `secret`, whoever it is.
    enum Duty {
        case none
        /// Calls from it need the password.
        case challenges
        /// Phones register with it by password, and calls for `anna`, which need it as well, go to where she has registered.
        case registers
    }

    let process: ChildProcess
    let port: UInt16
    let securePort: UInt16

    /// - Parameter daemon: the TLS port of the daemon.
    static func start(
        before daemon: UInt16,
        identity: CertificateAuthority.Identity,
        roots: String,
        duty: Duty = .none
    ) async throws -> Kamailio {
        let stage = try Stage.here()
        var attempts = 3
        while true {
            let port = try Ports.free()
            let securePort = try Ports.free()
            let file = stage.path("kamailio-\(port).cfg")
            let text = configuration(port, securePort, daemon, identity, roots, duty)
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            let process = stage.start(
                "kamailio-\(port)",
                "kamailio",
                ["-DD", "-E", "-f", file, "-Y", stage.folder.path, "-w", stage.folder.path, "-m", "32", "-M", "4"]
            )
            do {
                try await eventually("kamailio on port \(port)") {
                    try process.requireAlive()
                    return (Ports.isBound(udp: port) && Ports.isBound(tcp: securePort))
                }
                return Kamailio(process: process, port: port, securePort: securePort)
            } catch ChildProcess.Failure.died where attempts > 1 {
                attempts -= 1
            }
        }
    }

    /// Methods of the requests inside dialogs that came along the route, in order; with `stray`, of those that did not.
    func inDialog(stray: Bool = false) -> [String] {
        process.text.matches(of: stray ? /STRAY ([A-Z]+)/ : /ROUTED ([A-Z]+)/).map { String($0.1) }
    }

    private static func configuration(
        _ port: UInt16,
        _ securePort: UInt16,
        _ daemon: UInt16,
        _ identity: CertificateAuthority.Identity,
        _ roots: String,
        _ duty: Duty
    ) -> String {
        let challenge = """
            else if ($rU == "anna") {
                if (!pv_proxy_authenticate("pbx.test", "secret", "0")) { proxy_challenge("pbx.test", "0"); exit; }
            } else {
                if (!pv_www_authenticate("pbx.test", "secret", "0")) { www_challenge("pbx.test", "0"); exit; }
            }
            """
        let registrar = """
            if (is_method("REGISTER")) {
                if (!pv_www_authenticate("pbx.test", "secret", "0")) { www_challenge("pbx.test", "0"); exit; }
                save("location");
                exit;
            }
            if (uri == myself && $rU == "anna") {
                if (!pv_proxy_authenticate("pbx.test", "secret", "0")) { proxy_challenge("pbx.test", "0"); exit; }
                if (!lookup("location")) { sl_send_reply("404", "Not registered"); exit; }
                xlog("L_ALERT", "LOCATED $ru\\n");
            } else
            """
        return """
            #!KAMAILIO
            debug=1
            log_stderror=yes
            children=1
            tcp_children=1
            auto_aliases=no
            dns=no
            enable_tls=yes
            listen=udp:127.0.0.1:\(port)
            listen=tls:127.0.0.1:\(securePort)
            loadmodule "tls.so"
            loadmodule "tm.so"
            loadmodule "sl.so"
            loadmodule "rr.so"
            loadmodule "pv.so"
            loadmodule "maxfwd.so"
            loadmodule "textops.so"
            loadmodule "siputils.so"
            loadmodule "auth.so"
            loadmodule "xlog.so"
            loadmodule "usrloc.so"
            loadmodule "registrar.so"
            modparam("tls", "certificate", "\(identity.certificate)")
            modparam("tls", "private_key", "\(identity.key)")
            modparam("tls", "ca_list", "\(roots)")
            modparam("tls", "verify_certificate", 1)
            modparam("tls", "tls_method", "TLSv1.2+")
            request_route {
                if (!mf_process_maxfwd_header("20")) { sl_send_reply("483", "Too Many Hops"); exit; }
                if (has_totag()) {
                    if (loose_route()) {
                        xlog("L_ALERT", "ROUTED $rm\\n");
                        t_relay();
                    } else if (is_method("ACK") && t_check_trans()) {
                        t_relay();
                    } else {
                        xlog("L_ALERT", "STRAY $rm\\n");
                        if (!is_method("ACK")) sl_send_reply("404", "Not along the route");
                    }
                    exit;
                }
                if (is_method("CANCEL")) {
                    if (t_check_trans()) t_relay();
                    exit;
                }
                t_check_trans();
                loose_route();
                \(duty == .registers ? registrar : "")
                if (uri == myself) {
                    $ru = "sip:" + $rU + "@127.0.0.1:\(daemon);transport=tls";
                } \(duty == .challenges ? challenge : "")
                consume_credentials();
                record_route();
                t_relay();
            }

            """
    }
}
