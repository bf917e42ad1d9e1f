import CallCenter
import Exchange
import Logging
import Management
import NIOCore
import SIP
import SNMPAgent
import Settings
import Store
import Synchronization
import Telemetry
import Transport

/// The running call centre as the other threads see it: what they want is posted to the call loop, what they get are values.
final class Centre: Sendable {
    private let loop: NIOLoopBound<CallLoop>
    let network: SIPNetwork
    let store: CentreStore
    let file: String
    let configuration: Mutex<Configuration>
    let tokens: TokenStore?
    let logger: Logger
    private let started: Milliseconds
    private let snapshots: SnapshotSource
    /// Set once, when a part that we cannot do without has failed.
    let failure: AsyncStream<String>
    /// Counts connections of management that find no room.
    let turnedAway = TurnedAway()
    private let reportFailure: AsyncStream<String>.Continuation

    /// Opens for calls: provisioning is there before the first datagram is read.
    static func start(
        configuration: Configuration,
        file: String,
        network: SIPNetwork,
        store: CentreStore,
        events: EventOutlet,
        snmp: SNMPAgent?,
        tokens: TokenStore?,
        logger: Logger,
        alive: @escaping @Sendable () -> Void
    ) async throws -> Centre {
        let keeper = CallKeeper(
            journal: store.calls,
            writer: store.callWriter,
            predecessor: PredecessorFile(stateDirectory: configuration.stateDirectory),
            logger: logger
        )
        let kept = await keeper.found()
        // Side by side: calls wait meanwhile, and each database may be one that hangs.
        async let numberRead = store.lastCallNumber(besides: kept.calls.map(\.number))
        async let loginsRead = store.savedLogins(besides: kept)
        let provisioning = try await store.source.readAtStart(hasCalls: !kept.calls.isEmpty)
        let (lastNumber, logins) = (await numberRead, await loginsRead)
        let restorable = LoginKeeper.restorable(logins.all, provisioning?.agents ?? [])
        let (failure, reportFailure) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(1))
        let outlet = EffectOutlet(
            writer: store.writer,
            logins: store.logins,
            logger: logger,
            events: events,
            alive: alive
        ) { reportFailure.yield($0) }
        var system = SystemRandomNumberGenerator()
        let random = SeededGenerator(key: (system.next(), system.next(), system.next(), system.next()))
        let choices = SeededGenerator(key: (system.next(), system.next(), system.next(), system.next()))
        let clock = SteadyClock()

        let locator = try await network.eventLoop.submit {
            let transports: [TransportProtocol] = [.udp, .tcp, .tls]
            let locator = try Locator(
                eventLoop: network.eventLoop,
                transports: transports.filter { network.listeners.map(\.local.transport).contains($0) },
                servers: configuration.sip.nameservers,
                domains: network.domains,
                random: choices
            )
            return NIOLoopBound(locator, eventLoop: network.eventLoop)
        }.get()
        let (loop, figures) = try await network.eventLoop.submit {
            let userAgent = UserAgentConfiguration(
                listeners: network.listeners.map {
                    .init(endpoint: $0.local, advertised: configuration.sip.advertisedAddress)
                },
                localAddress: { peer in network.localAddress(reaching: peer) },
                outboundProxy: configuration.sip.outboundProxy,
                product: "callcenterd/\(Version.current)",
                maxLegs: configuration.sip.maxCalls * 3,
                maxTransactions: configuration.sip.maxCalls * 20,
                hashes: .swiftCrypto,
                peerNames: .init(name: network.domains.name(of:), number: network.domains.number(of:))
            )
            var exchange = Exchange(
                configuration: ExchangeConfiguration(configuration),
                userAgent: userAgent,
                random: random,
                now: clock.now
            )
            exchange.wallOffset = clock.wallOffset
            exchange.nextCallNumber = lastNumber == .max ? 1 : lastNumber + 1
            if let provisioning {
                store.logins.provisioned(provisioning, at: clock.now + clock.wallOffset)
                let report = exchange.provision(provisioning, now: clock.now)
                Self.putInForce(restorable, in: &exchange, now: clock.now)
                Self.log(report, logger)
            } else {
                exchange.awaitProvisioning()
            }
            let (restored, lost) = exchange.restore(
                calls: kept.calls,
                agents: kept.agents,
                lastAlive: kept.lastAlive,
                now: clock.now
            )
            if restored + lost > 0 {
                logger.notice(
                    "calls of the last process taken over",
                    metadata: ["count": "\(restored)", "lost": "\(lost)"]
                )
            }
            let loop = CallLoop(
                exchange: exchange,
                network: network,
                locator: locator.value,
                clock: clock,
                outlet: outlet,
                keeper: keeper
            )
            network.start(loop)
            loop.start()
            if provisioning == nil {
                store.logins.awaitProvisioning(logins.all, isTableRead: logins.isTableRead)
            } else {
                store.logins.restored(restorable, isTableRead: logins.isTableRead)
            }
            keeper.takenOver { reportFailure.yield($0) }
            return (NIOLoopBound(loop, eventLoop: network.eventLoop), loop.figures())
        }.get()
        return Centre(
            loop: loop,
            figures: figures,
            network: network,
            store: store,
            snmp: snmp,
            file: file,
            configuration: configuration,
            tokens: tokens,
            logger: logger,
            started: clock.now + clock.wallOffset,
            failure: failure,
            reportFailure: reportFailure
        )
    }

    private init(
        loop: NIOLoopBound<CallLoop>,
        figures: CoreFigures,
        network: SIPNetwork,
        store: CentreStore,
        snmp: SNMPAgent?,
        file: String,
        configuration: Configuration,
        tokens: TokenStore?,
        logger: Logger,
        started: Milliseconds,
        failure: AsyncStream<String>,
        reportFailure: AsyncStream<String>.Continuation
    ) {
        self.loop = loop
        self.network = network
        self.store = store
        self.file = file
        self.configuration = Mutex(configuration)
        self.tokens = tokens
        self.logger = logger
        self.started = started
        self.failure = failure
        self.reportFailure = reportFailure
        let eventLoop = network.eventLoop
        let snapshot: @Sendable (CoreFigures) -> Snapshot = { [turnedAway] in
            Snapshot(
                $0,
                store: store,
                snmp: snmp?.figures ?? ProcessFigures.SNMP(),
                turnedAway: turnedAway,
                started: started
            )
        }
        snapshots = SnapshotSource(first: snapshot(figures)) {
            let figures = try? await eventLoop.submit { loop.value.figures() }.get()
            return figures.map(snapshot)
        }
    }

    /// All numbers at one moment that lies after the question.
    func snapshot() async -> Snapshot { await snapshots.snapshot() }

    /// When SNMP managers are to be notified, by the configuration in force.
    var notificationRules: NotificationRules { configuration.withLock { NotificationRules($0.snmp.notify) } }

    // MARK: Commands

    /// Runs a command on the call loop.
    func command<Result: Sendable>(
        _ body: @escaping @Sendable (inout Exchange, Milliseconds) throws -> Result
    ) async throws -> Result {
        try await network.eventLoop.submit { [loop] in try loop.value.command(body) }.get()
    }

    /// What management may ask and order.
    var control: Control {
        Control(
            snapshot: { await self.snapshots.snapshot() },
            reload: { requester in await self.reload(for: "\(requester)") },
            perform: { order, _ in await self.perform(order) },
            health: {
                let answered = try? await self.command { _, _ in true }
                return answered == true ? .good : .bad(reason: "the call loop has stopped")
            },
            readiness: {
                guard let alive = try? await self.command({ exchange, _ in !exchange.isEnding }) else {
                    return .bad(reason: "the call loop has stopped")
                }
                guard alive else { return .bad(reason: "ending: new calls are refused") }
                guard !self.store.source.isMissing else {
                    return .bad(
                        reason: "neither the database nor a copy of it can be read: there are no flows and agents"
                    )
                }
                guard !self.isProvisioningStale else {
                    let reason = "the database cannot be read: flows and agents are those of an earlier reading"
                    return .fair(reason: reason)
                }
                return .good
            }
        )
    }

    private func perform(_ order: Order) async -> Result<String, ControlError> {
        do {
            let done = try await command { exchange, now -> String in
                switch order {
                case .setLogin(let agentID, let isLoggedIn):
                    try exchange.setLogin(agentID: agentID, loggedIn: isLoggedIn, now: now)
                case .resetStatistics:
                    exchange.resetStatistics(now: now)
                case .setDispatching(let isOn):
                    exchange.setDispatching(isOn, now: now)
                case .dispatch(let call, let agentID):
                    try exchange.dispatch(call: call, agentID: agentID, now: now)
                case .freeAgent(let agentID):
                    if try exchange.freeAgent(agentID, now: now) == .nothing { return "OK: nothing held \(agentID)" }
                case .endCall(let call):
                    try exchange.endCall(call, now: now)
                case .moveCall(let call, let position):
                    let place = try exchange.moveCall(call, to: position, now: now)
                    if place != position { return "OK: at place \(place), the last" }
                case .endWrapup(let agentID):
                    try exchange.endWrapup(agentID: agentID, now: now)
                }
                return "OK"
            }
            return .success(done)
        } catch let error as UnknownAgentError {
            return .failure(.unknownAgent(error.id))
        } catch let error as SteeringError {
            return .failure(ControlError(error))
        } catch {
            return .failure(.failed("\(error)"))
        }
    }

    // MARK: The end

    /// Takes no new calls, and returns when the last one has ended, or when the task is cancelled.
    func drain() async {
        _ = try? await command { exchange, _ in exchange.refuseNewCalls() }
        while let alive = try? await command({ exchange, _ in exchange.dialogsAlive }), alive > 0 {
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
        }
    }

    /// Stops at once: calls are the next process's, which finds them in the journal. Writes what is to be written.
    func stop() async {
        _ = try? await network.eventLoop.submit { [loop] in loop.value.halt() }.get()
        await network.close()
        await store.close()
    }
}
