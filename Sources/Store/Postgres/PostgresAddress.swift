import CPostgres

/// Where a PostgreSQL server is: a URL as libpq takes it, with several hosts and parameters such as `sslmode` if wished.
package struct PostgresAddress: Sendable, Equatable {
    /// The URL. May hold a password: never to be shown.
    let url: String
    /// The same for people: `postgres://host:port/database`.
    let name: String

    /// Lets libpq read the URL; connects to nothing.
    ///
    /// The text itself is never part of the error: it may hold a password.
    init(_ url: String) throws(StoreError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            defer { PQfreemem(message) }
            let reason = message.map { Self.withoutQuotes(String(cString: $0)) } ?? "out of memory"
            throw StoreError(.address, "is no PostgreSQL address: \(reason); expected postgres://user@host/database")
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.url = url
        let hosts = (values["host"] ?? values["hostaddr"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
        let ports = (values["port"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
        let places = hosts.enumerated().map { index, host -> String in
            let port = index < ports.count ? ports[index] : ports.last ?? ""
            return port.isEmpty ? String(host) : "\(host):\(port)"
        }
        name = "postgres://\(places.joined(separator: ","))/\(values["dbname"] ?? "")"
    }

    /// What libpq quotes may be, or hold, the password.
    private static func withoutQuotes(_ message: String) -> String {
        let line = message.replacing("\n", with: "")
        // From the first quote to the last: there may be one in the password.
        guard let first = line.firstIndex(of: "\""), let last = line.lastIndex(of: "\""), first < last else {
            return line
        }
        return "\(line[..<first])\"…\"\(line[line.index(after: last)...])"
    }
}
