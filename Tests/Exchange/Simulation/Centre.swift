import CallCenter
import SIP

/// A call centre of two flows and eight agents, and the calls of one run.
struct Centre {
    let simulation: Simulation
    private let flows: [FlowDefinition]
    private let agents: [AgentDefinition]

    init(seed: UInt64, temper: Temper, weather: Weather, calls: Int) {
        let simulation = Simulation(seed: seed, temper: temper, weather: weather)
        self.simulation = simulation
        simulation.addAgents(8)
        let welcome = simulation.addMedia("welcome", playing: 500...4_000)
        let music = simulation.addMedia("music", playing: nil)
        flows = [
            FlowDefinition(id: "support", skill: "help", messageWelcome: welcome.uri, messageQueue: music.uri),
            FlowDefinition(id: "sales", priority: 1, skill: "sell", prependCID: "SAL", messageQueue: music.uri),
        ]
        agents = simulation.agents.enumerated().map { number, phone in
            AgentDefinition(
                id: phone.name,
                location: phone.uri,
                isLoggedIn: true,
                skills: number < 3 ? ["help"] : number < 6 ? ["sell", "help"] : ["sell"],
                wrapupTime: number % 4 == 0 ? 0 : nil
            )
        }
        simulation.provision(flows, agents)
        var moment: Milliseconds = 0
        for _ in 0..<calls {
            moment += simulation.random.time(0...3_600)
            simulation.addCall(to: simulation.random.happens(60) ? "support" : "sales", at: moment)
        }
        if temper.isRestless { stir(until: moment) }
    }

    /// Log-ins, log-offs and reloads at random; at the end everybody is there again.
    private func stir(until end: Milliseconds) {
        var moment: Milliseconds = 0
        while moment < end {
            moment += simulation.random.time(500...15_000)
            simulation.after(moment) { [simulation, flows, agents] in
                if simulation.random.happens(70) {
                    let agent = simulation.random.pick(agents)?.id ?? ""
                    simulation.setLogin(agent, simulation.random.happens(60))
                } else {
                    let keptFlows = flows.filter { _ in simulation.random.happens(90) }
                    let keptAgents = agents.filter { _ in simulation.random.happens(80) }
                    simulation.provision(keptFlows, keptAgents)
                }
            }
        }
        simulation.after(end + 20_000) { [simulation, flows, agents] in simulation.provision(flows, agents) }
    }

    /// Runs until all is over, and for as long as any transaction may take after that.
    func run() {
        simulation.run(for: 3_600_000)
    }

    var findings: [String] { simulation.findings() }

    /// Calls that an agent answered.
    var answered: Int {
        simulation.judge.records.filter { $0.callType == .answered }.count
    }
}
