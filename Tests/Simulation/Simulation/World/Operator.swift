import CallCenter
import Exchange
import SIP

/// Who runs the centre: provisions it, lets the calls come, logs agents in and off, reloads, changes the configuration, and is
/// visited by strangers and broken networks.
struct Operator {
    private let world: World
    private var plan: Plan { world.plan }

    init(_ world: World) { self.world = world }

    func begin() {
        world.provision(everything())
        nextCall(after: 0)
        if world.temper.isRestless { world.after(pause()) { stir() } }
        if plan.features.isSteered { world.after(pause()) { steer() } }
        if plan.features.logsInByCall > 0 { world.after(pause()) { letAgentsCall() } }
        world.after(10_000) { lookAround() }
        if world.temper.hasStrangers { world.after(pause()) { disturb() } }
        if plan.isShutDown { world.after(plan.pause * world.random.time(1...Int64(plan.calls))) { world.shutDown() } }
        if plan.weather.partition > 0 { world.after(pause()) { cutOff() } }
        if plan.features.dies {
            world.after(pause()) { endanger() }
            world.after(pause()) { tidy() }
        }
    }

    private func nextCall(after count: Int) {
        guard count < plan.calls else {
            // At the end everybody is there again.
            if world.temper.isRestless || plan.features.logsInByCall > 0 {
                world.after(20_000) {
                    world.provision(everything())
                    for agent in plan.agents { world.setLogin(agent, true) }
                }
            }
            return isOver.value = true
        }
        world.after(world.random.time(0...plan.pause)) {
            var flow = [UInt8]("f")
            flow.append(number: world.random.number(0...plan.flowCount - 1))
            if plan.features.strays > 0, world.random.happens(plan.features.strays) { flow = [UInt8]("lost") }
            world.addCall(to: flow)
            nextCall(after: count + 1)
        }
    }

    private final class Flag { var value = false }
    private let isOver = Flag()

    private func pause() -> Milliseconds { world.random.time(500...15_000) }

    // MARK: Provisioning

    private func everything() -> Provisioning {
        Provisioning(
            flows: (0..<plan.flowCount).map(flow),
            agents: (0..<plan.agentCount).map(agent)
        )
    }

    private func uri(of agent: Int) -> String { String(decoding: world.agents[agent].uri, as: UTF8.self) }

    private func uri(_ server: Int) -> String { String(decoding: world.media[server].uri, as: UTF8.self) }

    private func flow(_ number: Int) -> FlowDefinition {
        let random = world.random.number(0...2)
        let overflows = world.random.happens(plan.features.overflows)
        return FlowDefinition(
            id: "f\(number)",
            priority: world.random.number(0...2),
            skill: "s\(number % plan.skillCount)",
            prependCID: random == 0 ? "SAL" : nil,
            maxWrapup: world.random.happens(30) ? world.random.time(0...2_000) : nil,
            messageWelcome: random < 2 ? uri(random) : nil,
            messageQueue: uri(plan.media.count - 1),
            messageFlowID: world.random.happens(plan.features.briefs) ? uri(Plan.message) : nil,
            dissuading: world.random.happens(plan.features.dissuades) ? dissuading() : nil,
            maxWait: overflows && world.random.happens(60) ? world.random.time(5_000...60_000) : nil,
            overflowURI: overflows ? elsewhere() : nil,
            onNoAgents: world.random.happens(plan.features.overflows) ? .overflow : .keep
        )
    }

    private func dissuading() -> FlowDefinition.Dissuading {
        FlowDefinition.Dissuading(
            message: uri(Plan.message),
            hangsUp: !world.temper.isOrderly && world.random.happens(30),
            onHoldThreshold: world.random.happens(50) ? world.random.time(0...15_000) : nil,
            estimatedWaitThreshold: world.random.happens(30) ? world.random.time(1_000...60_000) : nil,
            queueSizeThreshold: world.random.happens(50) ? world.random.number(0...6) : nil
        )
    }

    /// Another flow, somebody, or a name that leads nowhere.
    private func elsewhere() -> String {
        if world.random.happens(50) { return "f\(world.random.number(0...plan.flowCount - 1))" }
        return world.random.happens(90) ? uri(Plan.elsewhere) : "sip:nobody@nowhere.invalid"
    }

    private func agent(_ number: Int) -> AgentDefinition {
        // Every skill has somebody.
        var skills = ["s\(number % plan.skillCount)"]
        for other in 0..<plan.skillCount where other != number % plan.skillCount && world.random.happens(30) {
            skills.append("s\(other)")
        }
        return AgentDefinition(
            id: "a\(number)",
            location: number == plan.homeless ? "sip:a\(number)@nowhere.invalid" : uri(of: number),
            isLoggedIn: true,
            skills: skills,
            wrapupTime: world.random.happens(25) ? world.random.time(0...4_000) : nil
        )
    }

    /// Log-ins, log-offs, reloads with rows changed, missing or broken, another configuration.
    private func stir() {
        guard !isOver.value else { return }
        switch world.random.number(0...10) {
        case 0...5:
            world.setLogin(world.random.number(0...plan.agentCount - 1), world.random.happens(60))
        case 6...7:
            var all = everything()
            let broken = all.agents.filter { _ in world.random.happens(10) }
            all.refused = broken.map {
                .init(table: Provisioning.agentsTable, id: $0.id, reason: "the row cannot be read")
            }
            all.flows.removeAll { _ in world.random.happens(10) }
            all.agents.removeAll { agent in world.random.happens(15) || broken.contains { $0.id == agent.id } }
            world.provision(all)
        case 8:
            world.configure { configuration in
                configuration.policy.wrapupTime = world.random.time(0...3_000)
            }
        case 9:
            // Whatever dispatches from outside has a pause.
            world.configure { $0.policy.internalDispatching = false }
            world.after(world.random.time(100...8_000)) {
                world.configure { $0.policy.internalDispatching = true }
            }
        default:
            world.resetStatistics()
        }
        world.after(pause()) { stir() }
    }

    // MARK: Steering

    /// What operators do, in the right moment or not.
    private func steer() {
        guard !isOver.value else { return }
        let agent = world.random.number(0...plan.agentCount - 1)
        switch world.random.number(0...9) {
        case 0...1: world.freeAgent(agent)
        case 2...3: world.endCall(world.anyCall())
        case 4...6: world.moveCall(world.anyCall(), to: world.random.number(-1...8))
        case 7: world.endWrapup(agent)
        default: dispatch(for: world.random.number(1...20))
        }
        world.after(pause()) { steer() }
    }

    /// Somebody outside decides for a while which agent gets which call.
    private func dispatch(for rounds: Int) {
        guard rounds > 0 else { return world.setDispatching(true) }
        world.setDispatching(false)
        let waiting = world.judge.shadow.waiting
        let idle = plan.agents.filter { world.judge.shadow.isIdle($0) }
        for _ in 0..<3 {
            let call = world.random.happens(80) ? world.random.pick(waiting) : nil
            let agent = world.random.happens(80) ? world.random.pick(idle) : nil
            world.dispatch(call ?? world.anyCall(), to: agent ?? world.random.number(0...plan.agentCount))
        }
        world.after(world.random.time(50...1_500)) { dispatch(for: rounds - 1) }
    }

    private func letAgentsCall() {
        guard !isOver.value else { return }
        if world.random.happens(plan.features.logsInByCall) {
            world.agents[world.random.number(0...plan.agentCount - 1)].logInByCall()
        }
        world.after(pause()) { letAgentsCall() }
    }

    /// What the running service does every now and then: there is never anything to mend.
    private func lookAround() {
        world.lookAround()
        if !isOver.value { world.after(10_000) { lookAround() } }
    }

    // MARK: Restarts

    /// The core dies, sooner or later after this, in one way or another.
    private func endanger() {
        guard !isOver.value, let death = world.random.pick(World.Death.allCases) else { return }
        if death == .idle { world.die() } else { world.doom = death }
        world.after(world.random.time(1_000...60_000)) { endanger() }
    }

    private func tidy() {
        guard !isOver.value else { return }
        world.keepAll()
        world.after(world.random.time(5_000...60_000)) { tidy() }
    }

    // MARK: From outside

    private func disturb() {
        guard !isOver.value else { return }
        for stranger in world.strangers { stranger.disturb() }
        world.after(pause()) { disturb() }
    }

    /// Somebody is cut off for a while: an agent or a media server.
    private func cutOff() {
        guard !isOver.value else { return }
        let stations: [Station] = world.agents + world.media
        world.random.pick(stations)?.cutOffUntil =
            world.now + world.random.time(1_000...max(1_000, plan.weather.partition))
        world.after(world.random.time(20_000...100_000)) { cutOff() }
    }
}
