import CallCenter
import Exchange
import Glibc
import SIP

/// The core among phones that do what those of Tests/Load/Calls do, on a clock of its own: callers keep coming, so that half of the
/// agents are busy, but 1,000 a second at most.
///
/// With calls that wait, 1,000 agents at most have the skill for them; the others are free for what nobody asks for. So every full
/// call goes through the whole queue, and its agent is the one who was freed last.
final class Centre {
    static let address = IPAddress(v4: 0x7F00_0001)
    private static let here = Endpoint(address: address, port: 5_060)
    /// Milliseconds.
    private static let announcement = 300
    private static let ring = 100
    private static let talk = 1_000
    private static let wrapup = 1_000

    struct Stuck: Error {}

    /// Microseconds of CPU in the core.
    struct Cost {
        /// A call: what its messages and timers take.
        var call = 0.0
        /// A second: looking through everything for what is broken, which goes on at its own pace however many calls come.
        var looking = 0.0
    }

    private var exchange: Exchange
    private var phones: [UInt16: Phone]
    private let caller: Phone
    private var now = 0
    /// What is due, a slot a millisecond, in turn.
    private var wheel = [[() -> Void]](repeating: [], count: 1 << 12)
    private var arriving: [(bytes: [UInt8], from: Endpoint)] = []
    private var leaving: [Outgoing] = []
    /// Calls a second, so that a second's worth begins within one.
    private let rate: Int
    private var due = 0
    private var spent = Cost()
    /// What is to be kept, while somebody wants it.
    private var entries: (kept: [Keeping], records: [CallDetailRecord])?

    /// - Parameter keepsWholeCalls: as with `instance`.
    init(agents: Int, waiting: Int, keepsWholeCalls: Bool = false) throws {
        var configuration = ExchangeConfiguration()
        configuration.trusted = [IPNetwork("127.0.0.0/8")].compactMap(\.self)
        configuration.policy = Policy(
            wrapupTime: Milliseconds(Self.wrapup),
            rejectOnNoAgents: false,
            maxCalls: 200_000
        )
        configuration.overload.requestsPerSource = 0
        configuration.overload.transactions = .max
        // What those cost who only wait is not the cost of a call that goes through.
        configuration.keepAlive = 0
        exchange = Exchange(
            configuration: configuration,
            userAgent: UserAgentConfiguration(
                listeners: [.init(endpoint: Self.here)],
                maxLegs: 600_000,
                maxTransactions: 4_000_000
            ),
            random: SeededGenerator(seed: 1)
        )
        if keepsWholeCalls { exchange.keepWholeCalls() }
        let serving = waiting > 0 ? min(agents, 1_000) : agents
        // Half of what they could take; all of it where calls wait.
        rate = max(1, min(1_000, serving * 1_000 / (Self.ring + Self.talk + Self.wrapup) / (waiting > 0 ? 1 : 2)))
        caller = Phone(port: 5_061)
        phones = [:]
        for phone in [
            caller, Phone(port: 5_062, talk: Self.announcement), Phone(port: 5_063),
            Phone(port: 5_064, ring: Self.ring, talk: Self.talk),
        ] {
            phones[phone.port] = phone
        }
        _ = exchange.provision(
            Provisioning(
                flows: [
                    FlowDefinition(
                        id: "bench",
                        priority: 0,
                        skill: "any",
                        messageWelcome: "sip:welcome@127.0.0.1:5062",
                        messageQueue: "sip:queue@127.0.0.1:5063"
                    )
                ],
                agents: (0..<agents).map { number in
                    AgentDefinition(
                        id: "agent\(number)",
                        location: "sip:agent\(number)@127.0.0.1:5064",
                        isLoggedIn: true,
                        skills: [number < serving ? "any" : "other"]
                    )
                }
            ),
            now: 0
        )
        exchange.effects.removeAll()
        wait(for: waiting)
    }

    /// So many calls more begin, without being waited for.
    func wait(for calls: Int) {
        let all = caller.begun + calls
        while caller.begun < all {
            for _ in 0..<min(100, all - caller.begun) { call() }
            step()
        }
        if calls > 0 { pass(Self.announcement + 100) }
    }

    /// So many milliseconds pass without another call.
    func pass(_ milliseconds: Int) {
        for _ in 0..<milliseconds { step() }
    }

    /// Has so many calls ended, and says what they have cost.
    @discardableResult
    func run(calls: Int) throws -> Cost {
        let target = caller.ended + calls
        let patience = now + calls * 2_000 / rate + 60_000
        let (before, begun) = (spent, now)
        while caller.ended < target {
            guard now < patience else { throw Stuck() }
            due += rate
            while due >= 1_000 {
                due -= 1_000
                call()
            }
            step()
        }
        return Cost(
            call: (spent.call - before.call) / Double(calls),
            looking: (spent.looking - before.looking) / Double(now - begun) * 1_000
        )
    }

    /// Waits until every call has ended.
    func rest() throws {
        let patience = now + 10_000
        while exchange.dialogsAlive > 0 {
            guard now < patience else { throw Stuck() }
            step()
        }
    }

    var transactionsAlive: Int { exchange.transactionsAlive }

    private func call() { arriving.append((caller.call("bench"), Endpoint(address: Self.address, port: caller.port))) }

    /// One millisecond.
    private func step() {
        now += 1
        let begun = Self.cpu()
        exchange.advance(to: Milliseconds(now))
        collect()
        let advanced = Self.cpu()
        spent.call += advanced - begun
        _ = exchange.repairDue(now: Milliseconds(now))
        collect()
        spent.looking += Self.cpu() - advanced
        let actions = wheel[now % wheel.count]
        wheel[now % wheel.count] = []
        for action in actions { action() }
        deliver()
        while !arriving.isEmpty {
            let batch = arriving
            arriving = []
            let begun = Self.cpu()
            for (bytes, source) in batch {
                exchange.receive(bytes, from: source, on: ListenerID(0), now: Milliseconds(now))
                collect()
            }
            spent.call += Self.cpu() - begun
            deliver()
        }
    }

    /// Has so many calls ended, and gives what they want kept.
    func entries(calls: Int) throws -> (kept: [Keeping], records: [CallDetailRecord]) {
        entries = ([], [])
        try run(calls: calls)
        defer { entries = nil }
        return entries ?? ([], [])
    }

    private func collect() {
        for datagram in exchange.effects.datagrams { leaving.append(datagram) }
        if entries != nil {
            entries?.kept += exchange.effects.kept
            entries?.records += exchange.effects.records
        }
        exchange.effects.removeAll()
    }

    private func deliver() {
        let batch = leaving
        leaving = []
        for datagram in batch {
            guard let phone = phones[datagram.destination.port],
                case .message(let message) = Message.parse(datagram.bytes)
            else { continue }
            let source = Endpoint(address: Self.address, port: phone.port)
            phone.receive(message) { delay, make in
                guard delay > 0 else {
                    if let bytes = make() { self.arriving.append((bytes, source)) }
                    return
                }
                self.wheel[(self.now + delay) % self.wheel.count].append {
                    if let bytes = make() { self.arriving.append((bytes, source)) }
                }
            }
        }
    }

    /// Microseconds of the processor: others use the machine, too.
    private static func cpu() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }
}
