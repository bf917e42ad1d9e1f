import CallCenter
import Exchange
import SIP
import Testing

/// CALLS.md section 1, scenarios: what each key does. `offer` and `refer` have suites of their own.
@Suite("A scenario says")
struct ScenarioTests {
    private func talking(_ change: @escaping (inout Scenario) -> Void) -> (Town, String) {
        let town = Town { change(&$0.scenario) }
        return (town, town.call(for: 3_000))
    }

    @Test("whether media of an unanswered caller's provisional responses pass", arguments: [false, true])
    func earlyMedia(isRelayed: Bool) throws {
        let town = Town { $0.scenario.relaysEarlyMedia = isRelayed }
        town.anna.manner = .silent
        let call = town.call()
        let invite = try #require(town.anna.received.last)
        town.anna.answer(invite, 183, town.anna.lastCallID, body: town.anna.sdp())
        town.bench.run()
        #expect(town.caller.log.last == (isRelayed ? "183 invite sdp=anna" : "183 invite"))
        town.anna.accept(invite, town.anna.lastCallID)
        town.bench.run()
        #expect(town.caller.log.last == "200 invite sdp=anna")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("which requests pass while two talk", arguments: ["INFO", "MESSAGE", "NOTIFY"])
    func relayed(method: String) {
        let (town, call) = talking { $0.relayed = [.info, .notify] }
        town.caller.ask(method, call, extra: method == "NOTIFY" ? ["Event: x", "Subscription-State: active"] : [])
        town.bench.run()
        let name = method.lowercased()
        #expect(town.anna.log.contains(name) == (method != "MESSAGE"))
        #expect(town.caller.log.last == (method == "MESSAGE" ? "403 message" : "200 \(name)"))
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A NOTIFY that nobody has asked for belongs to no subscription, unless the scenario relays it")
    func notify() {
        let (town, call) = talking { _ in }
        town.caller.ask("NOTIFY", call, extra: ["Event: x", "Subscription-State: active"])
        town.bench.run()
        #expect(town.caller.log.last == "481 notify")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("whether an UPDATE of the session passes", arguments: [true, false])
    func update(isRelayed: Bool) throws {
        let (town, call) = talking { if !isRelayed { $0.relayed = [] } }
        var dialog = try #require(town.caller.dialogs[call])
        dialog.cseq += 1
        town.caller.dialogs[call]?.cseq += 1
        let body = town.caller.sdp(version: 2)
        town.caller.send(town.caller.request("UPDATE", in: dialog, branch: "z9hG4bK-u", body: body))
        town.bench.run()
        #expect(town.anna.log.contains { $0 == "invite sdp=alice" } == true)
        #expect(town.caller.log.last == (isRelayed ? "200 update sdp=anna" : "488 update"))
        #expect(town.caller.warnings.count == (isRelayed ? 0 : 1))
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("which header fields of the caller's INVITE go along, under their full names, and none that belongs to a leg")
    func passedHeaders() {
        let town = Town()
        let extra = [
            "P-Asserted-Identity: <sip:real@example.com>", "Privacy: id", "s: help", "X-Secret: 1",
            "Record-Route: <sip:127.0.0.1:7001;lr>", "Supported: x-tension", "User-Agent: theirs",
        ]
        let call = town.caller.invite("support", sdp: town.caller.sdp(), extra: extra)
        town.bench.run(for: 3_000)
        #expect(town.anna.invited("P-Asserted-Identity") == "<sip:real@example.com>")
        #expect(town.anna.invited("Privacy") == "id")
        #expect(town.anna.invited("Subject") == "help")
        #expect(town.anna.invited("X-Secret") == nil)
        #expect(town.anna.invited("Record-Route") == nil)
        #expect(town.anna.invited("User-Agent") == "callcenterd")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("that all header fields of a prefix go along, as far as there is room")
    func passedPrefix() {
        let town = Town { $0.scenario.passed = ["X-*"].compactMap(HeaderPattern.init) }
        let long = String(repeating: "x", count: 1_100)
        let extra = ["x-one: 1", "Subject: s", "X-Two: \(long)", "X-Three: \(long)", "X-Four: 4"]
        let call = town.caller.invite("support", sdp: town.caller.sdp(), extra: extra)
        town.bench.run(for: 3_000)
        #expect(town.anna.invited("X-One") == "1")
        #expect(town.anna.invited("Subject") == nil)
        #expect(town.anna.invited("X-Two") == long)
        #expect(town.anna.invited("X-Three") == nil)
        #expect(town.anna.invited("X-Four") == "4", "what is too long keeps out nothing but itself")
        let told = town.bench.notices.compactMap { if case .headersLeftOut(let count, _) = $0 { count } else { nil } }
        #expect(told == [1])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("that no prefix stands for what only we can write: no second Call-ID, no foreign Record-Route or Require")
    func prefixOfOurs() {
        let town = Town { $0.scenario.passed = ["Call-*", "Re*"].compactMap(HeaderPattern.init) }
        let extra = [
            "Call-Info: <sip:i@b>", "Reply-To: <sip:r@b>", "Record-Route: <sip:127.0.0.1:7001;lr>", "Require: timer",
        ]
        let call = town.caller.invite("support", sdp: town.caller.sdp(), extra: extra)
        town.bench.run(for: 3_000)
        let invite = town.anna.received.first { $0.isRequest && $0.method == .invite }
        #expect(invite?.fields.count { $0.name == .callID } == 1)
        #expect(invite?.has(.callInfo) == true && invite?.has(.replyTo) == true)
        #expect(invite?.has(.recordRoute) == false && invite?.has(.require) == false)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("that a prefix does not take fields along that only we can write")
    func passedPrefixOfOurs() throws {
        let town = Town { $0.scenario.passed = ["Call-*", "Re*"].compactMap(HeaderPattern.init) }
        let extra = ["Call-Info: <http://a>", "Record-Route: <sip:127.0.0.1:7001;lr>", "Reply-To: <sip:a@b>"]
        let call = town.caller.invite("support", sdp: town.caller.sdp(), extra: extra)
        town.bench.run(for: 3_000)
        let invite = try #require(town.anna.received.first)
        #expect(invite.values(of: .callID).map { invite.text(of: $0) }.count == 1)
        #expect(town.anna.invited("Record-Route") == nil)
        #expect(town.anna.invited("Call-Info") == "<http://a>")
        #expect(town.anna.invited("Reply-To") == "<sip:a@b>")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("what is added towards an agent, and towards nobody else, with every pseudo-variable")
    func addedHeaders() throws {
        let template = "f=$cc_flow c=$cc_call w=$cc_wait p=$cc_position s=$cc_state k=$cc_skill a=$cc_agent $$"
        let header = try HeaderTemplate(name: "X-Call", value: template)
        let town = Town(loggedIn: false) {
            $0.scenario.added = [header]
            $0.policy.rejectOnNoAgents = false
        }
        let call = town.call(for: 5_200)
        try town.logIn("anna")
        #expect(town.queue.invited("X-Call") == nil)
        town.bench.run(for: 3_000)
        town.caller.hangUp(call)
        town.bench.run()
        let uuid = try #require(town.record(0)?.callUUID)
        #expect(town.anna.invited("X-Call") == "f=support c=\(uuid) w=5 p=0 s=toagent k=help a=anna $")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("that what comes from a database breaks no line")
    func cleanValues() throws {
        let header = try HeaderTemplate(name: "X-Skill", value: "$cc_skill")
        let town = Town { $0.scenario.added = [header] }
        let flow = FlowDefinition(id: "evil", skill: "a\r\nVia: x", messageQueue: town.queue.uri)
        let anna = AgentDefinition(id: "anna", location: town.anna.uri, isLoggedIn: true, skills: ["a\r\nVia: x"])
        town.bench.provision([flow], [anna])
        town.caller.invite("evil", sdp: town.caller.sdp())
        town.bench.run(for: 3_000)
        #expect(town.anna.invited("X-Skill") == "aVia: x")
    }

    @Test(
        "that a caller whose music cannot be had is let go; without that he keeps his place",
        arguments: [true, false]
    )
    func holdFailure(ends: Bool) {
        let town = Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
            if ends { $0.scenario.holdMediaFailure = .end }
        }
        let call = town.call(for: 1_000)
        town.queue.hangUp(town.queue.lastCallID)
        town.bench.run()
        #expect((town.bench.call == nil) == ends)
        #expect(town.caller.log.contains("bye") == ends)
        if ends {
            #expect(town.record(0)?.cause == "media")
        } else {
            town.caller.hangUp(call)
        }
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("What a reload changes counts for calls that come afterwards")
    func reload() {
        let town = Town()
        let call = town.call(for: 3_000)
        var configuration = ExchangeConfiguration()
        configuration.trusted = [IPNetwork("127.0.0.1/32")].compactMap(\.self)
        configuration.scenario.relayed = []
        town.bench.exchange.apply(configuration, now: town.bench.now)
        town.caller.ask("INFO", call)
        town.bench.run()
        #expect(town.caller.log.last == "200 info")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("that early media of two phones which share an INVITE reach the caller in dialogs of their own")
    func forkedEarlyMedia() throws {
        let town = Town { $0.scenario.relaysEarlyMedia = true }
        town.anna.manner = .silent
        let call = town.call(for: 100)
        let invite = try #require(town.anna.received.first)
        for (tag, port) in [("one", 42_000), ("two", 42_002)] {
            town.anna.dialogs[town.anna.lastCallID]?.localTag = tag
            let media = "m=audio \(port) RTP/AVP 0\r\n"
            town.anna.answer(invite, 183, town.anna.lastCallID, body: town.anna.sdp(media: media))
            town.bench.run()
        }
        town.anna.media = "m=audio 42002 RTP/AVP 0\r\n"
        town.anna.accept(invite, town.anna.lastCallID)
        town.bench.run()
        let tags = (town.callersTags(183), town.callersTags(200))
        #expect(tags.0.count == 2 && tags.1 == [tags.0[1]], "the second phone's dialog is the one that is answered")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
