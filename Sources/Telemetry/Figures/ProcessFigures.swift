package import CallCenter

/// What the daemon knows of itself, the SIP stack and its stores. Counters are since the start of the process.
package struct ProcessFigures: Sendable, Equatable {
    /// Of the daemon, such as `0.1.0`.
    package var version = ""
    /// When the process started: milliseconds since 1970, UTC.
    package var startedAt: Milliseconds = 0
    /// How late the call loop comes to what is due.
    package var loopDelay = DelayHistogram()
    package var signalling = Signalling()
    package var admission = Admission()
    package var datagrams = Datagrams()
    package var streams = Streams()
    package var store = Store()
    package var snmp = SNMP()
    package var turnedAway = TurnedAway()
    /// Announcements and hold music that could not be had.
    package var mediaFailures: UInt64 = 0
    /// Pairs of sides that were not joined since one has RTP only and the other SRTP only.
    package var protectionMismatches: UInt64 = 0

    package init() {}

    /// SIP messages and machines (RFC 3261).
    package struct Signalling: Sendable, Equatable {
        /// Without retransmissions, a name for each method; the names must come from a fixed list.
        package var requestsReceived: [NamedCount] = []
        package var requestsSent: [NamedCount] = []
        /// Without retransmissions, a name for each class: `1xx` to `6xx`.
        package var responsesReceived: [NamedCount] = []
        package var responsesSent: [NamedCount] = []
        package var retransmissionsReceived: UInt64 = 0
        package var retransmissionsSent: UInt64 = 0
        /// Client transactions without a final response in time.
        package var timeouts: UInt64 = 0
        package var transactions = 0
        package var dialogs = 0
        /// Datagrams that are no SIP message.
        package var parseErrors: UInt64 = 0

        package init() {}
    }

    /// What became of initial INVITEs before they were calls.
    package struct Admission: Sendable, Equatable {
        /// From a source that is not trusted.
        package var untrusted: UInt64 = 0
        /// At the bound of calls or transactions.
        package var overloaded: UInt64 = 0
        /// New calls are refused since there is too much to do.
        package var isOverloaded = false
        /// How often that has begun.
        package var overloads: UInt64 = 0
        /// Requests and datagrams beyond what their source may send.
        package var flooding: UInt64 = 0
        /// Requests of strangers that were answered with 401.
        package var challenged: UInt64 = 0
        /// Outcomes of `cc_handle_call`, named by their code: `1` (accepted), `-1` to `-5`.
        package var outcomes: [NamedCount] = []

        package init() {}
    }

    /// SIP over UDP.
    package struct Datagrams: Sendable, Equatable {
        package var received: UInt64 = 0
        package var sent: UInt64 = 0
        /// Not to be sent.
        package var dropped: UInt64 = 0
        /// Thrown away by the kernel, the receive buffer being full.
        package var overrun: UInt64 = 0

        package init() {}
    }

    /// SIP connections over TCP and TLS.
    package struct Streams: Sendable, Equatable {
        package var connections = 0
        package var accepted: UInt64 = 0
        package var connected: UInt64 = 0
        package var connectFailures: UInt64 = 0
        package var handshakeFailures: UInt64 = 0
        /// Not taken or not made since there were too many.
        package var refused: UInt64 = 0
        /// Closed for what they carried.
        package var broken: UInt64 = 0
        /// Closed since nothing came, or a message took too long.
        package var expired: UInt64 = 0
        /// Closed since the peer did not read.
        package var congested: UInt64 = 0
        /// Messages.
        package var received: UInt64 = 0
        package var sent: UInt64 = 0
        package var dropped: UInt64 = 0

        package init() {}
    }

    /// Connections of management for which there was no room, refused or closed.
    package struct TurnedAway: Sendable, Equatable {
        package var http: UInt64 = 0
        /// Of the management socket.
        package var socket: UInt64 = 0

        package init() {}
    }

    /// The AgentX subagent.
    package struct SNMP: Sendable, Equatable {
        /// Whether the SNMP master agent has taken us.
        package var isConnected = false
        /// Attempts to reach the master agent that came to nothing.
        package var connectFailures: UInt64 = 0
        /// Variables that were asked for.
        package var requests: UInt64 = 0
        package var notifications = NotificationCounters()

        package init() {}
    }

    /// Writers to the databases.
    package struct Store: Sendable, Equatable {
        /// Records that wait to be written.
        package var backlog = 0
        package var recordsWritten: UInt64 = 0
        /// Records that no database will ever have, because the journal had no room for them.
        package var recordsLost: UInt64 = 0
        /// Records that their database refused for what is in them.
        package var recordsRefused: UInt64 = 0
        /// The last batch of records was written; false: the database is away.
        package var isWriting = true
        /// Of the disk that the journal takes.
        package var journalBytes = 0
        /// Entries of the journal that damage has taken.
        package var journalDamaged: UInt64 = 0
        /// The journal cannot write to the disk, or get room on it.
        package var isJournalFailing = false
        /// Flows and agents are those of the last successful reading, because the present one failed.
        package var isProvisioningStale = false
        /// There are none: not even an earlier reading is to be had. Then `isProvisioningStale` as well.
        package var isProvisioningMissing = false

        package init() {}
    }
}

/// A counter of a group and the name that tells it from the others: the value of a label, so from a bounded list.
package struct NamedCount: Sendable, Equatable {
    package var name: String
    package var count: UInt64

    package init(_ name: String, _ count: UInt64) {
        self.name = name
        self.count = count
    }
}
