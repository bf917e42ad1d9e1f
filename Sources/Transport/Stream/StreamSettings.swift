package import SIP

/// Bounds and times of the connections of a `StreamTransport`.
package struct StreamSettings: Sendable, Equatable {
    /// Connections at once, both directions together.
    package var maximumConnections = 10_000
    /// Connections at once from one trusted address, or from one network of strangers: a quarter of all, so that no single peer
    /// takes them all.
    package var maximumFromOneAddress: Int { max(1, maximumConnections / 4) }
    /// Connections that strangers make, together: half of all.
    package var maximumFromStrangers: Int { max(1, maximumConnections / 2) }
    /// Connections that peers make, together. The rest is for those that we make: whoever calls us must not keep us from calling.
    package var maximumAccepted: Int { max(1, maximumConnections - maximumConnections / 4) }
    /// One that carries no message and no ping for so long is closed.
    package var idleTimeout: Milliseconds = 600_000
    /// Time to establish a connection.
    package var connectTimeout: Milliseconds = 4_000
    /// Time for TLS to shake hands on it, whoever has made it.
    package var handshakeTimeout: Milliseconds = 8_000
    /// Time for a whole message, and for the first one of a connection that a peer makes.
    package var messageTimeout: Milliseconds = 32_000
    /// Pings on connections that we made: within the 95 to 120 s of RFC 5626 section 4.4.1.
    package var pingInterval: Milliseconds = 100_000
    /// A peer who has answered pings before, and lets one wait for so long, is gone (RFC 5626 section 4.4.1).
    package var pongTimeout: Milliseconds = 10_000

    package init() {}
}

/// Who of those that connect is known. May change while connections are alive.
package struct StreamTrust: Sendable, Equatable {
    /// All others are strangers, who share what there is for them.
    package var networks: [IPNetwork]
    /// What strangers send that cannot be read is not answered.
    package var isSilentToStrangers: Bool

    package init(networks: [IPNetwork] = [], isSilentToStrangers: Bool = false) {
        self.networks = networks
        self.isSilentToStrangers = isSilentToStrangers
    }

    func isTrusted(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }
}

/// What happened on streams since they were opened, all listeners together.
package struct StreamCounters: Sendable, Equatable {
    /// Connections alive.
    package var connections = 0
    package var accepted: UInt64 = 0
    package var connected: UInt64 = 0
    /// Connections that could not be made, or were lost before they were.
    package var connectFailures: UInt64 = 0
    /// Connections on which TLS failed, took too long, or showed that the peer is somebody else.
    package var handshakeFailures: UInt64 = 0
    /// Connections not taken or not made since there were too many.
    package var refused: UInt64 = 0
    /// Connections closed for what they carried: no message boundaries, or a message that is too large.
    package var broken: UInt64 = 0
    /// Connections closed since nothing came, or a message took too long.
    package var expired: UInt64 = 0
    /// Connections closed since the peer did not read.
    package var congested: UInt64 = 0
    /// Messages.
    package var received: UInt64 = 0
    package var sent: UInt64 = 0
    /// Messages that could not be sent.
    package var dropped: UInt64 = 0

    package init() {}
}
