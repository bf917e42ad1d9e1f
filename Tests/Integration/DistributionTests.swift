import Testing

@Suite("Distribution", .staged)
struct DistributionTests {
    @Test("60 calls on 5 agents: all answered, in order of arrival within a priority, never two calls on one agent")
    func sixtyCalls() async throws {
        let wrapup = 1.0
        let queue = try await Sipp.callee("queue", .answers(ring: 50))
        let staff = try await Sipp.callee("agents", .answers(ring: 100, talk: 400))
        let agents = ["anna", "ben", "cleo", "dora", "emil"]
        let daemon = try await Daemon.start(
            flows: [
                .init(id: "gold", skill: "selling", priority: 1, queue: queue.port),
                .init(id: "silver", skill: "selling", priority: 5, queue: queue.port),
            ],
            agents: agents.map { .init(id: $0, skills: "cooking,selling", port: staff.port) }
        )
        let flows = (0..<60).map { $0 % 3 == 2 ? "gold" : "silver" }
        let callers = try Sipp.callers(
            "c",
            .init(end: .stay, patience: 60_000),
            flows: flows,
            to: daemon.port,
            rate: 20
        )
        try await callers.finish(within: .seconds(90))
        try await daemon.expectQuiet(after: Outcome(answered: 60))
        try await staff.dismiss()
        try await queue.dismiss()
        expectSoundDialogs(try callers.messages())
        expectSoundDialogs(try staff.messages())
        expectSoundDialogs(try queue.messages())

        let offers = try staff.invites()
        #expect(offers.count == 60)
        let served = offers.compactMap { $0.caller.flatMap { Int($0.dropFirst()) } }
        let flow = { (caller: Int) in flows[caller - 1] }
        for name in ["gold", "silver"] {
            let ofFlow = served.filter { flow($0) == name }
            #expect(ofFlow == ofFlow.sorted(), "\(name) in order of arrival")
        }
        try expectPriorities(offers, flow, queue)
        expectOneCallAtATime(try staff.messages(), agents, pause: wrapup)
        let answered = try await daemon.json([String: Int].self, "get_statistics")
        for agent in agents {
            #expect((answered["cca_answ_incalls_\(agent)"] ?? 0) >= 6, "the work is shared: \(agent)")
        }
    }

    /// No silver call is offered while a gold one has been waiting for a while.
    private func expectPriorities(_ offers: [SIPLogEntry], _ flow: (Int) -> String, _ queue: Sipp) throws {
        let margin = 1.0
        let arrivals = Dictionary(
            try queue.invites().compactMap { invite in
                invite.caller.flatMap { Int($0.dropFirst()) }.map { ($0, invite.time) }
            },
            uniquingKeysWith: min
        )
        var waiting = arrivals
        for offer in offers {
            guard let caller = offer.caller.flatMap({ Int($0.dropFirst()) }) else { continue }
            waiting[caller] = nil
            guard flow(caller) == "silver" else { continue }
            let overtaken = waiting.filter { flow($0.key) == "gold" && $0.value < offer.time - margin }
            #expect(overtaken.isEmpty, "silver call \(caller) overtook gold ones \(overtaken.keys.sorted())")
        }
    }

    /// From INVITE to BYE, and for the wrap-up after it, an agent has no other call.
    private func expectOneCallAtATime(_ log: [SIPLogEntry], _ agents: [String], pause: Double) {
        struct Stay {
            var agent: String
            var begin: Double
            var end: Double
        }
        var stays: [String: Stay] = [:]
        for message in log {
            if message.method == "INVITE", !message.isSent, stays[message.callID] == nil,
                let agent = message.text.firstMatch(of: /^INVITE sip:([a-z]+)@/)
            {
                stays[message.callID] = Stay(agent: String(agent.1), begin: message.time, end: message.time)
            }
            // The wrap-up begins with the BYE; sipp sends one of its own, once a call.
            if message.method == "BYE", let end = stays[message.callID]?.end, end == stays[message.callID]?.begin {
                stays[message.callID]?.end = message.time
            }
        }
        for agent in agents {
            let ofAgent = stays.values.filter { $0.agent == agent }.sorted { $0.begin < $1.begin }
            for (earlier, later) in zip(ofAgent, ofAgent.dropFirst()) {
                #expect(later.begin >= earlier.end + pause - 0.5, "two calls on \(agent), or too short a wrap-up")
            }
        }
    }

    @Test("agents who refuse or stay silent: the call keeps its place and finds one who answers")
    func refusingAgents() async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 50))
        let refusals = ["486 Busy Here", "603 Decline", "480 Temporarily Unavailable", "302 Moved Temporarily"]
        var refusing: [Sipp] = []
        for (index, status) in refusals.enumerated() {
            refusing.append(try await .callee("refusing\(index)", .refuses(status)))
        }
        let silent = try await Sipp.callee("silent", .silent)
        let good = try await Sipp.callee("good", .answers(ring: 100, talk: 500))
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
            agents: (refusing + [silent, good]).enumerated().map { index, sipp in
                .init(id: "agent\(index)", skills: "selling", port: sipp.port)
            },
            options: .init(ringTimeout: 2, reofferDelay: 2, maxNoAnswer: 2)
        )
        let callers = try Sipp.callers(
            "c",
            .init(end: .stay),
            flows: Array(repeating: "sales", count: 8),
            to: daemon.port,
            rate: 4
        )
        try await callers.finish()
        let offers = try (refusing + [silent]).map { try $0.invites().count }.reduce(0, +)
        #expect(offers > 5, "they were asked")
        try await daemon.expectQuiet(after: Outcome(answered: 8, refusals: offers))
        for sipp in refusing + [silent, good, queue] { try await sipp.dismiss() }
        #expect(try good.invites().count == 8)
        let records = try await daemon.records()
        for (index, status) in refusals.enumerated() {
            let rows = records.filter { $0.agent_id == "agent\(index)" }
            #expect(rows.count == (try refusing[index].invites().count))
            #expect(rows.allSatisfy { $0.call_type == -2 && $0.sip_status == Int(status.prefix(3)) && $0.talk_ms == 0 })
        }
        let unanswered = records.filter { $0.cause == "no_answer" }
        #expect(unanswered.count == (try silent.invites().count))
        #expect(unanswered.allSatisfy { $0.agent_id == "agent4" && $0.pickup_ms == 0 })
        // He was asked as often as max_no_answer allows, and no more.
        #expect(unanswered.count <= 2)
        if unanswered.count == 2 {
            #expect(try await daemon.agents().first { $0.id == "agent4" }?.loggedIn == "NO")
        }
        #expect(records.filter { $0.call_type == 0 }.map(\.rejected).reduce(0, +) == offers)
    }

    @Test("skills decide who is called, and the agent free the longest comes first")
    func skillsAndIdleTime() async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 50))
        let staff = try await Sipp.callee("agents", .answers(ring: 100, talk: 300))
        let daemon = try await Daemon.start(
            flows: [
                .init(id: "sales", skill: "selling", queue: queue.port),
                .init(id: "support", skill: "helping", queue: queue.port),
            ],
            agents: [
                .init(id: "anna", skills: "selling", port: staff.port),
                .init(id: "ben", skills: "helping, selling", port: staff.port),
                .init(id: "cleo", skills: "helping", port: staff.port),
            ]
        )
        let flows = ["sales", "support", "sales", "support", "sales", "support"]
        // One at a time, slowly enough that everybody is free again.
        let callers = try Sipp.callers("c", .init(end: .stay), flows: flows, to: daemon.port, rate: 1, atOnce: 1)
        try await callers.finish()
        try await daemon.expectQuiet(after: Outcome(answered: 6))
        let skills = ["anna": ["sales"], "ben": ["sales", "support"], "cleo": ["support"]]
        var served: [String: Int] = [:]
        for record in try await daemon.records() {
            let agent = try #require(record.agent_id)
            #expect(skills[agent]?.contains(record.flow_id) == true, "\(agent) got a call of \(record.flow_id)")
            served[agent, default: 0] += 1
        }
        #expect(served.count == 3, "everybody had a turn: \(served)")
    }
}
