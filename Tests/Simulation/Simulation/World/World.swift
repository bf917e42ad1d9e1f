package import Exchange
import SIP
import CallCenter

/// The core among callers, agents, media servers, strangers and a store, on a network of some weather: hours of it in seconds,
/// wholly determined by a plan and its seed. What breaks a rule stands in `findings`.
package final class World {
    static let beginning: Milliseconds = 1_000_000

    package let plan: Plan
    var temper: Temper { plan.temper }
    let core = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 5060)
    /// The wall clock minus that of the core.
    static let wallOffset: Milliseconds = 1_700_000_000_000
    var random: SeededGenerator
    var exchange: Exchange
    /// What the core has had kept, as far as it may ever be asked for.
    var memory = Memory()
    /// What the next core will find, while there is none.
    var legacy: (calls: [KeptCall], agents: [KeptAgent])?
    /// Flows and agents as a core that starts now would find them.
    var inForce = Provisioning(flows: [], agents: [])
    /// The core has died, and the next one begins then.
    var downUntil: Milliseconds?
    /// How the core is to die at the next opportunity.
    var doom: Death?
    /// Datagrams that come while there is no core are lost; else they wait in its sockets, which outlive it.
    var losesDatagrams = false
    package internal(set) var restarts = 0
    var lastDeath: Milliseconds = .min
    var isShutDown = false
    private(set) var now = World.beginning
    var judge: Judge
    var store = RecordStore()
    /// How many were looked at when they ended.
    package internal(set) var conversations = 0
    /// A digest of everything that the core sent: the same seed gives the same.
    package internal(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    package internal(set) var datagrams = 0
    let trace: Trace?

    var agenda = Agenda()
    var callers: [Caller?] = []
    private(set) var agents: [AgentPhone] = []
    private(set) var media: [MediaServer] = []
    private(set) var strangers: [Stranger] = []
    var isWriting = false
    var spare = Effects()
    /// The dialogs that the core's newest INVITE to each agent is to begin: digests of Call-IDs.
    var offered: [UInt64]
    /// All that came before: an INVITE may come again when the next has long been sent.
    var knownOffers: Set<UInt64> = []

    var sessions: [Int: Session] = [:]
    var clients: [Int: StationClient] = [:]
    var cancels: [Int: StationClient] = [:]
    var servers: [ServerKey: StationServer] = [:]
    var watches: Watches
    var oldServers = Expiry<(ServerKey, StationServer)>(after: 100_000)
    var oldSessions = Expiry<Session>(after: 100_000)
    var forgettable = Expiry<StationClient>(after: 110_000)
    /// When the core first sent INVITEs, by digest of the branch.
    var sentInvites: [UInt64: Milliseconds] = [:]
    var oldInvites = Expiry<UInt64>(after: 40_000)
    /// When what is old is forgotten next.
    var nextTidying: Milliseconds = 0
    var minted = 0

    /// What is complained of if nothing has become of it in time.
    struct Watches {
        var clients = Expiry<StationClient>(after: 32_000)
        var reinvites = Expiry<StationClient>(after: 70_000)
        /// INVITEs to media servers, and to whoever takes calls that no agent takes: for how long the core may wait for an answer.
        var mediaCalls: Expiry<MediaCall>
        var callsElsewhere: Expiry<MediaCall>

        /// When the first of them is due.
        var next: Milliseconds {
            min(
                min(clients.next ?? .max, reinvites.next ?? .max),
                min(mediaCalls.next ?? .max, callsElsewhere.next ?? .max)
            )
        }
    }

    struct MediaCall {
        let caller: Caller
        let callID: UInt64
    }

    struct ServerKey: Hashable {
        let branch: UInt64
        let method: Method
        let station: ObjectIdentifier
    }

    package init(_ plan: Plan, trace: Trace? = nil) {
        self.plan = plan
        self.trace = trace
        random = SeededGenerator(seed: plan.seed ^ 0x5EED_0F_1E55)
        let configuration = plan.configuration
        watches = Watches(
            mediaCalls: Expiry(after: configuration.mediaAnswerTimeout + 1),
            callsElsewhere: Expiry(after: configuration.agentRingTimeout + 1)
        )
        exchange = Exchange(
            configuration: configuration,
            userAgent: UserAgentConfiguration(listeners: [.init(endpoint: core)], hashes: .simulated),
            random: SeededGenerator(from: &random)
        )
        exchange.wallOffset = World.wallOffset
        judge = Judge(
            shadow: Shadow(flows: plan.flowCount, agents: plan.agentCount, policy: configuration.policy),
            limits: configuration
        )
        offered = Array(repeating: 0, count: plan.agentCount)
        for number in 0..<plan.agentCount { agents.append(AgentPhone(.agent, number, in: self)) }
        for (number, length) in plan.media.enumerated() {
            let server = MediaServer(.media, number, in: self)
            server.length = length
            media.append(server)
        }
        strangers = [Stranger(.stranger, 0, in: self)]
        Operator(self).begin()
    }

    // MARK: People and machines

    func caller(_ number: Int) -> Caller? { callers.indices.contains(number) ? callers[number] : nil }

    func caller(named name: String) -> Caller? { name.utf8.number(behind: 1).flatMap(caller) }

    /// Somebody new calls.
    func addCall(to flow: [UInt8]) {
        let caller = Caller(.caller, callers.count, in: self)
        callers.append(caller)
        caller.call(flow)
    }

    func station(at endpoint: Endpoint) -> Station? {
        let bits = UInt32(truncatingIfNeeded: endpoint.address.low)
        let number = Int(bits & 0xF_FFFF)
        switch Station.Kind(rawValue: bits >> 20 & 0xF) {
        case .caller: return caller(number)
        case .agent: return agents.indices.contains(number) ? agents[number] : nil
        case .media: return media.indices.contains(number) ? media[number] : nil
        case .stranger: return strangers.indices.contains(number) ? strangers[number] : nil
        case nil: return nil
        }
    }

    // MARK: Time

    func after(_ delay: Milliseconds, _ action: @escaping () -> Void) { agenda.plan(.script(action), at: now + delay) }

    func plan(_ job: Agenda.Job, in delay: Milliseconds) { agenda.plan(job, at: now + delay) }

    /// Runs until nothing is left to happen, or a rule is broken.
    package func run() {
        while findings.isEmpty {
            let deadline = downUntil ?? exchange.nextDeadline ?? .max
            let next = min(deadline, agenda.next ?? .max, watches.next)
            guard next < .max else { break }
            now = max(now, next)
            if deadline > now {
                // Nothing for the core.
            } else if downUntil != nil {
                comeBack()
            } else {
                exchange.advance(to: now)
                collect(.timer)
            }
            while let moment = agenda.next, moment <= now, let job = agenda.takeNext() { perform(job) }
            expire()
        }
        if findings.isEmpty {
            writeRecords(failing: 0)
            judge.lookAtTheEnd(&exchange, store, now: now)
        }
        // What is planned keeps the stations, and they each other.
        agenda.removeAll()
        for session in sessions.values { session.station.sessions = [] }
        sessions = [:]
        clients = [:]
        cancels = [:]
        servers = [:]
    }

    private func perform(_ job: Agenda.Job) {
        switch job {
        case .arrival(let bytes, let station):
            if let end = downUntil {
                if !losesDatagrams { agenda.plan(job, at: end) }
                return
            }
            switch station.kind {
            case .agent: noticePickup(bytes, by: station)
            case .media: noticeMediaAnswer(bytes)
            case .caller, .stranger: break
            }
            exchange.receive(bytes, from: station.address, on: ListenerID(0), now: now)
            collect(.message(of: station))
        case .delivery(let bytes, let station): station.receive(bytes)
        case .repeatRequest(let client, let interval): client.session.station.repeatRequest(client, after: interval)
        case .repeatFinal(let server, let interval): server.station.repeatFinal(server, after: interval)
        case .script(let action): action()
        }
    }

    // MARK: What came of it

    package var findings: [Finding] { judge.findings }
    package var events: Int { judge.events }
    /// Calls that the core took.
    package var calls: Int { judge.calls }
    package var answered: Int { store.answered }
    package var longestAfterlife: Milliseconds { judge.longestAfterlife }
    /// How long it all took, by its own clock.
    package var duration: Milliseconds { now - World.beginning }
}
