import Crypto
import CallCenter
import Exchange
import SIP
import Testing

@Suite("Strangers who may come in with a password (RFC 3261 section 22)")
struct ChallengeTests {
    @Test("A stranger's INVITE gets 401 with challenges in both algorithms, and no memory; the wrong answer 403")
    func challenged() throws {
        let town = Town(hashes: .forTests) {
            $0.trusted = []
            $0.untrusted = .challenge
            $0.realm = "centre"
            $0.users = [Doorman.User(username: "branch", password: "secret")]
        }
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        let refusal = try #require(town.caller.received.last)
        #expect(refusal.status == 401)
        let challenges = refusal.values(of: .wwwAuthenticate).map { refusal.text(of: $0) }
        #expect(challenges.count == 2)
        #expect(challenges.allSatisfy { $0.contains("realm=\"centre\"") })
        let transactions = town.bench.exchange.transactionsAlive
        #expect(transactions == 0)
        let wrong =
            "Authorization: Digest username=\"branch\", realm=\"centre\", nonce=\"0\", uri=\"sip:support@127.0.0.1:5060\""
        town.caller.invite("support", sdp: town.caller.sdp(), extra: [wrong])
        town.bench.run()
        #expect(town.caller.log.last == "403 invite")
    }

    @Test("One who answers it is a caller like any other, until the end of his call")
    func admitted() throws {
        let town = Town(hashes: .forTests) {
            $0.trusted = []
            $0.untrusted = .challenge
            $0.users = [Doorman.User(username: "branch", password: "secret")]
        }
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        let refusal = try #require(town.caller.received.last)
        let challenge = try #require(refusal.values(of: .wwwAuthenticate).map { refusal.text(of: $0) }.last)
        let nonce = try #require(challenge.split(separator: "nonce=\"").last?.prefix { $0 != "\"" })
        func md5(_ text: String) -> String {
            DigestHashes.forTests.md5(Array(text.utf8))
                .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                .joined()
        }
        let uri = "sip:support@127.0.0.1:5060"
        let response = md5("\(md5("branch:callcenterd:secret")):\(nonce):00000001:c:auth:\(md5("INVITE:\(uri)"))")
        let call = town.caller.invite(
            "support",
            sdp: town.caller.sdp(),
            extra: [
                "Authorization: Digest username=\"branch\", realm=\"callcenterd\", nonce=\"\(nonce)\", uri=\"\(uri)\", "
                    + "response=\"\(response)\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c\"",
                "P-Asserted-Identity: <sip:boss@example.com>", "Privacy: id",
            ]
        )
        town.bench.run(for: 3_000)
        #expect(town.anna.invited("P-Asserted-Identity") == nil, "his word does not count for that (RFC 3325)")
        #expect(town.caller.log.contains("200 invite sdp=anna"))
        // A password does not make him one whose word on who calls is passed on (RFC 3325 section 5).
        #expect(town.anna.invited("P-Asserted-Identity") == nil)
        #expect(town.anna.invited("Privacy") == "id")
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.caller.log.last == "200 bye")
        #expect(town.leftoversAtTheEnd() == [])
    }
}

extension DigestHashes {
    fileprivate static let forTests = DigestHashes(
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
