/// The hash functions that digest authentication needs, from the program around us: this target computes none itself.
package struct DigestHashes: Sendable {
    package var md5: @Sendable ([UInt8]) -> [UInt8]
    package var sha256: @Sendable ([UInt8]) -> [UInt8]

    package init(
        md5: @escaping @Sendable ([UInt8]) -> [UInt8],
        sha256: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) {
        self.md5 = md5
        self.sha256 = sha256
    }

    /// The hash as lower-case hexadecimal digits.
    func digits(_ algorithm: DigestAlgorithm, _ text: [UInt8]) -> [UInt8] {
        let hash = algorithm == .md5 ? md5(text) : sha256(text)
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * hash.count)
        for byte in hash {
            for nibble in [byte >> 4, byte & 15] {
                digits.append(nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a"))
            }
        }
        return digits
    }

    /// What proves that somebody knows the password (RFC 3261 section 22.4, RFC 8760).
    ///
    /// - Parameter quality: nonce count and client nonce for qop=auth; nil for a server of RFC 2069.
    func response(
        _ algorithm: DigestAlgorithm,
        username: [UInt8],
        realm: [UInt8],
        password: [UInt8],
        nonce: [UInt8],
        method: [UInt8],
        uri: [UInt8],
        quality: (count: [UInt8], clientNonce: [UInt8])?
    ) -> [UInt8] {
        let secret = digits(algorithm, Self.joined(username, realm, password))
        let request = digits(algorithm, Self.joined(method, uri))
        guard let quality else { return digits(algorithm, Self.joined(secret, nonce, request)) }
        return digits(
            algorithm,
            Self.joined(secret, nonce, quality.count, quality.clientNonce, Array("auth".utf8), request)
        )
    }

    private static func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined(separator: [UInt8(ascii: ":")])) }
}

/// The algorithms that we have; RFC 8760 adds SHA-256 to the MD5 of RFC 3261.
package enum DigestAlgorithm: Sendable, Hashable, CaseIterable {
    case sha256, md5

    package var name: StaticString {
        switch self {
        case .md5: "MD5"
        case .sha256: "SHA-256"
        }
    }
}

/// Name and password for servers that challenge us.
package struct Credential: Sendable, Equatable {
    /// The realm that they are for; `*` for any.
    package var realm: String
    package var username: String
    package var password: String

    package init(realm: String, username: String, password: String) {
        self.realm = realm
        self.username = username
        self.password = password
    }
}
