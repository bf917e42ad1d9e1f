import Crypto
import SIP

extension DigestHashes {
    /// Those of swift-crypto.
    static let swiftCrypto = DigestHashes(
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
