import CallCenter
import Exchange
import SIP
import Testing

@Suite("Overflow: when nobody comes")
struct OverflowTests {
    private func town(
        to target: String? = nil,
        onNoAgents: FlowDefinition.NoAgentsPolicy = .keep,
        loggedIn: Bool = false,
        hasWelcome: Bool = false
    ) -> Town {
        Town(hasWelcome: hasWelcome, loggedIn: loggedIn) {
            $0.policy.rejectOnNoAgents = false
            $0.maxWait = 20_000
        } flow: { flow, phones in
            flow.overflowURI = target ?? phones.voicemail
            flow.onNoAgents = onNoAgents
        }
    }

    @Test("After max_wait the caller is connected to the SIP URI, with the music until then")
    func toAddress() {
        let town = town()
        town.voicemail.manner = .ringAndAnswer(after: 4_000)
        let call = town.call(for: 23_999)
        #expect(town.bench.records.isEmpty)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        town.bench.run(for: 1)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "voicemail")
        #expect(town.queue.log.last == "bye")
        #expect(town.bench.call?.state == .transferred)
        #expect(town.record(0)?.cause == "overflow")
        #expect(town.record(0)?.transferredTo == town.voicemail.uri)
        #expect(town.record(0)?.wait == 24_000)
        town.bench.run(for: 30_000)
        town.voicemail.hangUp(town.voicemail.lastCallID)
        town.bench.run()
        #expect(town.caller.log.last == "bye")
        #expect(town.bench.records.count == 1)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An unanswered caller gets the answer of whoever takes him")
    func unanswered() {
        let town = town(onNoAgents: .overflow)
        town.voicemail.manner = .ringAndAnswer(after: 2_000)
        let call = town.call(for: 2_000)
        #expect(town.caller.log == ["180 invite", "200 invite sdp=voicemail"])
        #expect(town.queue.log == [])
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2))
        town.bench.run()
        #expect(town.voicemail.log == ["invite sdp=alice", "ack", "invite sdp=alice", "ack"])
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.voicemail.log.last == "bye")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("If nobody takes him there either, the call ends", arguments: [486, nil])
    func fails(status: Int?) {
        let town = town()
        town.voicemail.manner = status.map { .refuse($0) } ?? .silent
        town.call(for: 60_000)
        #expect(town.bench.call == nil)
        #expect(town.caller.log.last == "bye")
        #expect(town.record(0)?.cause == "overflow")
        #expect(town.record(0)?.transferredTo == nil)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller who leaves before he is taken is abandoned")
    func leaves() {
        let town = town()
        town.voicemail.manner = .ring
        let call = town.call(for: 22_000)
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.record(0)?.cause == "abandoned")
        #expect(town.bench.snapshot.totals.counters.abandoned == 1)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent whose phone rings when the wait ends is let go")
    func ringingAgent() throws {
        let town = town()
        town.anna.manner = .ring
        let call = town.call(for: 15_000)
        try town.logIn("anna")
        town.bench.run(for: 5_000)
        #expect(town.anna.log == ["invite", "cancel", "ack"])
        #expect(town.bench.agent("anna")?.state == .free)
        #expect(town.bench.call?.state == .transferred)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("The call enters another flow as a call of its own, with the wait that it has had")
    func toFlow() {
        let town = town(to: "second")
        town.reload(others: [FlowDefinition(id: "second", skill: "help", messageQueue: town.briefing.uri)])
        town.briefing.manner = .answer(after: 0)
        let call = town.call(for: 20_000)
        #expect(town.record(0)?.flowID == "support")
        #expect(town.record(0)?.transferredTo == "second")
        #expect(town.bench.call?.flowID == "second")
        #expect(town.bench.call?.number == 2)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "briefing")
        town.bench.run(for: 10_000)
        town.caller.hangUp(call)
        town.bench.run()
        let second = town.bench.records.last
        #expect(second?.flowID == "second")
        #expect(second?.wait == 30_000)
        #expect(second?.callUUID != town.record(0)?.callUUID)
        #expect(second?.callIDs.first == town.record(0)?.callIDs.first)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Flows that send callers to each other end the call, they do not go round in circles")
    func circle() {
        let town = town(to: "second", onNoAgents: .overflow)
        town.reload(others: [
            FlowDefinition(
                id: "second",
                skill: "help",
                messageQueue: town.queue.uri,
                overflowURI: "support",
                onNoAgents: .overflow
            )
        ])
        town.call()
        #expect(town.caller.log == ["480 invite"])
        #expect(town.bench.records.map(\.flowID) == ["support", "second"])
        #expect(town.bench.records.map(\.transferredTo) == ["second", nil])
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A call that came before its flow knew where to send callers waits on when it comes back from an agent")
    func ruleByReload() throws {
        let town = Town(hasWelcome: false) { $0.policy.rejectOnNoAgents = false }
        town.anna.manner = .ring
        let call = town.call(for: 1_000)
        var flow = town.flow
        flow.overflowURI = town.voicemail.uri
        flow.onNoAgents = .overflow
        let anna = AgentDefinition(id: "anna", location: town.anna.uri, isLoggedIn: false, skills: ["help"])
        town.bench.provision([flow], [anna])
        town.anna.refuse(486)
        town.bench.run(for: 1_000)
        #expect(town.bench.call?.state == .queued)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        #expect(town.voicemail.log == [])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A welcome that goes on in the next flow, whose own cannot be had, is followed by music")
    func welcomeOfBefore() {
        let town = town(to: "second", hasWelcome: true)
        town.welcome.manner = .play(for: 25_000)
        town.voicemail.manner = .refuse(404)
        town.reload(others: [
            FlowDefinition(
                id: "second",
                skill: "help",
                messageWelcome: town.voicemail.uri,
                messageQueue: town.queue.uri
            )
        ])
        let call = town.call(for: 24_000)
        #expect(town.bench.call?.flowID == "second")
        #expect(town.bench.call?.state == .queued)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "welcome")
        town.bench.run(for: 2_000)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("It is told where the call goes, and each state once")
    func notices() {
        let town = town(to: "second")
        town.reload(others: [FlowDefinition(id: "second", skill: "help", messageQueue: town.queue.uri)])
        let call = town.call(for: 25_000)
        let told: [String] = town.bench.notices.compactMap { notice in
            switch notice {
            case .callArrived(let number, _, let flow, _): "\(number) arrives at \(flow)"
            case .callState(let number, let state, let flow, _): "\(number) \(state.rawValue) in \(flow)"
            case .callOverflows(let number, let flow, let target): "\(number) leaves \(flow) for \(target)"
            case .callEnded(let number, _, _, let cause, _): "\(number) ends: \(cause)"
            default: nil
            }
        }
        #expect(
            told == [
                "1 arrives at support", "1 queued in support", "1 leaves support for second", "1 ends: overflow",
                "2 arrives at second", "2 queued in second",
            ]
        )
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("The last agent's log-off sends waiting callers away at once, and only if the flow says so")
    func lastLogOff() throws {
        for policy in [FlowDefinition.NoAgentsPolicy.keep, .overflow] {
            let town = town(onNoAgents: policy, loggedIn: true)
            town.anna.manner = .refuse(486)
            let call = town.call(for: 1_000)
            #expect(town.bench.call?.state == .queued)
            try town.logIn("anna", false)
            #expect(town.bench.call?.state == (policy == .keep ? .queued : .transferred))
            town.caller.hangUp(call)
            #expect(town.leftoversAtTheEnd() == [])
        }
    }
}
