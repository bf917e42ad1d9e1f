import CallCenter
import Glibc
import Telemetry

/// The answer of `health`: first whether all is well, then the figures that somebody looks at who doubts it.
struct HealthReport {
    private let health: Health
    private let readiness: Health
    /// nil: the loop does not answer.
    private let snapshot: Snapshot?

    init(_ control: BoundedControl) async {
        health = await control.health()
        readiness = await control.readiness()
        // Who did not answer a moment ago is not waited for again.
        guard case .good = health else {
            snapshot = nil
            return
        }
        snapshot = try? await control.snapshot()
    }

    func json(version: String) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("Alive", word(health)), .init("Ready", word(readiness)), .init("Version", .string(version)),
        ]
        guard let snapshot else { return .object(members) }
        let (totals, process) = (snapshot.center.totals, snapshot.process)
        let uptime = max(0, Self.now - process.startedAt)
        members += [
            .init("Uptime", .integer(uptime / 1_000)),
            .init("Flows", .count(snapshot.center.flows.count)),
            .init("Agents", .count(snapshot.center.agents.count)),
            .init("Logged Agents", .count(totals.loggedAgents)),
            .init("Free Agents", .count(totals.freeAgents)),
            .init("Calls On Hold", .count(totals.onHold)),
            .init("Calls Offering", .count(totals.offering)),
            .init("Calls Talking", .count(totals.talking)),
            .init("Records Waiting", .count(process.store.backlog)),
            .init("Records Lost", .count(process.store.recordsLost)),
            .init("Repairs", .count(totals.repairs)),
        ]
        // Of all wake-ups since the start, 99 of 100 came at most so late.
        if let delay = process.loopDelay.bound(ofPercent: 99) {
            members.append(.init("Loop Delay p99 ms", .number(Double(delay) / 1_000)))
        }
        return .object(members)
    }

    private func word(_ health: Health) -> JSONValue {
        switch health {
        case .good: "yes"
        case .fair(let reason): .string("yes, but \(reason)")
        case .bad(let reason): .string("no: \(reason)")
        }
    }

    /// Milliseconds since 1970.
    static var now: Milliseconds {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Milliseconds(time.tv_sec) * 1_000 + Milliseconds(time.tv_nsec) / 1_000_000
    }
}
