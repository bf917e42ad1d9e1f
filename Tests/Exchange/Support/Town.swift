import CallCenter
import Exchange
import SIP

/// A caller, two media servers and two agents around a bench: what most tests need.
struct Town {
    let bench: Bench
    let caller: Phone
    let welcome: Phone
    let queue: Phone
    let anna: Phone
    let ben: Phone
    /// Plays `message_dissuading`.
    let dissuading: Phone
    /// Plays `message_flow_id`.
    let briefing: Phone
    /// Takes calls that overflow.
    let voicemail: Phone
    /// Takes calls that agents hand on; rings for a second.
    let desk: Phone
    let flow: FlowDefinition
    private let agents: [AgentDefinition]

    init(
        hasWelcome: Bool = false,
        agents: [String] = ["anna"],
        loggedIn: Bool = true,
        hashes: DigestHashes? = nil,
        configure: (inout ExchangeConfiguration) -> Void = { _ in },
        flow change: (inout FlowDefinition, _ phones: Phones) -> Void = { _, _ in }
    ) {
        bench = Bench(hashes: hashes, configure: configure)
        caller = bench.phone("alice", port: 7001)
        welcome = bench.phone("welcome", port: 7002, manner: .play(for: 3_000))
        queue = bench.phone("queue", port: 7003)
        anna = bench.phone("anna", port: 7004, manner: .ringAndAnswer(after: 2_000))
        ben = bench.phone("ben", port: 7005, manner: .ringAndAnswer(after: 2_000))
        dissuading = bench.phone("dissuading", port: 7006, manner: .play(for: 3_000))
        briefing = bench.phone("briefing", port: 7007, manner: .play(for: 3_000))
        voicemail = bench.phone("voicemail", port: 7008)
        desk = bench.phone("desk", port: 7009, manner: .ringAndAnswer(after: 1_000))
        let locations = ["anna": anna.uri, "ben": ben.uri]
        var flow = FlowDefinition(
            id: "support",
            skill: "help",
            prependCID: "SUP",
            messageWelcome: hasWelcome ? welcome.uri : nil,
            messageQueue: queue.uri
        )
        change(&flow, Phones(dissuading: dissuading.uri, briefing: briefing.uri, voicemail: voicemail.uri))
        self.flow = flow
        self.agents = agents.map {
            AgentDefinition(
                id: $0,
                location: locations[$0] ?? "",
                isLoggedIn: loggedIn,
                skills: ["help"],
                wrapupTime: 5_000
            )
        }
        bench.provision([flow], self.agents)
    }

    /// URIs for the columns of a flow.
    struct Phones {
        let dissuading: String
        let briefing: String
        let voicemail: String
    }

    /// A reload of the flow and the agents, with other flows beside it.
    func reload(others: [FlowDefinition] = [], withoutFlow: Bool = false, withoutAgents: Bool = false) {
        bench.provision((withoutFlow ? [] : [flow]) + others, withoutAgents ? [] : agents)
        bench.run()
    }

    /// A caller with SDP, some time after his INVITE.
    @discardableResult
    func call(for time: Milliseconds = 0) -> String {
        let call = caller.invite("support", sdp: caller.sdp())
        bench.run(for: time)
        return call
    }

    /// Lets every transaction run out, then says what is left.
    func leftoversAtTheEnd() -> [String] {
        bench.run(for: 120_000)
        return bench.leftovers()
    }

    func logIn(_ agent: String, _ isLoggedIn: Bool = true) throws {
        try bench.exchange.setLogin(agentID: agent, loggedIn: isLoggedIn, now: bench.now)
        bench.run()
    }

    /// The record with this offer number, of the only call.
    func record(_ number: Int) -> CallDetailRecord? { bench.records.first { $0.offerNumber == number } }

    /// To tags of the responses of this status that the caller has seen, each once.
    func callersTags(_ status: UInt16) -> [String] {
        caller.received.filter { $0.status == status }.compactMap { message in
            message.to.tag.map { message.text(of: $0) }
        }
    }
}
