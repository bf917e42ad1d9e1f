import CallCenter
import Telemetry

extension FakeDaemon {
    static func snapshot(_ center: CenterSnapshot) -> Snapshot { Snapshot(center: center, process: ProcessFigures()) }

    /// Two flows, four agents in all states, and four calls, at 100.9 seconds of the clock.
    static var sampleCenter: CenterSnapshot {
        var center = CenterSnapshot(number: 7, taken: 100_900, isDispatchingInternally: true, countersSince: 0)
        var sales = CenterSnapshot.Flow(id: "sales", priority: 1, skill: "sell")
        sales.averageCallDuration = 61_999
        sales.loggedAgents = 2
        sales.onHold = 1
        sales.talking = 1
        sales.talkTimes.record(61_999)
        sales.counters.received = 3
        let support = CenterSnapshot.Flow(id: "support", priority: 5, skill: "help")
        center.flows = [sales, support]

        var free = CenterSnapshot.Agent(id: "ann", location: "sip:ann@192.0.2.1", skills: ["sell"])
        free.isLoggedIn = true
        var busy = CenterSnapshot.Agent(id: "bob", location: "sip:bob@192.0.2.2", skills: ["sell"])
        busy.isLoggedIn = true
        busy.state = .incall
        var resting = CenterSnapshot.Agent(id: "cem", location: "sip:cem@192.0.2.3", skills: ["help"])
        resting.isLoggedIn = true
        resting.state = .wrapup
        resting.wrapupEnds = 112_000
        let absent = CenterSnapshot.Agent(id: "dee", location: "sip:dee@192.0.2.4", skills: ["help"])
        center.agents = [free, busy, resting, absent]

        center.calls = [
            call(41, "sales", .toagent, "1001", since: 20_000, priority: 1, agent: "bob"),
            call(42, "support", .queued, "1002", since: 90_000, priority: 5),
            call(43, "sales", .queued, "1003", since: 95_500, priority: 1, estimatedWait: 30_500),
            call(44, "support", .welcome, "1004", since: 100_000, priority: 5),
        ]
        center.calls[0].talkingSince = 60_000
        center.totals.counters.received = 3
        return center
    }

    private static func call(
        _ number: Int32,
        _ flow: String,
        _ state: CallState,
        _ caller: String,
        since: Milliseconds,
        priority: Int,
        agent: String? = nil,
        estimatedWait: Milliseconds? = nil
    ) -> CenterSnapshot.Call {
        var call = CenterSnapshot.Call(
            number: number,
            flowID: flow,
            state: state,
            callerUser: caller,
            callerDisplayName: "Caller \(caller)",
            since: since,
            priority: priority,
            skill: flow == "sales" ? "sell" : "help"
        )
        call.agentID = agent
        call.estimatedWait = estimatedWait
        return call
    }
}
