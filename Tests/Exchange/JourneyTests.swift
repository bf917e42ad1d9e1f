import CallCenter
import Exchange
import SIP
import Testing

/// The journey of a call among scripted phones (CALLS.md section 1).
@Suite("The journey of a call")
struct JourneyTests {
    let bench = Bench()
    let caller: Phone
    let welcome: Phone
    let queue: Phone
    let agent: Phone

    init() {
        caller = bench.phone("alice", port: 7001)
        welcome = bench.phone("welcome", port: 7002, manner: .play(for: 3_000))
        queue = bench.phone("queue", port: 7003)
        agent = bench.phone("agent", port: 7004, manner: .ringAndAnswer(after: 2_000))
    }

    func provision(welcome hasWelcome: Bool = true, loggedIn: Bool = true) {
        bench.provision(
            [
                FlowDefinition(
                    id: "support",
                    skill: "help",
                    prependCID: "SUP",
                    messageWelcome: hasWelcome ? welcome.uri : nil,
                    messageQueue: queue.uri
                )
            ],
            [
                AgentDefinition(
                    id: "anna",
                    location: agent.uri,
                    isLoggedIn: loggedIn,
                    skills: ["help"],
                    wrapupTime: 5_000
                )
            ]
        )
    }

    @Test("A caller hears the welcome, then the music while the agent rings, then the agent; the agent hangs up")
    func fullJourney() {
        provision()
        let call = caller.invite("support", sdp: caller.sdp(), displayName: "Alice")
        bench.run()
        #expect(caller.log == ["200 invite sdp=welcome"])
        #expect(welcome.log == ["invite sdp=alice", "ack"])
        #expect(bench.call?.state == .welcome)

        bench.run(for: 3_000)
        // The welcome is over: the agent rings, the caller has music.
        #expect(agent.log == ["invite"])
        #expect(queue.log == ["invite", "ack sdp=alice"])
        #expect(caller.log.last == "invite sdp=queue" || caller.log.contains("invite sdp=queue"))
        #expect(bench.call?.state == .toagent)
        #expect(bench.agent("anna")?.state == .incall)

        bench.run(for: 2_000)
        #expect(agent.log == ["invite", "ack sdp=alice"])
        #expect(caller.dialogs[call]?.remoteSDP?.sessionName == "agent")
        #expect(queue.log.last == "bye")
        #expect(bench.snapshot.totals.counters.answered == 1)

        bench.run(for: 10_000)
        agent.hangUp(agent.lastCallID)
        bench.run()
        #expect(caller.log.last == "bye")
        #expect(bench.agent("anna")?.state == .wrapup)
        bench.run(for: 5_000)
        #expect(bench.agent("anna")?.state == .free)
        let record = bench.records.first
        #expect(record?.callType == .answered)
        #expect(record?.wait == 5_000)
        #expect(record?.pickup == 2_000)
        #expect(record?.talk == 10_000)
        #expect(record?.endedBy == .agent)
        #expect(record?.agentID == "anna")
        bench.run(for: 40_000)
        #expect(bench.leftovers() == [])
    }
}
