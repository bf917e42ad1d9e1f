/// Challenges callers and looks at their answers (RFC 3261 section 22, RFC 7616, RFC 8760). A challenge costs no memory: the nonce
/// says when it was made, and only we can make one.
package struct Doorman: Sendable {
    /// A caller who may come in with his password.
    package struct User: Sendable, Equatable {
        package var username: String
        package var password: String

        package init(username: String, password: String) {
            self.username = username
            self.password = password
        }
    }

    package enum Verdict: Equatable, Sendable {
        case admitted
        /// He is to answer the challenge, for `isStale` with the password that he has used already.
        case challenged(isStale: Bool)
        /// Name or password are wrong, or the answer has been used before.
        case refused
    }

    private let hashes: DigestHashes
    /// Only we know it.
    private let secret: [UInt8]
    /// The highest nonce count of each nonce that was used: an answer counts once.
    private var used: [[UInt8]: UInt32] = [:]
    /// Nonces of before are too old, whatever their age.
    private var oldest: Milliseconds = .min
    /// Tells nonces of the same moment apart: two callers who had one in common would both use it for the first time.
    private var made: UInt64 = 0

    /// How long an answer to a nonce is taken.
    static let lifetime: Milliseconds = 300_000
    /// Nonces in use at once; beyond, all are declared too old.
    static let maximumNonces = 20_000

    package init(hashes: DigestHashes, secret: (UInt64, UInt64)) {
        self.hashes = hashes
        var text: [UInt8] = []
        Token.append(secret.0, to: &text)
        Token.append(secret.1, to: &text)
        self.secret = text
    }

    /// The values of WWW-Authenticate, the better algorithm first.
    package mutating func challenges(realm: String, isStale: Bool, now: Milliseconds) -> [[UInt8]] {
        made &+= 1
        let nonce = nonce(number: made, at: now)
        return DigestAlgorithm.allCases.map { algorithm in
            var writer = MessageWriter(capacity: 200)
            writer.append("Digest ")
            writer.append("realm", quoted: Array(realm.utf8))
            writer.append(", ")
            writer.append("nonce", quoted: nonce)
            writer.append(", qop=\"auth\", algorithm=")
            writer.append(algorithm.name)
            if isStale { writer.append(", stale=true") }
            return writer.bytes
        }
    }

    /// Looks at the Authorization of a request.
    package mutating func verdict(
        on request: Message,
        realm: String,
        users: [User],
        now: Milliseconds
    ) -> Verdict {
        var answer: DigestParameters?
        for value in request.values(of: .authorization) {
            guard let parameters = DigestParameters(request.bytes(of: value)),
                parameters["realm"]?.elementsEqual(realm.utf8) == true
            else { continue }
            answer = parameters
            break
        }
        guard let answer else { return .challenged(isStale: false) }
        guard let algorithm = answer.algorithm, let username = answer["username"], let nonce = answer["nonce"],
            let response = answer["response"], let uri = answer["uri"], let count = answer["nc"],
            let clientNonce = answer["cnonce"], answer["qop"].map({ spells($0[...], "auth") }) == true,
            let number = count.span.hexadecimal, isMeant(uri, for: request)
        else { return .refused }
        guard let made = time(of: nonce) else { return .challenged(isStale: false) }
        // The password is looked at first: whether a nonce is too old is the business of those who know one.
        let password = users.first { $0.username.utf8.elementsEqual(username) }?.password
        let expected = hashes.response(
            algorithm,
            username: username,
            realm: Array(realm.utf8),
            password: Array((password ?? "").utf8),
            nonce: nonce,
            method: request.copy(of: request.methodRange),
            uri: uri,
            quality: (count, clientNonce)
        )
        guard isSame(expected, response), password != nil else { return .refused }
        guard made > oldest, now - made < Self.lifetime, made <= now else { return .challenged(isStale: true) }
        guard number > used[nonce] ?? 0 else { return .refused }
        if used.count >= Self.maximumNonces {
            used.removeAll(keepingCapacity: true)
            oldest = now
            return .challenged(isStale: true)
        }
        used[nonce] = number
        return .admitted
    }

    /// The URI of the answer is the Request-URI, as proxies may have written it differently.
    private func isMeant(_ uri: [UInt8], for request: Message) -> Bool {
        guard let range = request.requestURI, let asked = try? URI(parsing: request.copy(of: range)),
            let answered = try? URI(parsing: uri)
        else { return false }
        return asked.isEquivalent(to: answered) || asked.user == answered.user
    }

    /// Time of its making, its number, and a hash that only we can make.
    private func nonce(number: UInt64, at time: Milliseconds) -> [UInt8] {
        var text: [UInt8] = []
        Token.append(UInt64(bitPattern: time), to: &text)
        Token.append(number, to: &text)
        return text + seal(text)
    }

    private func time(of nonce: [UInt8]) -> Milliseconds? {
        guard nonce.count == 64, isSame(Array(nonce[32...]), seal(Array(nonce[..<32]))) else { return nil }
        let digits = Array(nonce[..<16])
        return digits.span.hexadecimalWord.map { Milliseconds(bitPattern: $0) }
    }

    private func seal(_ text: [UInt8]) -> [UInt8] {
        Array(hashes.digits(.sha256, secret + text + secret).prefix(32))
    }

    /// Takes as long whatever differs.
    private func isSame(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for (x, y) in zip(a, b) { difference |= x ^ y }
        return difference == 0
    }
}

extension Span where Element == UInt8 {
    /// Up to eight hexadecimal digits as a number.
    fileprivate var hexadecimal: UInt32? {
        guard 1...8 ~= count else { return nil }
        return hexadecimalWord.map { UInt32(truncatingIfNeeded: $0) }
    }

    /// Up to sixteen hexadecimal digits as a number.
    fileprivate var hexadecimalWord: UInt64? {
        guard 1...16 ~= count else { return nil }
        var word: UInt64 = 0
        for offset in 0..<count {
            guard let digit = at(offset).hexadecimalValue else { return nil }
            word = word << 4 | UInt64(digit)
        }
        return word
    }
}
