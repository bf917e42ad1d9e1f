/// Answers to 401 and 407 (RFC 3261 section 22): requests of ours come again with what proves that we know the password, and
/// those that follow on the leg carry it at once.
extension UserAgent {
    /// The header fields that answer the challenges which the leg has met.
    mutating func authorization(for method: Method, on leg: Leg) -> [Leg.Field] {
        guard let hashes = configuration.hashes else { return [] }
        var fields: [Leg.Field] = []
        for index in leg.challenges.indices {
            leg.challenges[index].count += 1
            let known = leg.challenges[index]
            let challenge = known.challenge
            let uri = leg.dialog.requestURI
            var count: [UInt8] = []
            Token.append(UInt64(known.count), to: &count)
            count = Array(count.suffix(8))
            var clientNonce: [UInt8] = []
            Token.append(random.next(), to: &clientNonce)
            let username = Array(known.credential.username.utf8)
            let response = hashes.response(
                challenge.algorithm,
                username: username,
                realm: challenge.realm,
                password: Array(known.credential.password.utf8),
                nonce: challenge.nonce,
                method: [UInt8](method.token),
                uri: uri,
                quality: challenge.hasQuality ? (count, clientNonce) : nil
            )
            var writer = MessageWriter(capacity: 320)
            writer.append("Digest ")
            writer.append("username", quoted: username)
            writer.append(", ")
            writer.append("realm", quoted: challenge.realm)
            writer.append(", ")
            writer.append("nonce", quoted: challenge.nonce)
            writer.append(", ")
            writer.append("uri", quoted: uri)
            writer.append(", ")
            writer.append("response", quoted: response)
            if challenge.namesAlgorithm {
                writer.append(", algorithm=")
                writer.append(challenge.algorithm.name)
            }
            if challenge.hasQuality {
                writer.append(", ")
                writer.append("cnonce", quoted: clientNonce)
                writer.append(", qop=auth, nc=")
                writer.append(count)
            }
            if let opaque = challenge.opaque {
                writer.append(", ")
                writer.append("opaque", quoted: opaque)
            }
            fields.append(
                Leg.Field(name: challenge.isProxy ? .proxyAuthorization : .authorization, value: writer.bytes)
            )
        }
        return fields
    }

    /// Takes the challenges of a refusal. True if it makes sense to send the request again: there is one that we have a password
    /// for and have not answered in vain.
    ///
    /// - Parameter attempts: how often this request has been sent again for a challenge already.
    mutating func learn(from response: Message?, status: Int, attempts: Int, of leg: Leg) -> Bool {
        // Another of the servers that a name leads to may be in service (RFC 3263 section 4.3).
        if status == 503, attempts < Leg.maximumAttempts, let place = leg.dialog.located?.target,
            leave(place, of: leg.id)
        {
            return true
        }
        guard status == 401 || status == 407, attempts < Leg.maximumAttempts, let response,
            configuration.hashes != nil, !credentials.isEmpty
        else { return false }
        var hasLearnt = false
        var realms: [[UInt8]] = []
        for (name, isProxy) in [(HeaderName.wwwAuthenticate, false), (.proxyAuthenticate, true)] {
            for value in response.values(of: name) {
                // Of several algorithms for one realm, the server's first that we have (RFC 8760 section 2.4).
                guard let challenge = DigestChallenge(response.bytes(of: value), isProxy: isProxy),
                    !realms.contains(challenge.realm), let credential = credential(for: challenge.realm)
                else { continue }
                realms.append(challenge.realm)
                let known = leg.challenges.firstIndex {
                    $0.challenge.realm == challenge.realm && $0.challenge.isProxy == isProxy
                }
                if let known {
                    let old = leg.challenges[known].challenge
                    // What we have just answered comes again: the password is wrong.
                    guard challenge.nonce != old.nonce, attempts == 0 || challenge.isStale else { continue }
                    leg.challenges[known] = Leg.Challenge(challenge: challenge, credential: credential)
                } else if leg.challenges.count < Leg.maximumChallenges {
                    leg.challenges.append(Leg.Challenge(challenge: challenge, credential: credential))
                } else {
                    continue
                }
                hasLearnt = true
            }
        }
        return hasLearnt
    }

    private func credential(for realm: [UInt8]) -> Credential? {
        credentials.first { $0.realm.utf8.elementsEqual(realm) } ?? credentials.first { $0.realm == "*" }
    }
}

extension Leg {
    /// A challenge that requests of the leg answer.
    struct Challenge {
        let challenge: DigestChallenge
        let credential: Credential
        /// How often it has been answered: the nonce count.
        var count: UInt32 = 0
    }

    /// Realms on the way of one leg that are answered.
    static let maximumChallenges = 4
    /// How often one request is sent again since it was challenged: a proxy and the peer, and a nonce that was too old.
    static let maximumAttempts = 4
}
