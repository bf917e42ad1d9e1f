import Glibc
import Synchronization

/// The tokens that open HTTP to those who have one, from `http.token_file`.
///
/// One a line: `NAME SCOPE TOKEN`, where the name is for the log, the scope `read` or `control`, and the token at least
/// 16 visible characters. Empty lines and lines that begin with `#` do not count.
package final class TokenStore: Sendable {
    /// Bytes that a token may have.
    private static let lengths = 16...256
    private static let maximumFile = 64 << 10

    private struct Token {
        var name: String
        var scope: Scope
        /// Padded to the longest there may be, so that a comparison takes as long for every token.
        var padded: [UInt8]
        var length: Int
    }

    private let path: String
    private let tokens: Mutex<[Token]>

    /// - Throws: `ManagementError`, naming file, line and what was expected; never a token.
    package init(path: String) throws(ManagementError) {
        self.path = path
        tokens = Mutex(try Self.read(path))
    }

    /// Reads the file again. If it is wrong, the tokens stay as they are.
    package func reload() throws(ManagementError) {
        let read = try Self.read(path)
        tokens.withLock { $0 = read }
    }

    /// Whose token this is; nil if it is nobody's. Every token is compared, and every byte of it: how long it takes
    /// tells nothing.
    package func requester(presenting text: some Sequence<UInt8>) -> Requester? {
        let given = Array(text)
        let padded = Self.padded(given)
        return tokens.withLock { tokens in
            var found: Requester?
            for token in tokens {
                var difference = UInt8(truncatingIfNeeded: token.length ^ given.count)
                difference |= UInt8(truncatingIfNeeded: (token.length ^ given.count) >> 8)
                if given.count > padded.count { difference |= 1 }
                for (one, other) in zip(token.padded, padded) { difference |= one ^ other }
                if difference == 0 { found = .token(name: token.name, token.scope) }
            }
            return found
        }
    }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        let kept = bytes.prefix(lengths.upperBound)
        return kept + [UInt8](repeating: 0, count: lengths.upperBound - kept.count)
    }

    // MARK: - The file

    private static func read(_ path: String) throws(ManagementError) -> [Token] {
        func wrong(_ reason: String) -> ManagementError {
            ManagementError(key: "http.token_file", place: path, reason: reason, trouble: .unusable)
        }
        guard let (content, isOpenToAll) = content(of: path, upTo: maximumFile + 1) else {
            throw wrong("cannot be read; expected a file that this service may read")
        }
        guard content.count <= maximumFile, let text = String(validating: content, as: UTF8.self) else {
            throw wrong("is no text of at most \(maximumFile) bytes")
        }
        guard !isOpenToAll else { throw wrong("can be read by everybody; chmod o= it") }
        var tokens: [Token] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let fields = line.split { $0.isWhitespace }
            guard let first = fields.first, !first.hasPrefix("#") else { continue }
            func wrongLine(_ reason: String) -> ManagementError { wrong("line \(index + 1): \(reason)") }
            guard fields.count == 3 else {
                throw wrongLine("\(fields.count) fields, expected NAME SCOPE TOKEN")
            }
            guard let scope = Scope(rawValue: String(fields[1])) else {
                throw wrongLine("scope is neither read nor control")
            }
            let bytes = Array(fields[2].utf8)
            guard lengths.contains(bytes.count), bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x3B }) else {
                throw wrongLine("a token has 16 to 256 visible ASCII characters, none of them a semicolon")
            }
            guard !tokens.contains(where: { $0.name == first || $0.padded == padded(bytes) }) else {
                throw wrongLine("the name or the token is there already")
            }
            tokens.append(Token(name: String(first), scope: scope, padded: padded(bytes), length: bytes.count))
        }
        guard !tokens.isEmpty else { throw wrong("has no token; expected lines NAME SCOPE TOKEN") }
        return tokens
    }

    /// The first bytes of a file, and whether it is everybody's; nil if it cannot be read.
    private static func content(of path: String, upTo limit: Int) -> (bytes: [UInt8], isOpenToAll: Bool)? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let facts = FileFacts(descriptor: descriptor) else { return nil }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while content.count < limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { break }
            content += chunk[..<count]
        }
        return (content, facts.isOpenToAll)
    }
}
