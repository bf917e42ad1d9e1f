import CallCenter
import Exchange
import Testing

@Suite("What is kept of log-ins")
struct KeptLoginTests {
    private func kept(_ agent: String, _ town: Town) throws -> Center.Login? {
        try KeptAgent(encoded: try #require(town.bench.keptAgents[agent])).login
    }

    @Test("is whether an agent is logged in, and what his row says of it, whatever he does meanwhile")
    func loggedOff() throws {
        let town = Town(agents: ["anna", "ben"])
        let call = town.call(for: 3_000)
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(try kept("ben", town) == Center.Login(isLoggedIn: true, rowSays: true))
        for agent in ["anna", "ben"] {
            try town.logIn(agent, false)
            town.bench.run(for: 100)
            #expect(try kept(agent, town) == Center.Login(isLoggedIn: false, rowSays: true))
        }
        try town.bench.restart()
        town.bench.run(for: 100)
        #expect(town.bench.snapshot.totals.loggedAgents == 0)
        #expect(try kept("anna", town) == Center.Login(isLoggedIn: false, rowSays: true))
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("follows the row, also when that only says what he is already")
    func rowChanges() throws {
        let town = Town(loggedIn: false)
        #expect(try kept("anna", town) == Center.Login(isLoggedIn: false, rowSays: false))
        try town.logIn("anna", true)
        town.bench.run(for: 100)
        #expect(try kept("anna", town) == Center.Login(isLoggedIn: true, rowSays: false))
        let anna = AgentDefinition(id: "anna", location: town.anna.uri, isLoggedIn: true, skills: ["help"])
        town.bench.provision([town.flow], [anna])
        #expect(try kept("anna", town) == Center.Login(isLoggedIn: true, rowSays: true))
    }

    @Test("is not that of an agent of the same name who was removed")
    func removed() throws {
        let town = Town(loggedIn: false)
        try town.logIn("anna", true)
        town.bench.run(for: 100)
        town.reload(withoutAgents: true)
        town.reload()
        #expect(try kept("anna", town) == Center.Login(isLoggedIn: false, rowSays: false))
    }

    @Test("is read back, and what was kept before there was any is read without it")
    func forms() throws {
        for (isLoggedIn, rowSays) in [(true, false), (false, true), (true, true), (false, false)] {
            let agent = KeptAgent(
                id: "anna",
                freeSince: 5,
                wrapupEnds: isLoggedIn ? 7 : nil,
                login: Center.Login(isLoggedIn: isLoggedIn, rowSays: rowSays)
            )
            #expect(try KeptAgent(encoded: agent.encoded) == agent)
            for count in 0..<agent.encoded.count {
                #expect(throws: ByteReader.Malformed.self) { try KeptAgent(encoded: Array(agent.encoded[..<count])) }
            }
        }
        let plain = KeptAgent(id: "anna", freeSince: 5, wrapupEnds: 7)
        #expect(try KeptAgent(encoded: plain.encoded) == plain)
        let before = [1] + Array(plain.encoded.dropFirst().dropLast())
        #expect(try KeptAgent(encoded: before) == plain)
    }
}
