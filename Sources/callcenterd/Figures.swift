import CallCenter
import Exchange
import Management
import SIP
import Store
import Telemetry
import Transport

extension Snapshot {
    /// What the core, the sockets and the writers have to say, under the names of the catalogue.
    init(
        _ figures: CoreFigures,
        store: CentreStore,
        snmp: ProcessFigures.SNMP,
        turnedAway: TurnedAway,
        started: Milliseconds
    ) {
        var process = ProcessFigures()
        process.version = Version.current
        process.startedAt = started
        process.loopDelay = figures.loopDelay
        process.signalling = ProcessFigures.Signalling(figures)
        process.admission = ProcessFigures.Admission(figures)
        process.datagrams = ProcessFigures.Datagrams(figures.datagrams)
        process.streams = ProcessFigures.Streams(figures.streams)
        process.mediaFailures = figures.exchange.mediaFailures
        process.protectionMismatches = figures.exchange.protectionMismatches
        let written = store.writer.figures
        process.snmp = snmp
        process.turnedAway.http = turnedAway.http
        process.turnedAway.socket = turnedAway.socket
        process.store.backlog = written.backlog
        process.store.recordsWritten = written.written
        process.store.recordsLost = written.lost
        process.store.recordsRefused = written.failed
        process.store.isWriting = !written.isFailing
        process.store.isProvisioningStale = store.source.isStale
        process.store.isProvisioningMissing = store.source.isMissing
        let journal = store.journal.figures
        let calls = store.calls.figures
        process.store.journalBytes = journal.bytes + calls.bytes
        process.store.journalDamaged = journal.damaged
        process.store.isJournalFailing = journal.isFailing || calls.isFailing
        self.init(center: figures.center, process: process)
    }
}

extension ProcessFigures.Signalling {
    init(_ figures: CoreFigures) {
        self.init()
        let counters = figures.transactions
        requestsReceived = Self.named(counters.requestsReceived)
        requestsSent = Self.named(counters.requestsSent)
        responsesReceived = Self.named(counters.responsesReceived)
        responsesSent = Self.named(counters.responsesSent)
        retransmissionsReceived = counters.retransmissionsReceived
        retransmissionsSent = counters.retransmissionsSent
        timeouts = counters.timeouts
        transactions = figures.transactionsAlive
        dialogs = figures.dialogsAlive
        parseErrors = figures.exchange.unreadable
    }

    private static func named(_ counts: MethodCounts) -> [NamedCount] {
        Method.allCases.map { NamedCount($0 == .other ? "other" : "\($0.token)", counts[$0]) }
    }

    private static func named(_ counts: StatusCounts) -> [NamedCount] {
        (1...6).map { NamedCount("\($0)xx", counts[$0]) }
    }
}

extension ProcessFigures.Admission {
    init(_ figures: CoreFigures) {
        self.init()
        let counters = figures.exchange
        isOverloaded = figures.isOverloaded
        overloads = counters.overloads
        flooding = counters.flooding
        challenged = counters.challenged
        untrusted = counters.untrusted
        overloaded = counters.overloaded
        outcomes = zip(RoutingOutcome.allCases, counters.outcomes).map { NamedCount("\($0.rawValue)", $1) }
    }
}

extension ProcessFigures.Datagrams {
    init(_ counters: DatagramCounters) {
        self.init()
        received = counters.received
        sent = counters.sent
        dropped = counters.sendErrors + counters.oversized + counters.dropped
        overrun = counters.overrun
    }
}

extension ProcessFigures.Streams {
    init(_ counters: StreamCounters) {
        self.init()
        connections = counters.connections
        accepted = counters.accepted
        connected = counters.connected
        connectFailures = counters.connectFailures
        handshakeFailures = counters.handshakeFailures
        refused = counters.refused
        broken = counters.broken
        expired = counters.expired
        congested = counters.congested
        received = counters.received
        sent = counters.sent
        dropped = counters.dropped
    }
}
