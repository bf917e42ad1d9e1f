import CSystemd
package import Dispatch
import Glibc
import Synchronization

/// The service manager that has started this process, if one has: systemd, by way of sd_notify(3).
///
/// Notices leave in their order from a thread of their own, so that a manager that does not read holds nobody up. Without a
/// manager (NOTIFY_SOCKET is not set) they go nowhere.
package final class ServiceManager: Sendable {
    private let queue = DispatchQueue(label: "callcenterd.notify")
    private let isPresent: Bool
    /// Nanoseconds between two WATCHDOG=1; nil if the manager does not watch us.
    private let watchdogPause: UInt64?
    /// When the next WATCHDOG=1 may go out, by CLOCK_MONOTONIC in nanoseconds.
    private let nextWatchdog = Atomic<UInt64>(0)
    /// Notices that wait for the thread.
    private let waiting = Atomic<Int>(0)
    /// Runs while more time is asked for.
    private let holding = Mutex<Task<Void, Never>?>(nil)

    /// Beyond this nobody reads them anyway.
    private static let maximumWaiting = 1_000

    /// The one of this process.
    package static let shared = ServiceManager()

    private init() {
        isPresent = getenv("NOTIFY_SOCKET") != nil
        let microseconds = cc_watchdog_microseconds()
        // Four times in the manager's interval, so that one late beat is no death. A week is longer than anybody watches.
        watchdogPause = microseconds > 0 ? min(microseconds, 604_800_000_000) * 250 : nil
    }

    package func notify(_ notice: ServiceNotice) {
        guard isPresent, waiting.load(ordering: .relaxed) < Self.maximumWaiting else { return }
        waiting.add(1, ordering: .relaxed)
        queue.async {
            cc_notify(notice.assignments)
            self.waiting.subtract(1, ordering: .relaxed)
        }
    }

    /// Has the manager keep a descriptor over restarts of the service; ours is closed.
    package func store(_ descriptor: Int32, as name: String) {
        guard isPresent else {
            close(descriptor)
            return
        }
        queue.async {
            cc_notify_with_descriptor(ServiceNotice.store(name: name).assignments, descriptor)
            close(descriptor)
        }
    }

    /// Called by the call loop each time it has done its work: whoever calls this often enough stays alive. Costs next to
    /// nothing between two beats.
    package func alive() {
        guard let watchdogPause else { return }
        let now = Self.nanoseconds
        guard now >= nextWatchdog.load(ordering: .relaxed) else { return }
        nextWatchdog.store(now + watchdogPause, ordering: .relaxed)
        notify(.watchdog)
    }

    package func reloading() { notify(.reloading(microseconds: Self.nanoseconds / 1_000)) }

    /// Asks for more time again and again, while something long is being done, until `release` or until `limit` is over:
    /// what hangs for ever is to be killed.
    ///
    /// - Parameter isAlive: whether that counts as being alive, for a watchdog who watches us since we stood by.
    package func holdOn(limit: Duration, isAlive: Bool = false) {
        let end = ContinuousClock.now + limit
        again { [self] in
            guard ContinuousClock.now < end else { return false }
            notify(.extendTimeout(microseconds: Self.extraTime))
            if isAlive { alive() }
            return true
        }
    }

    /// Says again and again that we are alive, while there is nothing to do, until `release` or `holdOn`.
    package func standBy() {
        again { [self] in
            alive()
            return true
        }
    }

    /// Does something every few seconds, as often as a watchdog wants to hear of us.
    private func again(_ body: @escaping @Sendable () -> Bool) {
        guard isPresent else { return }
        let pause = Duration.nanoseconds(Int64(min(watchdogPause ?? Self.longestPause, Self.longestPause)))
        let task = Task {
            while !Task.isCancelled, body() { try? await Task.sleep(for: pause) }
        }
        holding.withLock { running in
            running?.cancel()
            running = task
        }
    }

    /// No more time is needed.
    package func release() {
        holding.withLock { running in
            running?.cancel()
            running = nil
        }
    }

    /// Waits until everything so far has gone out, at most this long: before the process ends.
    package func flush(within limit: DispatchTimeInterval) {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + limit)
    }

    /// Nanoseconds between two requests for more time.
    private static let longestPause: UInt64 = 5_000_000_000

    /// Microseconds asked for at a time, well above the five seconds between two requests.
    private static let extraTime: UInt64 = 20_000_000

    private static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
