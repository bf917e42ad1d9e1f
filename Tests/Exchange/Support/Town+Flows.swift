import CallCenter
import Exchange
import SIP

extension Town {
    /// Anna serves support; Ben, sales.
    static func twoFlows(_ configure: @escaping (inout ExchangeConfiguration) -> Void = { _ in }) -> (Town, String) {
        let town = Town(agents: ["anna"], configure: configure)
        town.bench.provision(
            [town.flow, FlowDefinition(id: "sales", skill: "sell", messageQueue: town.queue.uri)],
            [
                AgentDefinition(
                    id: "anna",
                    location: town.anna.uri,
                    isLoggedIn: true,
                    skills: ["help"],
                    wrapupTime: 5_000
                ),
                AgentDefinition(
                    id: "ben",
                    location: town.ben.uri,
                    isLoggedIn: true,
                    skills: ["sell"],
                    wrapupTime: 5_000
                ),
            ]
        )
        return (town, town.call(for: 3_000))
    }
}
