import CallCenter
import Exchange
import NIOCore
import SIP
import Telemetry
import Transport

/// The one event loop that owns all call state (DESIGN.md section 1): it hands datagrams, time and commands to the Exchange and
/// carries out what that wants done. Everything here happens on that loop.
final class CallLoop: NetworkHandler {
    private var exchange: Exchange
    private let network: SIPNetwork
    private let locator: Locator
    private let clock: SteadyClock
    private let outlet: EffectOutlet
    private let keeper: CallKeeper
    /// Everything that is alive is being kept anew.
    private var isKeepingAll = false
    private var isHalted = false
    /// So many calls or agents at once: some hundred microseconds.
    private static let keptAtOnce = 64

    /// When the next wake-up is planned; earlier ones that were overtaken fire and find nothing to do.
    private var plannedWakeup: Milliseconds?
    private var loopDelay = DelayHistogram()
    /// Something has been alive since tables were last given back.
    private var hasWorked = false

    init(
        exchange: consuming Exchange,
        network: SIPNetwork,
        locator: Locator,
        clock: SteadyClock,
        outlet: EffectOutlet,
        keeper: CallKeeper
    ) {
        self.keeper = keeper
        self.exchange = exchange
        self.network = network
        self.locator = locator
        self.clock = clock
        self.outlet = outlet
        if keeper.wantsWholeCalls { self.exchange.keepWholeCalls() }
    }

    // MARK: The network

    func received(_ bytes: [UInt8], from peer: Endpoint, on listener: ListenerID) {
        guard !isHalted else { return }
        exchange.receive(bytes, from: peer, on: listener, now: clock.now)
        carryOut()
    }

    func batchEnded() {
        network.flushStreams()
        plan()
    }

    func unreachable(_ peer: Endpoint, on listener: ListenerID) {
        guard !isHalted else { return }
        exchange.transportFailed(peer, now: clock.now)
        carryOut()
    }

    func listenerFailed(_ listener: ListenerID, reason: String) {
        outlet.listenerFailed(listener, reason: reason)
    }

    // MARK: Commands

    /// Runs a command of another thread against the Exchange.
    func command<Result>(_ body: (inout Exchange, Milliseconds) throws -> Result) rethrows -> Result {
        defer {
            carryOut()
            network.flush()
            plan()
        }
        exchange.wallOffset = clock.wallOffset
        return try body(&exchange, clock.now)
    }

    /// All figures of the core at this moment.
    func figures() -> CoreFigures {
        CoreFigures(
            center: exchange.snapshot(now: clock.now),
            exchange: exchange.counters,
            transactions: exchange.signalling,
            transactionsAlive: exchange.transactionsAlive,
            dialogsAlive: exchange.dialogsAlive,
            datagrams: network.counters,
            streams: network.streamCounters,
            isOverloaded: exchange.isOverloaded,
            loopDelay: loopDelay
        )
    }

    // MARK: Time

    /// Nothing happens any more: what is to be done about calls is the next process's.
    func halt() {
        exchange.keepQuiet(now: clock.now)
        carryOut()
        isHalted = true
        locator.stop()
    }

    /// Does what the calls of an earlier process want done, and begins to look at the time.
    func start() {
        carryOut()
        network.flush()
        plan()
    }

    private func wakeUp(planned: Milliseconds) {
        guard plannedWakeup == planned, !isHalted else { return }
        plannedWakeup = nil
        loopDelay.record(microseconds: UInt64(clamping: clock.microseconds - planned * 1_000))
        let now = clock.now
        exchange.wallOffset = clock.wallOffset
        exchange.measured(loopDelay: max(0, now - planned), now: now)
        exchange.advance(to: now)
        if exchange.repairDue(now: now) { rest(now: now) }
        carryOut()
        keepAll(now: now)
        network.flush()
        plan()
        outlet.alive()
    }

    /// Gives back what a rush has taken, once nothing is alive any more. To be asked every few seconds.
    private func rest(now: Milliseconds) {
        guard exchange.isAtRest else { return hasWorked = true }
        if hasWorked { exchange.giveBackMemory(now: now) }
        hasWorked = false
    }

    /// Has everything that is alive kept anew, a few at a time, when the journal would like to be rid of what is old.
    private func keepAll(now: Milliseconds) {
        if !isKeepingAll {
            guard keeper.wantsPass else { return }
            keeper.beginPass()
            exchange.beginKeepingAll()
            isKeepingAll = true
        }
        guard exchange.keepMore(atMost: Self.keptAtOnce, now: now) else { return carryOut() }
        carryOut()
        keeper.endPass()
        isKeepingAll = false
    }

    /// Sees to it that the loop wakes up when the Exchange has something to do.
    private func plan() {
        let now = clock.now
        // At least every second: the wall clock may be set, and the delay of the loop is to be known.
        let next = min(exchange.nextDeadline ?? .max, exchange.nextRepair ?? .max)
        let wakeup = min(max(next, now + 1), now + 1_000)
        if let planned = plannedWakeup, planned <= wakeup { return }
        plannedWakeup = wakeup
        let loop = NIOLoopBound(self, eventLoop: network.eventLoop)
        // The clock of NIO is the same one, in nanoseconds.
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(clamping: wakeup) &* 1_000_000)
        network.eventLoop.scheduleTask(deadline: deadline) { loop.value.wakeUp(planned: wakeup) }
    }

    /// Answers questions about names from memory, and has others asked.
    private func locate() {
        while !exchange.effects.lookups.isEmpty {
            let lookups = exchange.effects.lookups
            exchange.effects.lookups.removeAll()
            for lookup in lookups {
                if let targets = locator.known(lookup.hop) {
                    exchange.located(lookup.id, targets: targets, now: clock.now)
                } else {
                    locator.search(lookup.hop) { self.located(lookup.id, $0) }
                }
            }
        }
    }

    private func located(_ id: LookupID, _ targets: [Endpoint]) {
        guard !isHalted else { return }
        exchange.located(id, targets: targets, now: clock.now)
        carryOut()
        network.flush()
        plan()
    }

    private func carryOut() {
        locate()
        // Before any message leaves that tells of it.
        for record in exchange.effects.records { outlet.store(record) }
        if !exchange.effects.kept.isEmpty, !keeper.keep(exchange.effects.kept) { exchange.keepingFailed() }
        for datagram in exchange.effects.datagrams {
            network.send(datagram.bytes, to: datagram.destination, from: datagram.listener)
        }
        if !exchange.effects.notices.isEmpty {
            let (now, wallOffset) = (clock.now, clock.wallOffset)
            for notice in exchange.effects.notices { outlet.note(notice, now: now, wallOffset: wallOffset) }
        }
        exchange.effects.removeAll()
    }
}

/// What the core has to say of itself, as values that may leave the loop.
struct CoreFigures: Sendable {
    var center: CenterSnapshot
    var exchange: ExchangeCounters
    var transactions: TransactionCounters
    var transactionsAlive: Int
    var dialogsAlive: Int
    var datagrams: DatagramCounters
    var streams: StreamCounters
    /// New calls are refused since there is too much to do.
    var isOverloaded: Bool
    var loopDelay: DelayHistogram
}
