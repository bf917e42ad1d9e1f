import Patience
import CertificateFixture
import Foundation
import Testing

/// Calls over TLS: phones straight to the daemon, and a proxy between. The certificates are for addresses: there are no names here.
@Suite("Calls over TLS", .staged)
struct SecureCallTests {
    private static let voice = 440

    private let authority: CertificateAuthority

    init() throws { authority = try CertificateAuthority() }

    /// A daemon that listens for TLS on a port, besides UDP and TCP.
    private func options(_ port: UInt16, host: String = "127.0.0.1", more: String = "") throws -> Daemon.Options {
        let identity = try authority.issue("daemon-\(port)", for: Self.subject(host))
        return .init(
            host: host,
            listen: ["tls:\(host):\(port)"],
            trusted: host == "[::1]" ? "::1/128" : "127.0.0.0/8",
            sip: "tls: {certificate: \(identity.certificate), private_key: \(identity.key), "
                + "trust_roots: \(authority.roots)}\(more)"
        )
    }

    /// Whom a certificate is for: an address as URIs have it.
    private static func subject(_ host: String) -> String { "IP:\(host.filter { !"[]".contains($0) })" }

    /// The caller hears music until the agent takes the call, they talk, and the caller hangs up, or the agent does.
    private func talk(
        _ caller: Baresip,
        calling uri: String,
        _ agent: Baresip,
        _ daemon: Daemon,
        agentHangsUp: Bool = false
    ) async throws {
        try await caller.dial(uri)
        try await daemon.callReaches("toagent")
        try await agent.prints("Incoming call")
        try await agent.accept()
        try await agent.prints("Call established")
        try await eventually("the agent to hear the caller") {
            try (agent.heard(Self.voice) > 0.5)
        }
        let (leaving, left) = agentHangsUp ? (agent, caller) : (caller, agent)
        try await leaving.hangUp()
        try await left.prints("session closed")
        try await daemon.expectQuiet(after: Outcome(answered: 1))
    }

    @Test(
        "welcome, music, agent and talk, phones on both sides, over IPv4 and IPv6; Via and Contact say TLS",
        arguments: ["127.0.0.1", "[::1]"],
        [false, true]
    )
    func phones(host: String, agentHangsUp: Bool) async throws {
        let phone = try authority.joined(authority.issue("phone", for: Self.subject(host)))
        let line = Baresip.Line.tls(identity: phone, roots: authority.roots)
        let announcer = try await Announcer.start(host: host)
        let agent = try await Baresip.start("anna", tone: 880, answers: false, over: line, host: host)
        let caller = try await Baresip.start("carl", tone: Self.voice, over: line, host: host)
        let port = try Ports.free()
        let location = Daemon.Agent(
            id: "anna",
            skills: "selling",
            port: agent.securePort,
            host: host,
            parameters: ";transport=tls"
        )
        let daemon = try await Daemon.start(
            flows: [
                .init(id: "sales", skill: "selling", welcome: announcer.port, queue: announcer.port, host: host)
            ],
            agents: [location],
            options: options(port, host: host)
        )
        let uri = "sip:sales@\(host):\(port);transport=tls"
        try await talk(caller, calling: uri, agent, daemon, agentHangsUp: agentHangsUp)
        for phone in [caller, agent] {
            #expect(phone.process.text.contains("Via: SIP/2.0/TLS \(host):\(port);"))
            #expect(!phone.process.text.contains("SIP/2.0/UDP"))
            #expect(phone.process.text.contains("Contact: <sip:\(host):\(port);transport=tls>"))
            #expect(host == "127.0.0.1" || !phone.process.text.contains("IN IP4"), "media stay in IPv6")
        }
    }

    @Test("phones over TCP: one connection each, in both directions")
    func phonesOverTCP() async throws {
        let announcer = try await Announcer.start()
        let agent = try await Baresip.start("anna", tone: 880, answers: false, over: .tcp)
        let caller = try await Baresip.start("carl", tone: Self.voice, over: .tcp)
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", welcome: announcer.port, queue: announcer.port)],
            agents: [.init(id: "anna", skills: "selling", port: agent.port, parameters: ";transport=tcp")]
        )
        try await talk(caller, calling: "sip:sales@127.0.0.1:\(daemon.port);transport=tcp", agent, daemon)
        for phone in [caller, agent] { #expect(!phone.process.text.contains("SIP/2.0/UDP")) }
    }

    @Test(
        "through Kamailio, which stays in the path: requests in dialogs follow the route, challenges are answered",
        arguments: [false, true]
    )
    func proxy(challenges: Bool) async throws {
        let announcer = try await Announcer.start()
        let agent = try await Baresip.start("anna", tone: 880, answers: false)
        let caller = try await Baresip.start("carl", tone: Self.voice)
        let port = try Ports.free()
        let kamailio = try await Kamailio.start(
            before: port,
            identity: authority.issue("kamailio", for: "IP:127.0.0.1"),
            roots: authority.roots,
            duty: challenges ? .challenges : .none
        )
        let proxy = "\n  outbound_proxy: \"sip:127.0.0.1:\(kamailio.securePort);transport=tls;lr\""
        let credentials = "\n  credentials: [{realm: pbx.test, username: centre, password: secret}]"
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", welcome: announcer.port, queue: announcer.port)],
            agents: [.init(id: "anna", skills: "selling", port: agent.port)],
            options: options(port, more: proxy + credentials)
        )
        try await talk(caller, calling: "sip:sales@127.0.0.1:\(kamailio.port)", agent, daemon)
        let routed = kamailio.inDialog()
        // The caller is handed over from music to agent, and both agent and music are let go.
        #expect(routed.count { $0 == "INVITE" } >= 1, "\(routed)")
        #expect(routed.count { $0 == "BYE" } >= 3, "\(routed)")
        #expect(routed.count { $0 == "ACK" } >= 4, "\(routed)")
        #expect(kamailio.inDialog(stray: true).isEmpty, "all of them came along the route")
    }

    @Test("an agent whose phone has registered with Kamailio is called there, by password")
    func registrar() async throws {
        let announcer = try await Announcer.start()
        let port = try Ports.free()
        let kamailio = try await Kamailio.start(
            before: port,
            identity: authority.issue("kamailio", for: "IP:127.0.0.1"),
            roots: authority.roots,
            duty: .registers
        )
        let agent = try await Baresip.start(
            "anna",
            tone: 880,
            answers: false,
            registrar: .init(port: kamailio.port, password: "secret")
        )
        try await agent.prints("200 OK")
        let caller = try await Baresip.start("carl", tone: Self.voice)
        let credentials = "\n  credentials: [{realm: pbx.test, username: centre, password: secret}]"
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", welcome: announcer.port, queue: announcer.port)],
            agents: [.init(id: "anna", skills: "selling", port: kamailio.port)],
            options: options(port, more: credentials)
        )
        try await talk(caller, calling: "sip:sales@127.0.0.1:\(daemon.port)", agent, daemon)
        #expect(kamailio.process.text.contains("LOCATED sip:anna-"), "it was the phone's own contact")
    }

    @Test("a certificate that cannot be used stops the start with 78, and a reload changes nothing with it")
    func badCertificate() async throws {
        let port = try Ports.free()
        var options = try options(port)
        let announcer = try await Announcer.start()
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: announcer.port)],
            agents: [],
            options: options
        )
        // What is renewed in place counts with the next reload; what is broken does not.
        let certificate = authority.path("daemon-\(port).pem")
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: certificate))
        let refused = try await daemon.ccctl("cc_reload")
        #expect(refused.status == 1)
        #expect(refused.text.contains("sip.tls.certificate: \(certificate): no certificates in PEM can be read there"))
        let handshake = try await ChildProcess.run(
            "openssl",
            "openssl",
            [
                "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", authority.roots, "-verify_return_error",
                "-brief",
            ],
            in: daemon.stage.folder
        )
        #expect(handshake.status == 0, "the old one is in use: \(handshake.text)")
        #expect(try await daemon.httpStatus("/healthz") == 200)

        await daemon.process.stop()
        options.sip = "tls: {certificate: /nowhere, private_key: /nowhere}"
        let second = try Daemon.launch(on: Stage.here(), options)
        #expect(try await second.process.ended() == 78)
        #expect(second.process.text.contains("sip.tls.certificate: /nowhere: No such file or directory"))
    }
}
