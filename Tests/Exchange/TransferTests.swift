import CallCenter
import Exchange
import SIP
import Testing

/// CALLS.md section 2, REFER.
@Suite("An agent hands the caller on")
struct TransferTests {
    private func talking(
        agents: [String] = ["anna"],
        _ configure: @escaping (inout ExchangeConfiguration) -> Void = { _ in }
    ) -> (Town, String) {
        let town = Town(agents: agents, configure: configure)
        return (town, town.call(for: 3_000))
    }

    @Test("The target is called, the caller joined to it, the agent told and let go, and the record says so")
    func blind() {
        let (town, call) = talking()
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run()
        #expect(town.anna.log.contains("202 refer"))
        #expect(town.bench.call?.state == .toagent)
        town.bench.run(for: 1_500)
        #expect(town.anna.notified == ["SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK"])
        #expect(town.anna.log.last == "bye")
        #expect(town.desk.log == ["invite", "ack sdp=alice"])
        #expect(town.caller.log.suffix(2).contains("invite sdp=desk"))
        #expect(town.bench.call?.state == .transferred)
        #expect(town.bench.agent("anna")?.state == .wrapup)
        let record = town.record(0)
        #expect(record?.transferredTo == town.desk.uri)
        #expect(record?.callType == .answered)
        #expect(record?.cause == "transferred")
        #expect(record?.talk == 2_000)
        #expect(town.bench.snapshot.totals.counters.answered == 1)
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.desk.log.last == "bye")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("NOTIFYs belong to the REFER: event, state, type, Contact; those of a second one name it")
    func notifications() {
        let (town, call) = talking()
        town.desk.manner = .refuse(486)
        for _ in 0..<2 {
            town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
            town.bench.run(for: 100)
        }
        let notifications = town.anna.received.filter { $0.isRequest && $0.method == .notify }
        let lines = notifications.map { message in
            [HeaderName.event, .subscriptionState].map { message.first($0).map { message.text(of: $0) } ?? "" }
        }
        #expect(
            lines == [
                ["refer", "active;expires=300"], ["refer", "terminated;reason=noresource"],
                ["refer;id=3", "active;expires=300"], ["refer;id=3", "terminated;reason=noresource"],
            ]
        )
        #expect(notifications.allSatisfy { $0.hasContentType("message/sipfrag") && $0.has(.contact) })
        let accepted = town.anna.received.filter { $0.status == 202 }
        #expect(accepted.count == 2 && accepted.allSatisfy { $0.has(.contact) })
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A target that refuses, or does not answer in time, leaves the caller with his agent", arguments: [486, 408])
    func failed(status: Int) {
        let (town, call) = talking { $0.agentRingTimeout = 10_000 }
        town.desk.manner = status == 486 ? .refuse(486) : .ring
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 11_000)
        #expect(town.anna.notified.last?.hasPrefix("SIP/2.0 \(status)") == true)
        #expect(town.desk.dialogs.values.allSatisfy { $0.isOver || !$0.isUp })
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(town.bench.records.isEmpty)
        // And they still hear each other.
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2))
        town.bench.run()
        #expect(town.anna.log.last == "ack")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller who does not take the target's offer keeps his agent; the target is refused every medium, then BYE")
    func notJoined() {
        let (town, call) = talking()
        town.desk.manner = .answer(after: 0)
        town.caller.reinviteStatus = 488
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 100)
        #expect(town.desk.log == ["invite", "ack sdp=-", "bye"])
        #expect(town.desk.last?.remoteSDP?.ports == [0])
        #expect(town.anna.notified.last?.hasPrefix("SIP/2.0 488") == true)
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A target that hangs up while the caller is being joined to it: the caller is joined to his agent again")
    func lostWhileJoining() throws {
        let (town, call) = talking()
        town.desk.manner = .answer(after: 0)
        town.caller.ignoresReinvite = true
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 100)
        let invite = try #require(town.caller.received.last)
        town.desk.hangUp(town.desk.lastCallID)
        town.bench.run()
        #expect(town.anna.notified.last?.hasPrefix("SIP/2.0 480") == true)
        town.caller.ignoresReinvite = false
        town.caller.accept(invite, call)
        town.bench.run(for: 5_000)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        #expect(town.anna.log.last == "ack sdp=alice")
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Only hosts of agents may be called, unless the scenario lists others; nobody else is: no toll fraud")
    func allowed() throws {
        let (town, call) = talking()
        town.anna.refer(town.anna.lastCallID, to: "sip:+88213@satellite.example")
        town.bench.run()
        #expect(town.anna.log.last == "403 refer")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
        let pattern = try RoutePattern("sip:desk@*")
        let (listed, second) = talking { $0.scenario.refer = .init(allowed: [pattern]) }
        listed.anna.refer(listed.anna.lastCallID, to: listed.ben.uri)
        listed.bench.run()
        #expect(listed.anna.log.last == "403 refer")
        listed.anna.refer(listed.anna.lastCallID, to: listed.desk.uri)
        listed.bench.run()
        #expect(listed.anna.log.contains("202 refer"))
        listed.caller.hangUp(second)
        #expect(listed.leftoversAtTheEnd() == [])
    }

    @Test(
        "A target that says with maddr where it really leads is not called, whatever its host and the scenario say",
        arguments: [nil, "sip:*@127.0.0.1*"]
    )
    func maddr(allowed: String?) throws {
        let patterns = try allowed.map { [try RoutePattern($0)] }
        let (town, call) = talking { $0.scenario.refer = .init(allowed: patterns) }
        town.anna.refer(town.anna.lastCallID, to: "sip:+19005551234@127.0.0.1:7009;MADDR=192.0.2.9")
        town.bench.run()
        #expect(town.anna.log.last == "403 refer")
        town.anna.refer(town.anna.lastCallID, to: "sip:desk@127.0.0.1:7009")
        town.bench.run()
        #expect(town.anna.log.contains("202 refer"))
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A method that is INVITE is not said to the target again")
    func method() {
        let (town, call) = talking()
        town.anna.refer(town.anna.lastCallID, to: "\(town.desk.uri);method=INVITE;x=y")
        town.bench.run()
        let invite = town.desk.received.first { $0.method == .invite }
        #expect(invite?.requestURI.map { invite?.text(of: $0) } == "\(town.desk.uri);x=y")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A REFER with two targets is refused, in two lines or in one")
    func twoTargets() {
        let (town, call) = talking()
        for target in ["\(town.desk.uri)>, <\(town.ben.uri)", "\(town.desk.uri)>\r\nRefer-To: <\(town.ben.uri)"] {
            town.anna.refer(town.anna.lastCallID, to: target)
            town.bench.run()
            #expect(town.anna.log.last == "400 refer")
        }
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller hands nobody on")
    func callersRefer() {
        let (town, call) = talking()
        town.caller.refer(call, to: town.desk.uri)
        town.bench.run()
        #expect(town.caller.log.last == "403 refer")
        #expect(town.desk.log == [])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "A REFER without a target that can be invited is refused",
        arguments: ["tel:+1", "sip:desk@127.0.0.1:7009;method=BYE", "mailto:a@b"]
    )
    func unusable(target: String) {
        let (town, call) = talking()
        town.anna.refer(town.anna.lastCallID, to: target)
        town.bench.run()
        #expect(town.anna.log.last == "400 refer")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("With refer: refuse, it is refused")
    func refused() {
        let (town, call) = talking { $0.scenario.refer.policy = .refuse }
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run()
        #expect(town.anna.log.last == "603 refer")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("With refer: relay, it goes to the other side with its target, and the NOTIFYs come back")
    func relayed() {
        let (town, call) = talking { $0.scenario.refer.policy = .relay }
        town.anna.refer(town.anna.lastCallID, to: "sip:anyone@example.com")
        town.bench.run()
        #expect(town.anna.log.last == "200 refer")
        let refer = town.caller.received.last { $0.isRequest && $0.method == .refer }
        #expect(refer?.firstAddress(.referTo).flatMap { refer?.text(of: $0.uri) } == "sip:anyone@example.com")
        #expect(refer?.has(.contact) == true)
        town.caller.ask("NOTIFY", call, extra: ["Event: refer", "Subscription-State: active"])
        town.bench.run()
        #expect(town.anna.log.last == "notify")
        #expect(town.caller.log.last == "200 notify")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent who hangs up behind his REFER has handed the caller on", arguments: [true, false])
    func agentHangsUp(answers: Bool) {
        let (town, call) = talking()
        if !answers { town.desk.manner = .refuse(486) }
        let before = town.bench.agent("anna")?.state
        town.desk.manner = answers ? .ringAndAnswer(after: 1_000) : .ring
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 100)
        town.anna.hangUp(town.anna.lastCallID)
        town.bench.run()
        #expect(before == .incall)
        #expect(town.bench.agent("anna")?.state == .wrapup)
        #expect(town.record(0)?.transferredTo == town.desk.uri)
        #expect(town.bench.call?.state == .transferred)
        if answers {
            town.bench.run(for: 2_000)
            #expect(town.desk.log.last == "ack sdp=alice")
            town.caller.hangUp(call)
        } else {
            town.desk.refuse(486)
            town.bench.run()
            #expect(town.caller.log.last == "bye")
        }
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller who hangs up while the target rings ends all three")
    func callerLeaves() {
        let (town, call) = talking()
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 500)
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.desk.log == ["invite", "cancel", "ack"])
        #expect(town.anna.log.last == "bye")
        #expect(town.record(0)?.cause == "answered")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("The handed-on call has a deadline of its own")
    func deadline() {
        let (town, _) = talking { $0.maxCallDuration = 60_000 }
        town.bench.run(for: 40_000)
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 50_000)
        #expect(town.bench.call?.state == .transferred)
        town.bench.run(for: 15_000)
        #expect(town.bench.call == nil)
        #expect(town.desk.log.last == "bye")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A second REFER while the first is under way has to wait")
    func twice() {
        let (town, call) = talking()
        town.desk.manner = .ring
        for _ in 0..<2 { town.anna.refer(town.anna.lastCallID, to: town.desk.uri) }
        town.bench.run()
        #expect(town.anna.log.contains("491 refer"))
        #expect(town.desk.order.count == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A target whose URI leads past its host is judged by where it leads: no toll fraud by maddr")
    func ledElsewhere() throws {
        let (town, call) = talking()
        for parameter in ["maddr=127.0.0.9", "MADDR=gateway.example"] {
            town.anna.refer(town.anna.lastCallID, to: "\(town.desk.uri);\(parameter)")
            town.bench.run()
            #expect(town.anna.log.last == "403 refer")
        }
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
        let pattern = try RoutePattern("sip:desk@*")
        let (listed, second) = talking { $0.scenario.refer = .init(allowed: [pattern]) }
        listed.anna.refer(listed.anna.lastCallID, to: "\(listed.desk.uri);maddr=127.0.0.9")
        listed.bench.run()
        #expect(listed.anna.log.last == "403 refer")
        #expect(listed.desk.log == [])
        // Twice: we would take the first, and a proxy behind us perhaps the second.
        for second in ["maddr", "%6daddr"] {
            listed.anna.refer(
                listed.anna.lastCallID,
                to: "\(listed.desk.uri);maddr=127.0.0.1;\(second)=127.0.0.9"
            )
            listed.bench.run()
            #expect(listed.anna.log.last == "400 refer")
        }
        #expect(listed.desk.log == [])
        listed.anna.refer(listed.anna.lastCallID, to: "\(listed.desk.uri);maddr=127.0.0.1")
        listed.bench.run()
        #expect(listed.anna.log.contains("202 refer"))
        listed.caller.hangUp(second)
        #expect(listed.leftoversAtTheEnd() == [])
    }
}
