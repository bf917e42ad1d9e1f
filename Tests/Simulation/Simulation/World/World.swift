package import Exchange
package import SIP
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
    private(set) var store = RecordStore()
    /// How many were looked at when they ended.
    package internal(set) var conversations = 0
    /// A digest of everything that the core sent: the same seed gives the same.
    package private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    package private(set) var datagrams = 0
    let trace: Trace?

    private var agenda = Agenda()
    private var callers: [Caller?] = []
    private(set) var agents: [AgentPhone] = []
    private(set) var media: [MediaServer] = []
    private(set) var strangers: [Stranger] = []
    private var isWriting = false
    private var spare = Effects()
    /// The dialogs that the core's newest INVITE to each agent is to begin: digests of Call-IDs.
    var offered: [UInt64]
    /// All that came before: an INVITE may come again when the next has long been sent.
    var knownOffers: Set<UInt64> = []

    private var sessions: [Int: Session] = [:]
    private var clients: [Int: StationClient] = [:]
    private var cancels: [Int: StationClient] = [:]
    private var servers: [ServerKey: StationServer] = [:]
    private var oldClients = Expiry<StationClient>(after: 32_000)
    private var oldReinvites = Expiry<StationClient>(after: 70_000)
    private var oldServers = Expiry<(ServerKey, StationServer)>(after: 100_000)
    var oldSessions = Expiry<Session>(after: 100_000)
    private var forgettable = Expiry<StationClient>(after: 110_000)
    /// INVITEs to media servers, and to whoever takes calls that no agent takes: for how long the core may wait for an answer.
    var mediaCalls: Expiry<MediaCall>
    var callsElsewhere: Expiry<MediaCall>
    /// When the core first sent INVITEs, by digest of the branch.
    var sentInvites: [UInt64: Milliseconds] = [:]
    var oldInvites = Expiry<UInt64>(after: 40_000)
    private var minted = 0

    struct MediaCall {
        let caller: Caller
        let callID: UInt64
    }

    private struct ServerKey: Hashable {
        let branch: UInt64
        let method: Method
        let station: ObjectIdentifier
    }

    package init(_ plan: Plan, trace: Trace? = nil) {
        self.plan = plan
        self.trace = trace
        random = SeededGenerator(seed: plan.seed ^ 0x5EED_0F_1E55)
        let configuration = plan.configuration
        mediaCalls = Expiry(after: configuration.mediaAnswerTimeout + 1)
        callsElsewhere = Expiry(after: configuration.agentRingTimeout + 1)
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

    private func station(at endpoint: Endpoint) -> Station? {
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
        while findings.isEmpty, let next = nextMoment {
            now = max(now, next)
            if let end = downUntil {
                if end <= now { comeBack() }
            } else if let deadline = exchange.nextDeadline, deadline <= now {
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

    private var nextMoment: Milliseconds? {
        var next = agenda.next
        for other in [
            downUntil ?? exchange.nextDeadline, oldClients.next, oldReinvites.next, mediaCalls.next,
            callsElsewhere.next,
        ] {
            if let other, other < next ?? .max { next = other }
        }
        return next
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

    private func expire() {
        while let client = oldClients.takeNext(now: now) { client.session.station.lifetimeIsOver(of: client) }
        while let client = oldReinvites.takeNext(now: now) { client.session.station.reinviteIsOld(client) }
        while let call = mediaCalls.takeNext(now: now) { isOld(call) }
        while let call = callsElsewhere.takeNext(now: now) { isOld(call) }
        while let (key, server) = oldServers.takeNext(now: now) {
            if servers[key] === server { servers[key] = nil }
        }
        while let branch = oldInvites.takeNext(now: now) { sentInvites[branch] = nil }
        while let client = forgettable.takeNext(now: now) {
            // Who waits unanswered may do so for long.
            guard client.isFinal || client.session.phase == .over else {
                forgettable.begin(client, now: now)
                continue
            }
            if clients[client.branch] === client { clients[client.branch] = nil }
            if cancels[client.branch] === client { cancels[client.branch] = nil }
        }
        while let session = oldSessions.takeNext(now: now) {
            sessions[session.number] = nil
            session.station.sessions.removeAll { $0 === session }
            if session.station.kind == .caller, session.station.sessions.isEmpty {
                callers[session.station.number] = nil
            }
        }
    }

    // MARK: Tables of the stations

    func mint() -> Int {
        minted += 1
        return minted
    }

    func add(_ session: Session) {
        sessions[session.number] = session
        session.station.sessions.append(session)
    }

    func session(_ number: Int) -> Session? { sessions[number] }

    var openSessions: [Session] {
        sessions.values.filter { $0.phase != .over }.sorted { $0.number < $1.number }
    }

    /// Whoever calls now, answered or not.
    var presentCallers: [Caller] { callers.compactMap(\.self) }

    func add(_ client: StationClient) {
        if client.method == .cancel { cancels[client.branch] = client } else { clients[client.branch] = client }
        oldClients.begin(client, now: now)
        forgettable.begin(client, now: now)
    }

    /// Complains later if nothing has become of it.
    func watch(_ client: StationClient) { oldReinvites.begin(client, now: now) }

    func client(_ branch: Int, _ method: Method) -> StationClient? {
        guard method == .cancel else { return clients[branch].flatMap { $0.method == method ? $0 : nil } }
        return cancels[branch]
    }

    func add(_ server: StationServer, _ branch: UInt64) {
        let key = ServerKey(branch: branch, method: server.request.method, station: ObjectIdentifier(server.station))
        servers[key] = server
        oldServers.begin((key, server), now: now)
    }

    func server(_ branch: UInt64, _ method: Method, of station: Station) -> StationServer? {
        servers[ServerKey(branch: branch, method: method, station: ObjectIdentifier(station))]
    }

    // MARK: The network

    /// A datagram of a station on its way to the core.
    func carry(_ bytes: [UInt8], from station: Station) {
        datagrams += 1
        let (first, copy) = plan.weather.fate(&random)
        if let first { agenda.plan(.arrival(bytes, of: station), at: now + first) }
        if let copy { agenda.plan(.arrival(bytes, of: station), at: now + copy) }
        if trace != nil { tell(bytes, station, isOurs: false, first, copy) }
    }

    /// Hands out what the core wants done, and holds the rules against it.
    func collect(_ cause: Cause) {
        // Two sets of buffers take turns: nothing is copied.
        var effects = Effects()
        swap(&effects, &spare)
        swap(&effects, &exchange.effects)
        defer {
            effects.removeAll()
            swap(&effects, &spare)
        }
        if doom == .beforeKeeping, cause.isFromOutside { return die() }
        let isDying = doom == .whileSending
        if plan.features.dies {
            memory.keep(effects.kept)
            if let fault = memory.fault { complain(fault) }
        }
        judge.hear(effects, of: &exchange, at: now, after: cause)
        for notice in effects.notices { noticeChange(notice) }
        let leaving = isDying ? random.number(0...effects.datagrams.count) : effects.datagrams.count
        for outgoing in effects.datagrams.prefix(leaving) {
            datagrams += 1
            if plan.keepsDigest { digest = (digest ^ outgoing.bytes.digest) &* 0x100_0000_01B3 }
            guard let station = station(at: outgoing.destination) else {
                // The last words to somebody who has been forgotten meanwhile.
                if !wasCaller(outgoing.destination) { complain("the core sent to nobody at \(outgoing.destination)") }
                continue
            }
            if outgoing.bytes.first == UInt8(ascii: "I") { noticeInvite(outgoing.bytes) }
            switch station.kind {
            case .agent: noticeOffer(outgoing.bytes, to: station)
            case .media: noticeMediaCall(outgoing.bytes, to: station)
            case .caller, .stranger: break
            }
            let (first, copy) = plan.weather.fate(&random)
            if let first, now + first >= station.cutOffUntil {
                agenda.plan(.delivery(outgoing.bytes, to: station), at: now + first)
            }
            if let copy { agenda.plan(.delivery(outgoing.bytes, to: station), at: now + copy) }
            if trace != nil { tell(outgoing.bytes, station, isOurs: true, first, copy) }
        }
        if trace != nil {
            for notice in effects.notices { tell(notice) }
        }
        if !effects.records.isEmpty { take(effects.records) }
        if isDying { die() }
    }

    private func wasCaller(_ endpoint: Endpoint) -> Bool {
        let bits = UInt32(truncatingIfNeeded: endpoint.address.low)
        return bits >> 20 & 0xF == Station.Kind.caller.rawValue && Int(bits & 0xF_FFFF) < callers.count
    }

    // MARK: The store

    private func take(_ records: [CallDetailRecord]) {
        for record in records {
            store.add(record)
            memory.noteRecord(ofCall: record.callNumber)
        }
        guard !isWriting else { return }
        isWriting = true
        after(500) { [self] in writeRecords(failing: temper.storeFails) }
    }

    private func writeRecords(failing percent: Int) {
        for broken in store.write(failing: percent, &random) { complain(broken) }
        isWriting = false
        guard store.backlogCount > 0 else { return }
        isWriting = true
        after(1_000) { [self] in writeRecords(failing: temper.storeFails) }
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
