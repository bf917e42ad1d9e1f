import CallCenter
import Testing

@testable import Telemetry

@Suite("Notifications")
struct AlarmPanelTests {
    /// A centre whose clock the test moves.
    private struct Scene {
        var panel: AlarmPanel
        var center = CenterSnapshot()
        var process = ProcessFigures()

        init(_ change: (inout NotificationRules) -> Void = { _ in }) {
            var rules = NotificationRules()
            rules.bounds = .init(longestWait: 60_000, queueLength: 10)
            change(&rules)
            panel = AlarmPanel(rules: rules)
        }

        /// - Returns: the names of what is told, with the flow or agent.
        mutating func after(_ time: Milliseconds, _ change: (inout CenterSnapshot) -> Void = { _ in }) -> [String] {
            change(&center)
            center.taken += time
            return panel.observe(Snapshot(center: center, process: process)).map(Self.summary)
        }

        private static func summary(_ notification: ManagedNotification) -> String {
            guard case .octets(let id)? = notification.bindings.first?.value else { return notification.name }
            return "\(notification.name) \(String(decoding: id, as: UTF8.self))"
        }

        static func flow(_ id: String, logged: Int = 1) -> CenterSnapshot.Flow {
            var flow = CenterSnapshot.Flow(id: id, priority: 1, skill: "s")
            flow.loggedAgents = logged
            return flow
        }
    }

    @Test("a flow without agents is told once, and its end once, each after it has held")
    func pair() {
        var scene = Scene()
        #expect(scene.after(0) { $0.flows = [Scene.flow("a", logged: 0), Scene.flow("b")] } == [])
        #expect(scene.after(1_999) == [])
        #expect(scene.after(1) == ["ccfNoAgents a"])
        for _ in 0..<10 { #expect(scene.after(60_000) == []) }
        #expect(scene.after(1_000) { $0.flows[0].loggedAgents = 2 } == [])
        #expect(scene.after(2_000) == ["ccfAgentsAgain a"])
        #expect(scene.after(60_000) == [])
        #expect(scene.panel.counters == counters(sent: 2))
    }

    @Test("overload is told when it has begun and when it is over")
    func overload() {
        var scene = Scene()
        scene.process.admission.isOverloaded = true
        #expect(scene.after(0) == [])
        #expect(scene.after(2_000) == ["ccgOverloadBegun"])
        #expect(scene.after(60_000) == [])
        scene.process.admission.isOverloaded = false
        #expect(scene.after(1_000) == [])
        #expect(scene.after(2_000) == ["ccgOverloadOver"])
    }

    @Test("a change that is taken back in time is not told, and counted")
    func flap() {
        var scene = Scene()
        _ = scene.after(0) { $0.flows = [Scene.flow("a")] }
        for _ in 0..<5 {
            #expect(scene.after(500) { $0.flows[0].loggedAgents = 0 } == [])
            #expect(scene.after(500) { $0.flows[0].loggedAgents = 1 } == [])
        }
        #expect(scene.after(60_000) == [])
        #expect(scene.panel.counters == counters(suppressed: 10))
    }

    @Test("a level is told above its bound, and again only below the bound less the hysteresis")
    func hysteresis() {
        var scene = Scene { $0.hold = 0 }
        _ = scene.after(0) { $0.flows = [Scene.flow("a")] }
        let steps: [(queued: Int, told: [String])] = [
            (10, []), (11, ["ccfQueueTooLong a"]), (10, []), (9, []), (11, []), (8, ["ccfQueueNormal a"]), (10, []),
            (11, ["ccfQueueTooLong a"]), (0, ["ccfQueueNormal a"]),
        ]
        for (queued, told) in steps { #expect(scene.after(1_000) { $0.flows[0].queued = queued } == told, "\(queued)") }
        #expect(scene.after(1_000) { $0.flows[0].longestWait = 60_001 } == ["ccfWaitTooLong a"])
        #expect(scene.after(1_000) { $0.flows[0].longestWait = 48_001 } == [])
        #expect(scene.after(1_000) { $0.flows[0].longestWait = 48_000 } == ["ccfWaitNormal a"])
    }

    @Test("a flow may have bounds of its own, or none")
    func bounds() {
        var scene = Scene {
            $0.hold = 0
            $0.bounds = .init()
            $0.boundsOfFlows = ["b": .init(queueLength: 3)]
        }
        let told = scene.after(0) { center in
            center.flows = ["a", "b"].map { id in
                var flow = Scene.flow(id)
                flow.queued = 1_000
                return flow
            }
        }
        #expect(told == ["ccfQueueTooLong b"])
    }

    @Test("what goes along is the row of the flow, and the bound")
    func bindings() throws {
        var scene = Scene { $0.hold = 0 }
        var flow = Scene.flow("a")
        flow.queued = 12
        flow.longestWait = 34_000
        scene.center.flows = [flow]
        let told = scene.panel.observe(Snapshot(center: scene.center, process: scene.process))
        let notification = try #require(told.first)
        #expect(notification.identifier == ManagedTree.base + [0, 5])
        let row = ManagedTree.base + [1, 2, 1]
        #expect(
            notification.bindings == [
                .init(name: row + [2, 97], value: .octets([97])),
                .init(name: row + [5, 97], value: .gauge(12)),
                .init(name: row + [12, 97], value: .gauge(34_000)),
                .init(name: ManagedTree.base + [1, 4, 1, 0], value: .gauge(10)),
            ]
        )
    }

    @Test("when a flow is removed, its alarm ends, with what was last known")
    func removed() {
        var scene = Scene { $0.hold = 0 }
        #expect(scene.after(0) { $0.flows = [Scene.flow("a", logged: 0)] } == ["ccfNoAgents a"])
        #expect(scene.after(1_000) { $0.flows[0].isRemoved = true } == ["ccfAgentsAgain a"])
        #expect(scene.after(1_000) { $0.flows = [] } == [])
        #expect(scene.after(1_000) { $0.flows = [Scene.flow("a", logged: 0)] } == ["ccfNoAgents a"])
    }

    @Test("beyond the rate limit changes wait; what is over by then is not told, and pairs still alternate")
    func rateLimit() {
        var scene = Scene {
            $0.hold = 0
            $0.perMinute = 2
        }
        let flows = ["a", "b", "c", "d"]
        #expect(
            scene.after(0) { $0.flows = flows.map { Scene.flow($0, logged: 0) } } == ["ccfNoAgents a", "ccfNoAgents b"]
        )
        #expect(scene.after(1_000) == [])
        // c is well again before anybody could be told; d is told when there is room, then the end of a.
        #expect(scene.after(1_000) { $0.flows[2].loggedAgents = 1 } == [])
        #expect(scene.after(28_000) == ["ccfNoAgents d"])
        #expect(scene.after(1_000) { $0.flows[0].loggedAgents = 1 } == [])
        #expect(scene.after(29_000) == ["ccfAgentsAgain a"])
        #expect(scene.panel.counters == counters(sent: 4, suppressed: 2))
    }

    @Test("each change of an agent's state is told, if that is wanted, but not what he did before")
    func agentStates() {
        var scene = Scene { $0.agentStates = true }
        var agent = CenterSnapshot.Agent(id: "anna", location: "", skills: [])
        agent.isLoggedIn = true
        #expect(scene.after(0) { $0.agents = [agent] } == [])
        #expect(scene.after(1_000) { $0.agents[0].state = .incall } == ["ccaStateChange anna"])
        #expect(scene.after(1_000) == [])
        #expect(scene.after(1_000) { $0.agents[0].state = .wrapup } == ["ccaStateChange anna"])
        #expect(scene.after(1_000) { $0.agents = [] } == [])
        scene.panel.rules.agentStates = false
        #expect(scene.after(1_000) { $0.agents = [agent] } == [])
        #expect(scene.after(1_000) { $0.agents[0].state = .incall } == [])
    }

    @Test("an agent who is logged off because he did not answer is told of each time")
    func loggedOff() {
        var scene = Scene()
        #expect(scene.after(0) { $0.agents = [CenterSnapshot.Agent(id: "anna", location: "", skills: [])] } == [])
        #expect(scene.after(1_000) { $0.agents[0].noAnswerLogoffsSinceStart = 1 } == ["ccaLoggedOff anna"])
        #expect(scene.after(1_000) == [])
        #expect(scene.after(1_000) { $0.agents[0].noAnswerLogoffsSinceStart = 2 } == ["ccaLoggedOff anna"])
        // He is removed, and comes back as somebody new.
        #expect(scene.after(1_000) { $0.agents = [] } == [])
        #expect(scene.after(1_000) { $0.agents = [CenterSnapshot.Agent(id: "anna", location: "", skills: [])] } == [])
        #expect(scene.after(1_000) { $0.agents[0].noAnswerLogoffsSinceStart = 1 } == ["ccaLoggedOff anna"])
    }

    @Test("an alarm of the whole centre has no flow")
    func global() {
        var scene = Scene { $0.hold = 0 }
        scene.process.store.isProvisioningStale = true
        #expect(scene.after(0) == ["ccgProvisioningLost"])
        scene.process.store.isProvisioningStale = false
        #expect(scene.after(1_000) == ["ccgProvisioningBack"])
    }

    @Test("records that wait are told above their bound, and again when most of them are written")
    func backlog() {
        var scene = Scene {
            $0.hold = 0
            $0.backlog = 100
        }
        let steps: [(waiting: Int, told: [String])] = [
            (100, []), (101, ["ccgBacklogTooLong"]), (5_000, []), (81, []), (80, ["ccgBacklogNormal"]), (100, []),
        ]
        for (waiting, told) in steps {
            scene.process.store.backlog = waiting
            #expect(scene.after(1_000) == told, "\(waiting)")
        }
        scene.process.store.backlog = 101
        #expect(scene.after(1_000) == ["ccgBacklogTooLong"])
        // Without a bound there is nothing to be above.
        scene.panel.rules.backlog = nil
        #expect(scene.after(1_000) == ["ccgBacklogNormal"])
    }

    private func counters(sent: UInt64 = 0, suppressed: UInt64 = 0) -> NotificationCounters {
        var counters = NotificationCounters()
        counters.sent = sent
        counters.suppressed = suppressed
        return counters
    }
}
