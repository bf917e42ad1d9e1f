/// What is kept of an agent's log-in, so that it outlives the process: one row of `cc_agent_state`.
package struct AgentLogin: Sendable, Equatable {
    package var agentID: String
    package var isLoggedIn: Bool
    /// `logstate` of his row when that was so. If the row now says something else, the row decides.
    package var rowSays: Bool
    /// Since when: milliseconds since 1970, UTC.
    package var since: Milliseconds

    package init(agentID: String, isLoggedIn: Bool, rowSays: Bool, since: Milliseconds) {
        self.agentID = agentID
        self.isLoggedIn = isLoggedIn
        self.rowSays = rowSays
        self.since = since
    }
}

extension AgentLogin {
    private static let version: UInt8 = 1

    /// As the journal keeps it.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.version)
        writer.write(agentID)
        writer.write(UInt8(isLoggedIn ? 1 : 0))
        writer.write(UInt8(rowSays ? 1 : 0))
        writer.write(since)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(ByteReader.Malformed) {
        var reader = ByteReader(encoded)
        guard try reader.number(UInt8.self) >= Self.version else { throw ByteReader.Malformed() }
        self.init(
            agentID: try reader.text(),
            isLoggedIn: try reader.number(UInt8.self) != 0,
            rowSays: try reader.number(UInt8.self) != 0,
            since: try reader.number()
        )
    }
}
