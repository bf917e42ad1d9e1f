import CallCenter
import Telemetry

/// A snapshot in which no two figures are the same by chance, with IDs that try the formats.
enum Sample {
    static let flowIDs = ["a", "a_b", "b-c", "caf\u{E9}", "quote\"back\\slash\nline"]
    static let agentIDs = ["ann", "ann_b", "b-ob"]

    static let snapshot: Snapshot = {
        var center = CenterSnapshot(number: 3, taken: 100_000)
        center.flows = flowIDs.enumerated().map { flow($1, UInt64($0 + 1) * 1_000) }
        center.agents = agentIDs.enumerated().map { agent($1, UInt64($0 + 1) * 100) }
        center.totals.counters = counters(10_000)
        center.totals.onHold = 10_051
        center.totals.queued = 10_052
        center.totals.offering = 10_053
        center.totals.talking = 10_054
        center.totals.loggedAgents = 10_055
        center.totals.freeAgents = 10_056
        center.totals.averageWait = 10_057_123
        center.totals.load = 62.5
        center.totals.repairs = 10_058
        return Snapshot(center: center, process: process)
    }()

    private static func counters(_ base: UInt64) -> CallCounters {
        var counters = CallCounters()
        counters.received = base + 1
        counters.restored = base + 2
        counters.distributed = base + 3
        counters.answered = base + 4
        counters.abandoned = base + 5
        for index in counters.failed.indices { counters.failed[index] = base + 10 + UInt64(index) }
        return counters
    }

    private static func flow(_ id: String, _ base: UInt64) -> CenterSnapshot.Flow {
        var flow = CenterSnapshot.Flow(id: id, priority: 1, skill: "x")
        flow.counters = counters(base)
        flow.putOnHold = base + 6
        flow.onHold = Int(base) + 51
        flow.queued = Int(base) + 52
        flow.offering = Int(base) + 53
        flow.talking = Int(base) + 54
        flow.loggedAgents = Int(base) + 55
        flow.freeAgents = Int(base) + 56
        flow.estimatedWait = Milliseconds(base) * 1_000 + 57_500
        flow.averageWait = Milliseconds(base) * 1_000 + 58_001
        flow.averageCallDuration = 1
        flow.longestWait = Milliseconds(base) * 1_000 + 59_999
        flow.load = 100.0 / 3
        flow.answeredInTime = base / 2
        for time in [500, 1_000, 7_000, 4_000_000] as [Milliseconds] {
            flow.waitTimes.record(time + Milliseconds(base))
        }
        flow.ringTimes.record(3_210)
        return flow
    }

    private static func agent(_ id: String, _ base: UInt64) -> CenterSnapshot.Agent {
        var agent = CenterSnapshot.Agent(id: id, location: "sip:x", skills: [])
        agent.isLoggedIn = base > 100
        agent.state = base > 200 ? .wrapup : .free
        agent.distributed = base + 1
        agent.answered = base + 2
        agent.abandoned = base + 3
        agent.refusals = Counts(RefusalCause.allCases.indices.map { $0 % 2 == 0 ? base + 10 + UInt64($0) : 0 })
        agent.noAnswerLogoffs = base + 4
        agent.averageTalk = Milliseconds(base) * 1_000 + 999
        return agent
    }

    private static var process: ProcessFigures {
        var process = ProcessFigures()
        process.version = "1.2.3"
        process.startedAt = 1_790_000_000_123
        for delay in [50, 150, 3_000_000] as [UInt64] { process.loopDelay.record(microseconds: delay) }
        process.signalling.requestsReceived = [NamedCount("INVITE", 31), NamedCount("BYE", 32)]
        process.signalling.requestsSent = [NamedCount("INVITE", 33)]
        process.signalling.responsesReceived = [NamedCount("1xx", 34), NamedCount("2xx", 35)]
        process.signalling.responsesSent = [NamedCount("4xx", 36)]
        process.signalling.retransmissionsReceived = 37
        process.signalling.retransmissionsSent = 38
        process.signalling.timeouts = 39
        process.signalling.transactions = 40
        process.signalling.dialogs = 41
        process.signalling.parseErrors = 42
        process.admission.untrusted = 43
        process.admission.overloaded = 44
        process.admission.outcomes = [NamedCount("1", 45), NamedCount("-3", 46)]
        process.store.backlog = 47
        process.store.recordsWritten = 48
        process.store.recordsLost = 49
        process.store.isProvisioningStale = true
        process.mediaFailures = 50
        process.protectionMismatches = 75
        process.admission.isOverloaded = true
        process.admission.overloads = 60
        process.admission.flooding = 61
        process.admission.challenged = 62
        process.streams.connections = 63
        process.streams.accepted = 64
        process.streams.connected = 65
        process.streams.connectFailures = 66
        process.streams.handshakeFailures = 67
        process.streams.refused = 68
        process.streams.broken = 69
        process.streams.expired = 70
        process.streams.congested = 71
        process.streams.received = 72
        process.streams.sent = 73
        process.streams.dropped = 74
        process.snmp.isConnected = true
        process.snmp.connectFailures = 51
        process.snmp.requests = 52
        process.snmp.notifications.sent = 53
        process.snmp.notifications.suppressed = 54
        return process
    }
}
