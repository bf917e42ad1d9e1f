import CallCenter
import Exchange
import SIP

/// The core among scripted phones, on a clock that the test moves. Datagrams take no time unless a test says so.
final class Bench {
    let endpoint = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 5060)
    var exchange: Exchange
    private(set) var now: Milliseconds = 1_000_000
    private var phones: [Endpoint: Phone] = [:]
    private var inTransit: [(bytes: [UInt8], from: Endpoint)] = []
    private var agenda: [(at: Milliseconds, order: Int, action: () -> Void)] = []
    private var ordered = 0
    /// Whether a datagram between the core and a phone is lost.
    var loses: (_ message: Message, _ toCore: Bool) -> Bool = { _, _ in false }
    /// Whether nothing gets from or to a phone any more.
    var isDead: (Endpoint) -> Bool = { _ in false }
    /// Whether names are looked for in vain, and nobody says so.
    var isNameServerSilent = false
    private(set) var records: [CallDetailRecord] = []
    private(set) var notices: [Notice] = []
    /// What the core has had kept of calls and agents: of each call the last as a whole and the changes since, of each agent the
    /// last; encoded, as in the journal.
    private(set) var keptCalls: [String: [[UInt8]]] = [:]
    private(set) var keptAgents: [String: [UInt8]] = [:]
    /// How often a call was kept.
    private(set) var keepings = 0
    /// Calls that earlier cores have received.
    private var receivedBefore: UInt64 = 0
    private var provisioning = Provisioning(flows: [], agents: [])
    private let configuration: ExchangeConfiguration
    private let hashes: DigestHashes?

    init(seed: UInt64 = 1, hashes: DigestHashes? = nil, configure: (inout ExchangeConfiguration) -> Void = { _ in }) {
        var configuration = ExchangeConfiguration()
        configuration.trusted = [IPNetwork("127.0.0.1/32")].compactMap(\.self)
        configure(&configuration)
        self.configuration = configuration
        self.hashes = hashes
        exchange = Exchange(
            configuration: configuration,
            userAgent: UserAgentConfiguration(listeners: [.init(endpoint: endpoint)], hashes: hashes),
            random: SeededGenerator(seed: seed)
        )
        exchange.wallOffset = 1_700_000_000_000
    }

    /// The core dies, and another goes on with what it has had kept. Datagrams that come meanwhile are lost.
    ///
    /// - Parameters:
    ///   - pause: for which nobody is there.
    ///   - seed: of the new core.
    ///   - withoutProvisioning: nobody knows yet which flows and agents there are.
    @discardableResult
    func restart(
        after pause: Milliseconds = 0,
        seed: UInt64 = 2,
        withoutProvisioning: Bool = false
    ) throws -> (restored: Int, lost: Int) {
        collect()
        inTransit.removeAll()
        receivedBefore += snapshot.totals.counters.received
        let lastAlive = now + exchange.wallOffset
        now += pause
        let calls = try keptCalls.values.map { try KeptCall(entries: $0) }
        let agents = try keptAgents.values.map { try KeptAgent(encoded: $0) }
        exchange = Exchange(
            configuration: configuration,
            userAgent: UserAgentConfiguration(listeners: [.init(endpoint: endpoint)], hashes: hashes),
            random: SeededGenerator(seed: seed),
            now: now
        )
        exchange.wallOffset = 1_700_000_000_000
        exchange.nextCallNumber = 1_000 * Int32(seed)
        if withoutProvisioning {
            exchange.awaitProvisioning()
        } else {
            _ = exchange.provision(provisioning, now: now)
        }
        for agent in agents {
            guard let login = agent.login else { continue }
            try? exchange.setLogin(agentID: agent.id, loggedIn: login.isLoggedIn, now: now)
        }
        // What it has had kept counts, as it does in the daemon.
        for kept in exchange.effects.kept { keep(kept) }
        exchange.effects.removeAll()
        return exchange.restore(calls: calls, agents: agents, lastAlive: lastAlive, now: now)
    }

    func phone(_ name: String, port: UInt16, manner: Phone.Manner = .answer(after: 0)) -> Phone {
        let phone = Phone(name, port: port, on: self, manner: manner)
        phones[phone.endpoint] = phone
        return phone
    }

    func provision(_ flows: [FlowDefinition], _ agents: [AgentDefinition]) {
        provisioning = Provisioning(flows: flows, agents: agents)
        _ = exchange.provision(provisioning, now: now)
        carry()
    }

    func after(_ delay: Milliseconds, _ action: @escaping () -> Void) {
        ordered += 1
        agenda.append((now + delay, ordered, action))
    }

    /// Datagrams to the core.
    func deliver(_ bytes: [UInt8], from source: Endpoint) { inTransit.append((bytes, source)) }

    /// Lets everything happen that is due until `delay` from now.
    func run(for delay: Milliseconds = 0) {
        let end = now + delay
        while true {
            carry()
            let nextAction = agenda.map(\.at).min() ?? .max
            let nextTimer = exchange.nextDeadline ?? .max
            let next = min(nextAction, nextTimer)
            guard next <= end else { break }
            now = max(now, next)
            exchange.advance(to: now)
            collect()
            let due = agenda.filter { $0.at <= now }.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
            agenda.removeAll { $0.at <= now }
            for item in due { item.action() }
        }
        now = end
        exchange.advance(to: now)
        carry()
    }

    private func carry() {
        collect()
        while !inTransit.isEmpty {
            let (bytes, source) = inTransit.removeFirst()
            if isDead(source) { continue }
            if case .message(let message) = Message.parse(bytes), loses(message, true) { continue }
            exchange.receive(bytes, from: source, on: ListenerID(0), now: now)
            collect()
        }
    }

    /// Hands the core's effects out. Names are of nobody: whoever is to be reached here has an address.
    private func collect() {
        while true {
            let effects = exchange.effects
            exchange.effects.removeAll()
            records += effects.records
            notices += effects.notices
            for kept in effects.kept { keep(kept) }
            for outgoing in effects.datagrams {
                guard case .message(let message) = Message.parse(outgoing.bytes) else { continue }
                guard !loses(message, false), !isDead(outgoing.destination) else { continue }
                guard outgoing.destination != endpoint else {
                    inTransit.append((outgoing.bytes, endpoint))
                    continue
                }
                phones[outgoing.destination]?.receive(message)
            }
            if effects.lookups.isEmpty || isNameServerSilent { break }
            for lookup in effects.lookups { exchange.located(lookup.id, targets: [], now: now) }
        }
    }

    private func keep(_ kept: Keeping) {
        switch kept {
        case .call(let key, _, let encoded):
            keepings += 1
            keptCalls[key] = [encoded]
        case .callChanged(let key, _, let encoded):
            keepings += 1
            keptCalls[key]?.append(encoded)
        case .callEnded(let key, _): keptCalls[key] = nil
        case .agent(let agent): keptAgents[agent.id] = agent.encoded
        }
    }

    // MARK: Looking

    var snapshot: CenterSnapshot { exchange.snapshot(now: now) }

    var call: CenterSnapshot.Call? { snapshot.calls.first }

    /// Of the first agent of that name.
    func agent(_ id: String) -> CenterSnapshot.Agent? { snapshot.agents.first { $0.id == id } }

    /// What is left after everything should be over; empty is good.
    func leftovers() -> [String] {
        let snapshot = snapshot
        let counters = snapshot.totals.counters
        var found: [String] = []
        if !snapshot.calls.isEmpty { found.append("\(snapshot.calls.count) calls") }
        if exchange.transactionsAlive > 0 { found.append("\(exchange.transactionsAlive) transactions") }
        if exchange.dialogsAlive > 0 { found.append("\(exchange.dialogsAlive) dialogs") }
        if exchange.timersRunning > 0 { found.append("\(exchange.timersRunning) timers") }
        for agent in snapshot.agents where agent.state != .free { found.append("\(agent.id) is \(agent.state)") }
        let ended = counters.answered + counters.abandoned + counters.failed.reduce(0, +)
        let begun = counters.received + counters.restored
        if begun != ended { found.append("\(begun) received or restored, \(ended) ended") }
        // A call that an agent hands on into another flow is a call of each.
        let finals = records.filter { $0.callType != .refused }.count
        let calls = receivedBefore + counters.received
        if UInt64(finals) != calls { found.append("\(calls) calls, \(finals) final records") }
        if !keptCalls.isEmpty { found.append("\(keptCalls.count) calls kept") }
        if Set(records.map { "\($0.callUUID)-\($0.offerNumber)" }).count != records.count {
            found.append("doubled records")
        }
        found += notices.compactMap { if case .repaired(let what) = $0 { what } else { nil } }
        return found
    }
}
