/// When two URIs mean the same (RFC 3261 section 19.1.4).
extension URI {
    /// Whether both lead to the same resource. Unlike `==`, which compares bytes, this ignores the case of scheme, host and
    /// parameters, the order of parameters and headers, and escapes that need not be there.
    package func isEquivalent(to other: URI) -> Bool {
        guard scheme == other.scheme, scheme != .other else { return bytes == other.bytes }
        if scheme == .tel { return isEquivalentNumber(to: other) }
        // A URI without a port, or without a user, is another than one with it, even if that is the default.
        guard user == other.user, password == other.password, port == other.port else { return false }
        guard isSameHost(as: other) else { return false }
        let (mine, theirs) = (parameterList, other.parameterList)
        for parameter in mine {
            // One of a name is what the RFC allows; where there are more, all count.
            let counterparts = theirs.filter { $0.name == parameter.name }
            if !counterparts.isEmpty {
                guard counterparts == mine.filter({ $0.name == parameter.name }) else { return false }
            } else if Self.mustMatch.contains(parameter.name) {
                return false
            }
        }
        for parameter in theirs where Self.mustMatch.contains(parameter.name) {
            guard mine.contains(where: { $0.name == parameter.name }) else { return false }
        }
        return headerList == other.headerList
    }

    private var password: [UInt8]? { parts.password.map { unescaped(bytes[$0]) } }

    private func isSameHost(as other: URI) -> Bool {
        if let address = hostAddress { return address == other.hostAddress }
        return equalIgnoringCase(host, other.host)
    }

    /// Numbers without their visual separators (RFC 3966 section 5).
    private func isEquivalentNumber(to other: URI) -> Bool {
        func digits(_ uri: URI) -> [UInt8] {
            (uri.user ?? []).filter { !"-.()".utf8.contains($0) }.map(\.lowercased)
        }
        return digits(self) == digits(other)
            && parameterList.sorted(by: Self.order) == other.parameterList.sorted(by: Self.order)
    }

    private struct Part: Equatable {
        var name: [UInt8]
        var value: [UInt8]
    }

    /// A parameter that only one of two URIs has makes them differ if it is one of these.
    private static let mustMatch: [[UInt8]] = ["user", "ttl", "method", "maddr", "transport"].map { Array($0.utf8) }

    private static func order(_ a: Part, _ b: Part) -> Bool { a.name.lexicographicallyPrecedes(b.name) }

    /// Whether a parameter is there twice, which RFC 3261 section 19.1.1 forbids: one reader would take the first, the next one the last.
    package var repeatsParameter: Bool {
        let names = parameterList.map(\.name)
        return Set(names).count < names.count
    }

    private var parameterList: [Part] { Self.list(bytes[parts.parameters], separator: UInt8(ascii: ";")) }

    /// All headers count, in whatever order.
    private var headerList: [Part] {
        Self.list(bytes[parts.headers], separator: UInt8(ascii: "&")).sorted(by: Self.order)
    }

    /// Names and values without escapes, in small letters.
    private static func list(_ text: ArraySlice<UInt8>, separator: UInt8) -> [Part] {
        text.split(separator: separator).map { item in
            let name = item.prefix { $0 != UInt8(ascii: "=") }
            return Part(
                name: unescaped(name).map(\.lowercased),
                value: unescaped(item.dropFirst(name.count + 1)).map(\.lowercased)
            )
        }
    }
}
