import CallCenter
import Exchange
import SIP

/// The core among callers, agents and media servers on a network of some weather: hours of it in seconds, wholly determined by
/// a seed. What breaks a rule stands in `findings`.
final class Simulation {
    let core = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 5060)
    let seed: UInt64
    let temper: Temper
    let weather: Weather
    var random: SeededGenerator
    private(set) var exchange: Exchange
    private(set) var now: Milliseconds = 1_000_000
    private(set) var judge = Judge()
    /// How many were looked at when they ended.
    private(set) var conversations = 0
    /// A digest of everything that the core sent: the same seed gives the same.
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    private var agenda = Agenda()
    private var stations: [Endpoint: Station] = [:]
    private(set) var callers: [Caller] = []
    private(set) var agents: [AgentPhone] = []
    private(set) var media: [MediaServer] = []

    init(seed: UInt64, temper: Temper, weather: Weather, configure: (inout ExchangeConfiguration) -> Void = { _ in }) {
        self.seed = seed
        self.temper = temper
        self.weather = weather
        random = SeededGenerator(seed: seed)
        var configuration = ExchangeConfiguration()
        configuration.trusted = [IPNetwork("127.0.0.1/32")].compactMap(\.self)
        configuration.agentRingTimeout = 15_000
        configuration.maxWait = 120_000
        // What ends a call of which both sides have vanished, until keep-alives do.
        configuration.maxCallDuration = 1_200_000
        configuration.policy.wrapupTime = 1_000
        configuration.policy.rejectOnNoAgents = false
        configuration.policy.maxNoAnswer = 0
        configure(&configuration)
        exchange = Exchange(
            configuration: configuration,
            userAgent: UserAgentConfiguration(listeners: [.init(endpoint: core)]),
            random: SeededGenerator(from: &random)
        )
        exchange.wallOffset = 1_700_000_000_000
    }

    // MARK: People and machines

    private func settle<S: Station>(_ station: S) -> S {
        stations[station.address] = station
        return station
    }

    func addAgents(_ count: Int) {
        for number in 0..<count {
            agents.append(settle(AgentPhone("agent\(number)", port: 6_000 + UInt16(number), in: self)))
        }
    }

    /// A media server with a length for announcements, without one for music.
    func addMedia(_ name: String, playing length: ClosedRange<Milliseconds>?) -> MediaServer {
        let server = settle(MediaServer(name, port: 7_000 + UInt16(media.count), in: self))
        server.length = length
        media.append(server)
        return server
    }

    func addCall(to flow: String, at moment: Milliseconds) {
        let caller = settle(Caller("caller\(callers.count)", port: 10_000 + UInt16(callers.count), in: self))
        callers.append(caller)
        after(moment) { caller.call(flow) }
    }

    // MARK: The core's other inputs

    func provision(_ flows: [FlowDefinition], _ agents: [AgentDefinition]) {
        _ = exchange.provision(Provisioning(flows: flows, agents: agents), now: now)
        collect("reload")
    }

    func setLogin(_ agent: String, _ isLoggedIn: Bool) {
        // He may be gone by a reload.
        try? exchange.setLogin(agentID: agent, loggedIn: isLoggedIn, now: now)
        collect("log-in")
    }

    // MARK: Time

    func after(_ delay: Milliseconds, _ action: @escaping () -> Void) { agenda.plan(at: now + delay, action) }

    /// Runs until `delay` from now, or until nothing is left to happen.
    func run(for delay: Milliseconds) {
        let end = now + delay
        while let next = [agenda.next, exchange.nextDeadline].compactMap(\.self).min(), next <= end {
            now = max(now, next)
            if let deadline = exchange.nextDeadline, deadline <= now {
                exchange.advance(to: now)
                collect("a timer")
            }
            while let moment = agenda.next, moment <= now { agenda.takeNext()?() }
        }
        now = end
    }

    // MARK: The network

    /// A datagram of a station on its way to the core.
    func carry(_ bytes: [UInt8], from station: Station) {
        for delay in weather.fate(&random) {
            after(delay) { [self] in
                exchange.receive(bytes, from: station.address, on: ListenerID(0), now: now)
                collect("a message of \(station.name)")
            }
        }
    }

    /// Hands out what the core wants done, and holds the rules against it.
    private func collect(_ cause: String) {
        let effects = exchange.effects
        exchange.effects.removeAll()
        for outgoing in effects.datagrams {
            for byte in outgoing.bytes { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
            guard let station = stations[outgoing.destination] else {
                complain("the core sent to nobody at \(outgoing.destination)")
                continue
            }
            for delay in weather.fate(&random) { after(delay) { station.receive(outgoing.bytes) } }
        }
        judge.hear(effects, at: now)
        judge.look(at: &exchange, now: now, after: cause)
        if temper.isOrderly { judge.listen(to: callers, agents + media, now: now) }
    }

    func complain(_ what: String) { judge.complain(what, at: now) }

    /// An agent is about to hang up: both must hear each other by now.
    func conversationEnds(_ phone: AgentPhone, _ session: Session) {
        guard temper.isOrderly, session.isQuiet, let caller = callers.first(where: { $0.name == session.caller }),
            let other = caller.session, other.isQuiet
        else { return }
        conversations += 1
        for (name, far, view) in [(phone.name, session, other.remoteSDP), (caller.name, other, session.remoteSDP)] {
            if view?.sessionName != name {
                complain("\(name) is not heard, but \(view?.sessionName ?? "nobody")")
            } else if view?.isHeld != far.isHolding {
                complain("\(name) \(far.isHolding ? "holds" : "does not hold"), and the other side does not know")
            }
        }
    }

    /// What is broken, with the seed that shows it; after everything has run out also what is left behind.
    func findings(atTheEnd isOver: Bool = true) -> [String] {
        if isOver { judge.lookAtTheEnd(&exchange, now: now) }
        return judge.findings.map { "seed \(seed): \($0)" }
    }
}

extension Temper {
    /// Nobody does anything that would let a call fail.
    var isOrderly: Bool { impatient + agentRefuses + mediaRefuses + mediaHangsUp + vanishes + refusesReinvite == 0 }
}
