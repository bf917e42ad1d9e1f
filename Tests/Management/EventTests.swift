import CallCenter
import Management
import NIOCore
import Telemetry
import Testing

@Suite("Events", .timeLimit(.minutes(5)))
struct EventTests {
    private static func agent(_ id: String, _ state: AgentChange.Presence = .free, flow: String? = nil) -> CenterEvent {
        CenterEvent(
            time: 1_764_099_916_123,
            .agent(AgentReport(agentID: id, state: state, previous: .offline, isLoggedIn: true, flowID: flow))
        )
    }

    private static func call(_ number: Int32, _ step: CallReport.Step, flow: String = "sales") -> CenterEvent {
        CenterEvent(time: 1_764_099_916_123, .call(CallReport(number: number, flowID: flow, step)))
    }

    // MARK: - What an event says

    static let forms: [(body: CenterEvent.Body, json: String)] = [
        (
            .agent(
                AgentReport(agentID: "ann", state: .incall, previous: .free, isLoggedIn: true, flowID: "sales")
            ),
            #""agent_id":"ann","state":"incall","flow_id":"sales","previous_state":"free","logged_in":true"#
        ),
        (
            .agent(
                AgentReport(
                    agentID: "ann",
                    state: .wrapup,
                    previous: .incall,
                    isLoggedIn: false,
                    wrapupEnds: 1_764_099_946_999
                )
            ),
            #""agent_id":"ann","state":"wrapup","wrapup_ends":1764099946,"previous_state":"incall","logged_in":false"#
        ),
        (
            .agentLoggedOff(agentID: "ann", cause: .noAnswer),
            #""agent_id":"ann","state":"logged_off","cause":"no_answer""#
        ),
        (
            .call(CallReport(number: 7, flowID: "sales", .arrived(uuid: "u", caller: "1001"))),
            #""call_id":7,"state":"arrived","flow_id":"sales","call_uuid":"u","caller":"1001""#
        ),
        (
            .call(CallReport(number: 7, flowID: "sales", agentID: "ann", .state(.toagent))),
            #""call_id":7,"state":"toagent","flow_id":"sales","agent_id":"ann""#
        ),
        (
            .call(CallReport(number: 7, flowID: "sales", agentID: "ann", .answered)),
            #""call_id":7,"state":"answered","flow_id":"sales","agent_id":"ann""#
        ),
        (
            .call(CallReport(number: 7, flowID: "sales", agentID: "ann", .refused(.busy, sipStatus: 486))),
            #""call_id":7,"state":"refused","flow_id":"sales","agent_id":"ann","cause":"busy","sip_status":486"#
        ),
        (
            .call(CallReport(number: 7, flowID: "sales", .ended(cause: "abandoned", by: .caller))),
            #""call_id":7,"state":"ended","flow_id":"sales","cause":"abandoned","by":"caller""#
        ),
    ]

    @Test("fields are those of the reference's agent report, and ours beside them", arguments: forms)
    func says(body: CenterEvent.Body, json: String) {
        let event = CenterEvent(time: 1_764_099_916_123, body)
        #expect(event.json.text == #"{"time":"2025-11-25T19:45:16.123Z",\#(json)}"#)
    }

    // MARK: - The hub

    /// Everything that a subscription has to give, until it is over.
    private func deliveries(of subscription: EventSubscription) async throws -> [EventSubscription.Delivery] {
        var deliveries: [EventSubscription.Delivery] = []
        try await subscription.follow(pause: .seconds(600)) { deliveries.append($0) }
        return deliveries
    }

    @Test("who watches gets what happens from then on, numbered, and nothing after the end")
    func delivers() async throws {
        let hub = EventHub()
        hub.publish(Self.agent("early"))
        #expect(!hub.isWatched)
        let subscription = try #require(hub.subscribe())
        #expect(hub.isWatched)
        hub.publish(Self.agent("ann"))
        hub.publish(Self.call(7, .answered))
        hub.close()
        #expect(!hub.isWatched)
        #expect(hub.subscribe() == nil)
        hub.publish(Self.agent("late"))
        let expected: [NumberedEvent] = [
            .init(number: 1, event: Self.agent("ann")), .init(number: 2, event: Self.call(7, .answered)),
        ]
        #expect(try await deliveries(of: subscription) == [.events(expected)])
    }

    static let selections: [(filter: EventFilter, agents: [String], calls: [Int32])] = [
        (EventFilter(kinds: ["agent"]), ["ann", "bob"], []),
        (EventFilter(agentIDs: ["bob"]), ["bob"], []),
        (EventFilter(flowIDs: ["sales"]), ["bob"], [7]),
        (EventFilter(kinds: ["call"], flowIDs: ["support"]), [], [8]),
        (EventFilter(kinds: ["call"], agentIDs: ["ann"]), [], []),
    ]

    @Test("a filter lets through what all its parts accept", arguments: selections)
    func selects(filter: EventFilter, agents: [String], calls: [Int32]) async throws {
        let hub = EventHub()
        let subscription = try #require(hub.subscribe(filter))
        hub.publish(Self.agent("ann"))
        hub.publish(Self.agent("bob", .incall, flow: "sales"))
        hub.publish(Self.call(7, .state(.queued)))
        hub.publish(Self.call(8, .state(.queued), flow: "support"))
        hub.close()
        var bodies: [CenterEvent.Body] = []
        for case .events(let events) in try await deliveries(of: subscription) { bodies += events.map(\.event.body) }
        #expect(bodies.compactMap { if case .agent(let report) = $0 { report.agentID } else { nil } } == agents)
        #expect(bodies.compactMap { if case .call(let report) = $0 { report.number } else { nil } } == calls)
    }

    @Test("who is too slow gets what waited, is told how much he missed, and is cut off")
    func cutsOff() async throws {
        var limits = EventHub.Limits()
        limits.backlog = 3
        let hub = EventHub(limits: limits)
        let slow = try #require(hub.subscribe())
        for number in 1...10 as ClosedRange<Int32> { hub.publish(Self.call(number, .answered)) }
        let deliveries = try await deliveries(of: slow)
        guard case .events(let events) = deliveries.first else {
            Issue.record("no events: \(deliveries)")
            return
        }
        #expect(events.map(\.number) == [1, 2, 3])
        #expect(deliveries.dropFirst() == [.lost(7)])
        hub.publish(Self.agent("ann"))
        #expect(!hub.isWatched)
    }

    @Test("there is room for so many who watch, and a place is free again when one leaves")
    func isBounded() async throws {
        var limits = EventHub.Limits()
        limits.subscriptions = 2
        let hub = EventHub(limits: limits)
        let first = try #require(hub.subscribe())
        let second = try #require(hub.subscribe())
        #expect(hub.subscribe() == nil)
        first.end()
        #expect(hub.subscribe() != nil)
        second.end()
    }

    // MARK: - The Unix socket

    private static let watch = #"{"jsonrpc":"2.0","id":1,"method":"events"}"#
    private static let watching = #"{"jsonrpc":"2.0","result":"OK","id":1}"#

    @Test("the command events turns a connection of the socket into a stream of notifications")
    func streams() async throws {
        let hub = EventHub()
        try await withMI(FakeDaemon().bounded, events: hub) { path in
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send(Self.watch + "\n")
                #expect(try await connection.line() == Self.watching)
                hub.publish(Self.agent("ann", .incall, flow: "sales"))
                #expect(
                    try await connection.line() == #"{"jsonrpc":"2.0","method":"agent","params":{"number":1,"#
                        + #""time":"2025-11-25T19:45:16.123Z","agent_id":"ann","state":"incall","flow_id":"sales","#
                        + #""previous_state":"offline","logged_in":true}}"#
                )
                hub.publish(Self.call(7, .answered))
                #expect(try await connection.line()?.contains(#""method":"call","params":{"number":2,"#) == true)
            }
        }
    }

    @Test("a quiet stream shows signs of life, and ends with the daemon")
    func lives() async throws {
        let hub = EventHub()
        try await withMI(FakeDaemon().bounded, events: hub, configure: { $0.eventPause = .milliseconds(20) }) { path in
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send(Self.watch + "\n")
                #expect(try await connection.line() == Self.watching)
                #expect(try await connection.line() == #"{"jsonrpc":"2.0","method":"alive","params":{}}"#)
                hub.close()
                var line = try await connection.line()
                while line?.contains("alive") == true { line = try await connection.line() }
                #expect(line == nil)
            }
        }
    }

    @Test("a reader who does not read is cut off without holding up anybody, and told so")
    func dropsSlowReader() async throws {
        var limits = EventHub.Limits()
        limits.backlog = 10
        let hub = EventHub(limits: limits)
        try await withMI(FakeDaemon().bounded, events: hub) { path in
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send(Self.watch + "\n")
                #expect(try await connection.line() == Self.watching)
                // More than the socket's buffers hold, whatever their size; then it is over.
                var published: Int32 = 0
                while hub.isWatched, published < 1_000_000 {
                    published += 1
                    hub.publish(Self.call(published, .answered))
                    if published.isMultiple(of: 1_000) { await Task.yield() }
                    if published.isMultiple(of: 20_000) { try await connection.takeSome() }
                }
                let rest = try await connection.rest()
                #expect(rest.contains(#""method":"lost","params":{"missed":"#))
                #expect(rest.hasSuffix("\n"))
            }
        }
    }

    @Test("the hang-up of who watches gives his place back")
    func givesBack() async throws {
        var limits = EventHub.Limits()
        limits.subscriptions = 1
        let hub = EventHub(limits: limits)
        try await withMI(FakeDaemon().bounded, events: hub) { path in
            for _ in 0..<3 {
                try await TestConnection.with(.unix(path)) { connection in
                    try await connection.send(Self.watch + "\n")
                    while try await connection.line() != Self.watching {
                        // The one before has not been noticed to have gone.
                        try await connection.send(Self.watch + "\n")
                    }
                }
            }
        }
    }

    @Test("wrong filters are refused by name")
    func refusesFilter() async throws {
        try await withMI(FakeDaemon().bounded) { path in
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send(
                    #"{"jsonrpc":"2.0","id":1,"method":"events","params":{"kinds":["agents"]}}"# + "\n"
                )
                let line = try await connection.line()
                #expect(line?.contains(#"kinds has \"agents\", expected agent, call"#) == true)
            }
        }
    }
}
