import CallCenter
import Exchange
import SIP
import Testing

@Suite("Dissuading from waiting")
struct DissuadingTests {
    private func town(hangsUp: Bool = false, onHold: Milliseconds? = nil, queueSize: Int? = nil) -> Town {
        Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
        } flow: { flow, phones in
            flow.dissuading = .init(
                message: phones.dissuading,
                hangsUp: hangsUp,
                onHoldThreshold: onHold,
                queueSizeThreshold: queueSize
            )
        }
    }

    @Test("The music plays until the message is joined, and begins again after it")
    func onHold() {
        let town = town(onHold: 10_000)
        let call = town.call(for: 10_000)
        #expect(town.bench.call?.state == .dissuading1)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "dissuading")
        #expect(town.queue.log == ["invite sdp=alice", "ack", "bye"])
        #expect(town.dissuading.log == ["invite", "ack sdp=alice"])
        town.bench.run(for: 3_000)
        #expect(town.bench.call?.state == .queued)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        town.bench.run(for: 60_000)
        #expect(town.dissuading.order.count == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("With dissuading_hangup the call ends after the message, and is counted as dissuaded")
    func hangsUp() {
        let town = town(hangsUp: true, onHold: 10_000)
        town.call(for: 10_000)
        #expect(town.bench.call?.state == .dissuading2)
        town.bench.run(for: 3_000)
        #expect(town.bench.call == nil)
        #expect(town.caller.log.last == "bye")
        #expect(town.record(0)?.callType == .unanswered)
        #expect(town.record(0)?.cause == "dissuaded")
        #expect(town.record(0)?.wait == 13_000)
        #expect(town.bench.snapshot.totals.counters.failed[FailureCause.dissuaded.ordinal] == 1)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A reload that brings the rule sends nobody away without the message, which its call does not know")
    func ruleByReload() {
        let town = town()
        town.bench.provision([town.flow], [])
        var flow = town.flow
        flow.dissuading = nil
        town.bench.provision([flow], [])
        let call = town.call(for: 1_000)
        flow.dissuading = .init(message: town.dissuading.uri, hangsUp: true, onHoldThreshold: 2_000)
        town.bench.provision([flow], [])
        // Somebody rings for it meanwhile, and does not take it: on its way back the rule holds.
        town.anna.manner = .refuse(486)
        town.bench.provision(
            [flow],
            [AgentDefinition(id: "anna", location: town.anna.uri, isLoggedIn: true, skills: ["help"])]
        )
        town.bench.run(for: 30_000)
        #expect(town.bench.call?.state == .queued)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        #expect(town.dissuading.log == [])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("On arrival, an unanswered caller hears the message first, then the music")
    func onArrival() {
        let town = town(queueSize: 0)
        let call = town.call()
        #expect(town.caller.log == ["200 invite sdp=dissuading"])
        #expect(town.queue.log == [])
        town.bench.run(for: 3_000)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A message that cannot be had leaves the caller with the music that he has", arguments: [false, true])
    func noMessage(isSilent: Bool) {
        let town = town(onHold: 10_000)
        town.dissuading.manner = isSilent ? .silent : .refuse(404)
        let call = town.call(for: 20_000)
        #expect(town.bench.call?.state == .queued)
        #expect(town.queue.log == ["invite sdp=alice", "ack"])
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Music that is refused while the message is called is no loss")
    func musicEndsMeanwhile() {
        let town = town(onHold: 10_000)
        town.dissuading.manner = .answer(after: 1_000)
        let call = town.call(for: 10_500)
        town.queue.hangUp(town.queue.lastCallID)
        town.bench.run(for: 1_000)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "dissuading")
        #expect(town.queue.order.count == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller puts the music on hold while the message is being called: his re-INVITE gets an answer")
    func reinviteMeanwhile() {
        let town = town(onHold: 10_000)
        town.dissuading.manner = .answer(after: 1_000)
        let call = town.call(for: 10_500)
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2))
        town.bench.run()
        #expect(town.caller.log.last == "200 invite sdp=queue")
        town.bench.run(for: 1_000)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "dissuading")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
