import Crypto
import Testing

@testable import SIP

extension DigestHashes {
    static let forTests = DigestHashes(
        md5: { text in
            var hash = Insecure.MD5()
            text.withUnsafeBytes { hash.update(bufferPointer: $0) }
            return Array(hash.finalize())
        },
        sha256: { text in
            var hash = SHA256()
            text.withUnsafeBytes { hash.update(bufferPointer: $0) }
            return Array(hash.finalize())
        }
    )
}

@Suite("Digest answers (RFC 2617, RFC 7616)")
struct DigestResponseTests {
    private func response(
        _ algorithm: DigestAlgorithm,
        realm: String,
        password: String,
        nonce: String,
        uri: String,
        quality: (String, String)?
    ) -> String {
        text(
            DigestHashes.forTests.response(
                algorithm,
                username: Array("Mufasa".utf8),
                realm: Array(realm.utf8),
                password: Array(password.utf8),
                nonce: Array(nonce.utf8),
                method: Array("GET".utf8),
                uri: Array(uri.utf8),
                quality: quality.map { (Array($0.0.utf8), Array($0.1.utf8)) }
            )
        )
    }

    @Test("The example of RFC 2617 section 3.5")
    func md5() {
        let found = response(
            .md5,
            realm: "testrealm@host.com",
            password: "Circle Of Life",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            uri: "/dir/index.html",
            quality: ("00000001", "0a4f113b")
        )
        #expect(found == "6629fae49393a05397450978507c4ef1")
    }

    @Test(
        "The examples of RFC 7616 section 3.9.1",
        arguments: [
            (DigestAlgorithm.md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (.sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ]
    )
    func sha256(algorithm: DigestAlgorithm, expected: String) {
        let found = response(
            algorithm,
            realm: "http-auth@example.org",
            password: "Circle of Life",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            uri: "/dir/index.html",
            quality: ("00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
        )
        #expect(found == expected)
    }

    @Test("A challenge is taken apart, whatever its order, quotes and blanks")
    func challenge() throws {
        let value =
            "digest  qop=\"auth-int, auth\" , nonce=\"a\\\"b\",realm=\"x, y\",stale=TRUE, algorithm=sha-256,opaque=\"o\""
        let challenge = try #require(DigestChallenge(Array(value.utf8)[...], isProxy: true))
        #expect(text(challenge.nonce) == "a\"b")
        #expect(text(challenge.realm) == "x, y")
        #expect(challenge.opaque.map { text($0) } == "o")
        #expect(challenge.algorithm == .sha256)
        #expect(challenge.hasQuality && challenge.isStale && challenge.isProxy)
    }

    @Test(
        "What cannot be answered is none",
        arguments: [
            "Basic realm=\"x\"", "Digest realm=\"x\"", "Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256",
            "Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\"", "Digest realm=\"x, nonce=n", "Digest", "",
        ]
    )
    func unusable(value: String) {
        #expect(DigestChallenge(Array(value.utf8)[...], isProxy: false) == nil)
    }
}

@Suite("Requests of ours that are challenged (RFC 3261 section 22)")
struct ChallengedTests {
    private func bench(realm: String = "pbx") -> UserAgentBench {
        let bench = UserAgentBench()
        bench.agent.credentials = [Credential(realm: realm, username: "queue", password: "secret")]
        return bench
    }

    private func challenge(_ nonce: String, stale: Bool = false, algorithm: String = "MD5") -> String {
        "Digest realm=\"pbx\", nonce=\"\(nonce)\", qop=\"auth\", algorithm=\(algorithm)\(stale ? ", stale=true" : "")"
    }

    /// The one Authorization of a message, its response checked against the password.
    private func verify(_ message: Message, _ name: HeaderName = .authorization, nonce: String, count: Int) throws {
        let value = try #require(message.first(name))
        let answer = try #require(DigestParameters(message.bytes(of: value)))
        #expect(answer["nonce"].map { text($0) } == nonce)
        #expect(answer["nc"].map { text($0) } == "0000000\(count)")
        #expect(answer["uri"].map { text($0) } == message.uriText)
        let expected = DigestHashes.forTests.response(
            try #require(answer.algorithm),
            username: Array("queue".utf8),
            realm: Array("pbx".utf8),
            password: Array("secret".utf8),
            nonce: Array(nonce.utf8),
            method: message.copy(of: message.methodRange),
            uri: try #require(answer["uri"]),
            quality: (try #require(answer["nc"]), try #require(answer["cnonce"]))
        )
        #expect(answer["response"] == expected)
    }

    @Test(
        "An INVITE comes again with the answer to 401 or 407; ACK and later requests carry it at once",
        arguments: [
            (UInt16(401), HeaderName.wwwAuthenticate, HeaderName.authorization),
            (407, .proxyAuthenticate, .proxyAuthorization),
        ]
    )
    func invite(status: UInt16, asks: HeaderName, answers: HeaderName) throws {
        let bench = bench()
        let (leg, invite) = try bench.inviting()
        try bench.respond(status, to: invite, headers: [(asks, challenge("n1"))])
        let sent = bench.takeMessages()
        #expect(sent.map(UserAgentBench.name) == ["ACK", "INVITE"])
        let second = try #require(sent.last)
        #expect(second.cseq.number == 2)
        #expect(second.copy(of: second.callID) == invite.copy(of: invite.callID))
        #expect(second.fromTag == invite.fromTag)
        #expect(second.copy(of: second.body) == invite.copy(of: invite.body))
        try verify(second, answers, nonce: "n1", count: 1)
        try bench.respond(200, to: second, body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        let ack = try #require(bench.takeMessages().last)
        #expect(ack.first(answers).map(ack.text(of:)) == second.first(answers).map(second.text(of:)))
        #expect(ack.cseq.number == 2)
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        try verify(try #require(bench.takeMessages().last), answers, nonce: "n1", count: 2)
        #expect(bench.takeEvents() == ["answered"])
    }

    @Test("A wrong password is tried once; a nonce that is only too old is answered with the new one")
    func wrongAndStale() throws {
        let wrong = bench()
        let invite = try wrong.inviting().invite
        try wrong.respond(401, to: invite, headers: [(.wwwAuthenticate, challenge("n1"))])
        try wrong.respond(
            401,
            to: try #require(wrong.takeMessages().last),
            headers: [(.wwwAuthenticate, challenge("n2"))]
        )
        #expect(wrong.take() == ["ACK"])
        #expect(wrong.takeEvents() == ["refused 401", "released"])
        let stale = bench()
        try stale.respond(401, to: try stale.inviting().invite, headers: [(.wwwAuthenticate, challenge("n1"))])
        let second = try #require(stale.takeMessages().last)
        try stale.respond(401, to: second, headers: [(.wwwAuthenticate, challenge("n2", stale: true))])
        try verify(try #require(stale.takeMessages().last), nonce: "n2", count: 1)
    }

    @Test("Without a password for the realm, a challenge is a refusal; of several algorithms the first is taken")
    func noPassword() throws {
        let other = bench(realm: "elsewhere")
        try other.respond(401, to: try other.inviting().invite, headers: [(.wwwAuthenticate, challenge("n1"))])
        #expect(other.takeEvents() == ["refused 401", "released"])
        let any = bench(realm: "*")
        let both = [
            (HeaderName.wwwAuthenticate, challenge("a", algorithm: "SHA-512-256")),
            (.wwwAuthenticate, challenge("b", algorithm: "SHA-256")), (.wwwAuthenticate, challenge("c")),
        ]
        try any.respond(401, to: try any.inviting().invite, headers: both)
        try verify(try #require(any.takeMessages().last), nonce: "b", count: 1)
    }

    @Test("BYE, OPTIONS, UPDATE and re-INVITE are answered for as well")
    func inDialog() throws {
        let bench = bench()
        bench.agent.policy = LegPolicy(keepAlive: 10_000, sessionExpires: 0)
        let (leg, _) = try bench.answered()
        bench.perform { $0.keepAlive(leg, now: $1) }
        bench.advance(by: 10_000)
        let options = try #require(bench.takeMessages().last)
        try bench.respond(407, to: options, headers: [(.proxyAuthenticate, challenge("n1"))])
        let second = try #require(bench.takeMessages().last)
        try verify(second, .proxyAuthorization, nonce: "n1", count: 1)
        try bench.respond(200, to: second)
        _ = try bench.reinvite(leg, port: 4_567)
        let reinvite = try #require(bench.takeMessages().last)
        try verify(reinvite, .proxyAuthorization, nonce: "n1", count: 2)
        try bench.respond(407, to: reinvite, headers: [(.proxyAuthenticate, challenge("n2", stale: true))])
        let again = try #require(bench.takeMessages().last)
        try verify(again, .proxyAuthorization, nonce: "n2", count: 1)
        try bench.respond(200, to: again, body: UserAgentBench.body(version: 2))
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        let bye = try #require(bench.takeMessages().last)
        try bench.respond(407, to: bye, headers: [(.proxyAuthenticate, challenge("n3", stale: true))])
        let lastBye = try #require(bench.takeMessages().last)
        try verify(lastBye, .proxyAuthorization, nonce: "n3", count: 1)
        try bench.respond(200, to: lastBye)
        #expect(bench.takeEvents() == ["modified", "released"])
    }
}
