import Testing

@testable import CallCenter

@Suite("Log-in and log-off")
struct LoginTests {
    @Test("a log-in takes the best waiting call at once")
    func loginMatches() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), agents: [.agent("ann", loggedIn: false)])
        _ = try desk.arrive()
        try desk.login("ann")
        #expect(desk.placements == ["1>ann"])
        #expect(desk.changes == ["ann offline>free", "ann free>incall"])
    }

    @Test("a second log-in changes nothing, not even free since")
    func repeated() throws {
        var desk = Desk(agents: [.agent("ann"), .agent("bob")])
        desk.advance(by: 5_000)
        try desk.login("ann")
        #expect(desk.effects == [])
        _ = try desk.arrive()
        #expect(desk.placements == ["1>ann"])
    }

    @Test("a log-off takes a free agent out")
    func logoff() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), agents: [.agent("ann")])
        try desk.login("ann", false)
        #expect(desk.changes == ["ann free>offline"])
        _ = try desk.arrive()
        #expect(desk.placements == ["1>"])
        #expect(try desk.flow().loggedAgents == 0)
    }

    @Test("a log-off during a call lets it and its wrap-up finish")
    func logoffInCall() throws {
        var desk = Desk(policy: Policy(wrapupTime: 1_000), agents: [.agent("ann")])
        let call = try desk.arrive()
        try desk.answer(call)
        try desk.login("ann", false)
        #expect(desk.changes == ["ann incall>incall"])
        try desk.hangUp(call)
        #expect(desk.changes == ["ann incall>wrapup"])
        desk.advance(by: 1_000)
        #expect(desk.changes == ["ann wrapup>offline"])
        #expect(try desk.flow().counters.answered == 1)
    }

    @Test("a log-in during wrap-up does not end it")
    func loginInWrapup() throws {
        var desk = Desk(policy: Policy(wrapupTime: 1_000, rejectOnNoAgents: false), agents: [.agent("ann")])
        let call = try desk.arrive()
        try desk.answer(call)
        try desk.hangUp(call)
        try desk.login("ann", false)
        try desk.login("ann")
        _ = try desk.arrive()
        #expect(desk.placements == ["2>"])
        desk.advance(by: 1_000)
        #expect(desk.placements == ["2>ann"])
    }

    @Test("an unknown agent is an error, and so is a removed one who still talks")
    func unknown() throws {
        var desk = Desk(agents: [.agent("ann")])
        #expect(throws: UnknownAgentError(id: "nobody")) { try desk.login("nobody") }
        _ = try desk.arrive()
        desk.reload(flows: [.flow("support")], agents: [])
        #expect(throws: UnknownAgentError(id: "ann")) { try desk.login("ann") }
        #expect(desk.center.agent(named: "ann") == nil)
    }
}
