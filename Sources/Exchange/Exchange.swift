package import CallCenter
package import SIP

/// The core of the service: SIP on one side, the distribution of calls on the other, and the journey that joins them
/// (CALLS.md section 1).
///
/// A deterministic function of its inputs: datagrams, the passing of time, and commands, each with the time at which it happens.
/// What it wants done stands in `effects` afterwards. It opens nothing, waits for nothing and knows no clock; one event loop
/// owns it, and the simulator runs it with a clock of its own.
package struct Exchange: ~Copyable {
    package private(set) var configuration: ExchangeConfiguration
    /// What is to be done; the shell empties it.
    package var effects = Effects()
    package internal(set) var counters = ExchangeCounters()

    var agent: UserAgent
    var center: Center
    var calls: Slab<Call>
    /// Callers whom no flow takes, joined to somebody else.
    var bridges = Slab<Bridge>()
    var random: SeededGenerator
    /// The time of the input that is being worked on.
    var now: Milliseconds = 0
    /// Wall clock minus `now`, as the shell last said.
    package var wallOffset: Milliseconds = 0

    /// The number that the next call gets; goes on where the records of earlier runs end.
    package var nextCallNumber: Int32 = 1

    /// Looks at the passwords of callers; nil without hash functions: nobody is challenged then.
    var doorman: Doorman?

    var isShuttingDown = false
    var isProvisioningAwaited = false
    var overload = OverloadControl()
    /// Kept apart: every datagram is measured by them, and the configuration is large to look at.
    var loadLimits = OverloadControl.Limits()

    /// Steps that one input may take at least before its turn is cut short; far more than any needs.
    package var turnLimit = 100_000
    var isOverrun = false

    /// Agents whose leg of an ended call has not had its final response yet.
    var clearing: [LegID: AgentRef] = [:]
    /// Agents who could not be called, until they may be tried again.
    var unreachable = Slab<AgentRef>()
    /// Effects of the distribution that wait for their turn.
    var distribution: [CenterEffect] = []
    /// Timers of the distribution, in slots of the shared wheel.
    var centerTimers: Slab<CenterTimer>

    /// A buffer for the timers that are due at once.
    private var dueTimers: [TimerToken] = []
    /// Calls that the input at hand has had to do with.
    var touched: [CallID] = []
    /// What is kept for the next process.
    var keeper = Keeper()
    var repairRound = RepairRound()

    /// - Parameter now: when it begins to count.
    package init(
        configuration: ExchangeConfiguration,
        userAgent: UserAgentConfiguration,
        random: SeededGenerator,
        now: Milliseconds = 0
    ) {
        var random = random
        self.configuration = configuration
        agent = UserAgent(configuration: userAgent, random: SeededGenerator(from: &random))
        agent.policy = configuration.legPolicy
        agent.credentials = configuration.credentials
        if let hashes = userAgent.hashes {
            doorman = Doorman(hashes: hashes, secret: (random.next(), random.next()))
        }
        center = Center(policy: configuration.policy, now: now)
        calls = Slab()
        centerTimers = Slab()
        self.random = random
        takeLoadLimits()
    }

    // MARK: Inputs

    /// A datagram has come.
    package mutating func receive(
        _ datagram: [UInt8],
        from source: Endpoint,
        on listener: ListenerID,
        now: Milliseconds
    ) {
        begin(now)
        admit(datagram, from: source, on: listener)
        settle()
    }

    /// The transport cannot reach a peer over a stream, or has lost the connection to him.
    package mutating func transportFailed(_ peer: Endpoint, now: Milliseconds) {
        self.now = now
        agent.transportFailed(peer, now: now)
        settle()
    }

    /// The answer to a look-up: where the name leads, best first.
    package mutating func located(_ id: LookupID, targets: [Endpoint], now: Milliseconds) {
        self.now = now
        agent.located(id, targets: targets, now: now)
        settle()
    }

    /// Time has passed: whatever was due until now happens.
    package mutating func advance(to now: Milliseconds) {
        begin(now)
        var due: [TimerToken] = []
        swap(&due, &dueTimers)
        agent.wheel.advance(to: now, into: &due)
        for token in due {
            self.now = now
            fire(token)
            settle()
        }
        due.removeAll(keepingCapacity: true)
        swap(&due, &dueTimers)
        self.now = now
        keepQuietDue()
    }

    /// When `advance` has something to do at the earliest; nil if nothing is waiting.
    package var nextDeadline: Milliseconds? { agent.wheel.nextDeadline }

    /// When `repairDue` has; nil if it has not been called yet.
    package var nextRepair: Milliseconds? { repairRound.due }

    /// Takes over another configuration: it counts for what begins afterwards.
    package mutating func apply(_ configuration: ExchangeConfiguration, now: Milliseconds) {
        self.now = now
        var policy = configuration.policy
        // What a command has switched stays so until the file says something else than before.
        if policy.internalDispatching == self.configuration.policy.internalDispatching {
            policy.internalDispatching = center.policy.internalDispatching
        }
        self.configuration = configuration
        takeLoadLimits()
        agent.policy = configuration.legPolicy
        agent.credentials = configuration.credentials
        center.apply(policy, now: now, out: &distribution)
        settle()
    }

    /// Nobody knows yet which flows there are: until they are provisioned new calls get 503, and not that there is no such flow.
    package mutating func awaitProvisioning() { isProvisioningAwaited = true }

    /// Takes over flows and agents, all or nothing of each row.
    package mutating func provision(_ provisioning: Provisioning, now: Milliseconds) -> ProvisioningReport {
        self.now = now
        isProvisioningAwaited = false
        let report = center.provision(provisioning, now: now, out: &distribution)
        // One that has been removed and comes back may have calls.
        keepAgain(callsOf: report.addedFlows + report.changedFlows)
        // Whoever is new is to be visited as well by the pass that is under way.
        keeper.lastAgent = nil
        settle()
        // Who comes logged off has not changed, and might be kept as somebody of before; a row may have changed, and not the log-in.
        for id in report.addedAgents where !center.isLoggedIn(id) { keep(agentID: id) }
        for id in report.changedAgents { keep(agentID: id) }
        return report
    }

    /// `cc_agent_login` of the reference manual.
    package mutating func setLogin(
        agentID: String,
        loggedIn: Bool,
        now: Milliseconds
    ) throws(UnknownAgentError) {
        self.now = now
        try center.setLogin(agentID: agentID, loggedIn: loggedIn, now: now, out: &distribution)
        settle()
    }

    /// `cc_reset_stats`: moves the base of the counters; nothing else is touched.
    package mutating func resetStatistics(now: Milliseconds) {
        center.resetStatistics(now: now)
    }

    /// Takes no new calls: new INVITEs get 503 with Retry-After. Those that are there go on to their end.
    package mutating func refuseNewCalls() { isShuttingDown = true }

    /// Ends every call and takes no new ones: new INVITEs get 503. When `dialogsAlive` is 0, nothing is owed to anybody.
    package mutating func shutDown(now: Milliseconds) {
        self.now = now
        isShuttingDown = true
        // Agents whose calls end are not to get what is ended next.
        center.suspend()
        for id in bridges.handles {
            if let bridge = bridges[id] { end(bridge, status: 503) }
        }
        for id in calls.handles {
            guard let call = calls[id] else { continue }
            if let talk = call.talk {
                finish(call, talk: talk, by: .system)
            } else {
                fail(call, cause: .operator, status: 503)
            }
        }
        settle()
    }

    // MARK: Turning the crank

    private mutating func begin(_ now: Milliseconds) {
        self.now = now
        touched.removeAll(keepingCapacity: true)
        keeper.touchedDone = 0
    }

    /// Works until nothing is left of what SIP has to say to calls and of what the distribution decides. A decision is carried
    /// out before the next event is looked at: what happens in between cannot make it stale.
    mutating func settle() {
        var steps = 0
        // What one input may rightly cause grows with what there is.
        let limit = max(1, turnLimit + 16 * (calls.count + agent.legsAlive))
        while true {
            steps += 1
            guard steps <= limit else {
                cutTurnShort()
                break
            }
            if !distribution.isEmpty {
                let decided = distribution
                distribution.removeAll(keepingCapacity: true)
                for effect in decided { apply(effect) }
            } else if let (event, owner) = agent.nextEvent() {
                handle(event, owner: owner)
            } else {
                break
            }
        }
        keepChanged()
        agent.drainDatagrams(into: &effects.datagrams)
        agent.drainLookups(into: &effects.lookups)
    }

    private mutating func fire(_ token: TimerToken) {
        switch token.layer {
        case CallTimer.layer:
            guard let timer = CallTimer(rawValue: token.kind),
                let call = calls[CallID(index: token.index, generation: token.generation)]
            else { return }
            guard call.timers.fired(timer, now: now) else { return }
            touched.append(call.id)
            expired(timer, of: call)
        case ExchangeTimer.layer:
            fireExchangeTimer(token)
        default:
            agent.fire(token, now: now)
        }
    }
}
