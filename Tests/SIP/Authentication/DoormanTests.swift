import Testing

@testable import SIP

@Suite("Callers who are challenged (RFC 3261 section 22.1, RFC 7616, RFC 8760)")
struct DoormanTests {
    private let users = [Doorman.User(username: "branch", password: "secret")]

    private func invite(_ authorization: String? = nil, uri: String = "sip:help@192.0.2.1") throws -> Message {
        let lines =
            [
                "INVITE \(uri) SIP/2.0", "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1",
                "From: <sip:branch@example.com>;tag=1", "To: <sip:help@192.0.2.1>", "Call-ID: 1", "CSeq: 1 INVITE",
            ]
            + (authorization.map { ["Authorization: \($0)"] } ?? []) + ["Content-Length: 0", "", ""]
        return try parsed(lines.joined(separator: "\n"))
    }

    /// What a phone answers to the challenge with this algorithm.
    private func answer(
        _ challenge: [UInt8],
        username: String = "branch",
        password: String = "secret",
        count: Int = 1,
        uri: String = "sip:help@192.0.2.1"
    ) throws -> String {
        let parameters = try #require(DigestParameters(challenge[...]))
        let (realm, nonce) = (try #require(parameters["realm"]), try #require(parameters["nonce"]))
        let algorithm = try #require(parameters.algorithm)
        let nc = "0000000\(count)"
        let response = DigestHashes.forTests.response(
            algorithm,
            username: Array(username.utf8),
            realm: realm,
            password: Array(password.utf8),
            nonce: nonce,
            method: Array("INVITE".utf8),
            uri: Array(uri.utf8),
            quality: (Array(nc.utf8), Array("xyz".utf8))
        )
        return "Digest username=\"\(username)\", realm=\"\(text(realm))\", nonce=\"\(text(nonce))\", uri=\"\(uri)\", "
            + "response=\"\(text(response))\", algorithm=\(algorithm.name), qop=auth, nc=\(nc), cnonce=\"xyz\""
    }

    private func doorman(_ secret: UInt64 = 1) -> Doorman { Doorman(hashes: .forTests, secret: (secret, 2)) }

    private func verdict(_ doorman: inout Doorman, _ authorization: String?, at now: Milliseconds = 1_000) throws
        -> Doorman.Verdict
    {
        doorman.verdict(on: try invite(authorization), realm: "centre", users: users, now: now)
    }

    @Test("Who knows the password is admitted, by SHA-256 and by MD5")
    func admitted() throws {
        var doorman = doorman()
        #expect(try verdict(&doorman, nil) == .challenged(isStale: false))
        let challenges = doorman.challenges(realm: "centre", isStale: false, now: 1_000)
        #expect(challenges.map { DigestParameters($0[...])?.algorithm } == [.sha256, .md5])
        for (count, challenge) in challenges.enumerated() {
            #expect(try verdict(&doorman, try answer(challenge, count: count + 1)) == .admitted)
        }
    }

    @Test("A wrong password, an unknown name and an answer for another request are refused")
    func refused() throws {
        var doorman = doorman()
        let challenge = try #require(doorman.challenges(realm: "centre", isStale: false, now: 1_000).last)
        #expect(try verdict(&doorman, try answer(challenge, password: "guess")) == .refused)
        #expect(try verdict(&doorman, try answer(challenge, username: "nobody", password: "")) == .refused)
        #expect(try verdict(&doorman, try answer(challenge, uri: "sip:other@192.0.2.1")) == .refused)
        #expect(try verdict(&doorman, "Digest realm=\"centre\", username=\"branch\"") == .refused)
    }

    @Test("An answer counts once, and only for as long as its nonce")
    func replay() throws {
        var doorman = doorman()
        let challenge = try #require(doorman.challenges(realm: "centre", isStale: false, now: 1_000).last)
        let first = try answer(challenge)
        #expect(try verdict(&doorman, first) == .admitted)
        #expect(try verdict(&doorman, first) == .refused)
        #expect(try verdict(&doorman, try answer(challenge, count: 2)) == .admitted)
        #expect(try verdict(&doorman, try answer(challenge, count: 3), at: 302_000) == .challenged(isStale: true))
    }

    @Test("Two who are challenged at the same moment do not use up each other's nonce")
    func sameMoment() throws {
        var doorman = doorman()
        let challenges = (0..<2).compactMap { _ in
            doorman.challenges(realm: "centre", isStale: false, now: 1_000).last
        }
        for challenge in challenges { #expect(try verdict(&doorman, try answer(challenge)) == .admitted) }
        #expect(Set(challenges).count == 2)
    }

    @Test("A nonce that is not ours is answered with one that is; another realm is not looked at")
    func strangeNonce() throws {
        var doorman = doorman()
        var other = self.doorman(9)
        let foreign = try #require(other.challenges(realm: "centre", isStale: false, now: 1_000).last)
        #expect(try verdict(&doorman, try answer(foreign)) == .challenged(isStale: false))
        let elsewhere = try #require(doorman.challenges(realm: "pbx", isStale: false, now: 1_000).last)
        #expect(try verdict(&doorman, try answer(elsewhere)) == .challenged(isStale: false))
    }
}
