import CallCenter
import Exchange
import SIP
import Testing

/// A route that logs the calling agent in or off.
@Suite("Log-in by a call")
struct AgentLoginTests {
    private func town(loggedIn: Bool) throws -> Town {
        let routes = try Route.AgentLogin.allCases.map { login in
            Route(pattern: try RoutePattern("sip:\(login.rawValue)@*"), flow: nil, agentLogin: login)
        }
        return Town(loggedIn: loggedIn) {
            $0.routes = routes
            $0.policy.rejectOnNoAgents = false
        }
    }

    @Test(
        "The agent is known by his location, and told with 480",
        arguments: [
            ("on", false, true), ("on", true, true), ("off", true, false), ("toggle", true, false),
            ("toggle", false, true),
        ]
    )
    func logs(number: String, before: Bool, after: Bool) throws {
        let town = try town(loggedIn: before)
        town.anna.invite(number, sdp: town.anna.sdp())
        town.bench.run()
        #expect(town.anna.log == ["480 invite"])
        #expect(town.bench.agent("anna")?.isLoggedIn == after)
        let changes = town.bench.notices.filter { if case .agentChanged = $0 { true } else { false } }
        #expect(changes.count == (before == after ? 1 : 2) - (before ? 0 : 1))
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Whoever is at no agent's location is refused with 403")
    func stranger() throws {
        let town = try town(loggedIn: false)
        town.caller.invite("on", sdp: town.caller.sdp())
        town.bench.run()
        #expect(town.caller.log == ["403 invite"])
        #expect(town.bench.agent("anna")?.isLoggedIn == false)
    }

    @Test("Logged in by his call, an agent gets the call that waits")
    func getsWaitingCall() throws {
        let town = try town(loggedIn: false)
        let call = town.call(for: 10_000)
        town.anna.manner = .answer(after: 0)
        town.anna.invite("on", sdp: town.anna.sdp())
        town.bench.run(for: 100)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
