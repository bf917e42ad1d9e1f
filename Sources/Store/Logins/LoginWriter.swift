package import CallCenter
import Dispatch
package import Logging
import Synchronization

/// Brings log-ins from the call loop over the journal into `cc_agent_state`, on a thread of its own: the last one of each
/// agent counts. A database that is away is tried again; meanwhile they stay in the journal, but not for ever: the journal
/// is for records above all, and nothing in it can be freed that is younger than the oldest entry.
///
/// Where several machines run a centre, only the one that has claimed it last writes. What another has written since a process of
/// this machine was the owner is newer than what that one has left (`forgetFound`).
package final class LoginWriter: Sendable {
    private struct Progress {
        var entries: [JournalReader.Entry] = []
        var pause = firstPause
        var earliest: ContinuousClock.Instant?
        var isFailing = false
        /// Entries before this place are another owner's business by now.
        var forgetBefore: UInt64 = 0
    }

    private static let rhythm = DispatchTimeInterval.milliseconds(250)
    private static let firstPause = Duration.milliseconds(500)
    private static let longestPause = Duration.seconds(10)
    private static let batch = 1_000
    /// Entries of any kind that may follow on a log-in that waits.
    private static let longestWait: UInt64 = 100_000

    private let database: any CenterDatabase
    private let journal: Journal
    private let owner: CallOwner?
    private let logger: Logger
    private let queue = DispatchQueue(label: "callcenterd.logins", qos: .utility)
    private let timer: BackgroundTimer
    private let progress = Mutex(Progress())

    /// - Parameter owner: where several machines write: who we are.
    package init(database: any CenterDatabase, journal: Journal, owner: CallOwner? = nil, logger: Logger) {
        self.database = database
        self.journal = journal
        self.owner = owner
        self.logger = logger
        timer = BackgroundTimer(on: queue)
        timer.setEventHandler { [weak self] in self?.run() }
        timer.schedule(deadline: .now() + Self.rhythm, repeating: Self.rhythm, leeway: .milliseconds(20))
        timer.activate()
    }

    deinit { timer.cancel() }

    /// Returns at once, from any thread.
    package func submit(_ login: AgentLogin) {
        // Without room in the journal another machine does not know of it; the call-detail records, which are in the same
        // trouble, are what the log is loud about.
        _ = journal.append(.login, login.encoded)
    }

    /// What earlier processes have left in the journal is not written: another machine has been the owner since.
    package func forgetFound() { progress.withLock { $0.forgetBefore = journal.place } }

    /// No more tries; what is left stays in the journal.
    package func stop() { timer.cancel() }

    private func run() {
        guard progress.withLock({ $0.earliest.map { $0 <= .now } ?? true }) else { return }
        while let entries = take() {
            guard write(entries) else { return }
        }
    }

    private func take() -> [JournalReader.Entry]? {
        progress.withLock { progress in
            if progress.entries.isEmpty { progress.entries = journal.logins.read(atMost: Self.batch) }
            return progress.entries.isEmpty ? nil : progress.entries
        }
    }

    private func write(_ entries: [JournalReader.Entry]) -> Bool {
        let first = progress.withLock { $0.forgetBefore }
        let logins = entries.filter { $0.sequence >= first }.compactMap { try? AgentLogin(encoded: $0.payload) }
        do throws(StoreError) {
            let isOurs = logins.isEmpty ? true : try database.write(AgentLogin.latest(logins), of: owner)
            guard isOurs else {
                // Ours are to be claimed yet, or this process is about to end.
                progress.withLock { $0.earliest = .now + Self.firstPause }
                return false
            }
        } catch {
            let isOld = entries.first.map { journal.distance(to: $0.sequence) > Self.longestWait } ?? false
            guard error.kind == .refused || isOld else {
                noteFailure(error)
                return false
            }
            logger.error(
                "log-ins of agents are not written; on another machine their rows would decide",
                metadata: ["error": "\(error)"]
            )
        }
        if let last = entries.last {
            journal.logins.settle(
                through: last.sequence,
                count: entries.count,
                callNumber: journal.logins.callNumber
            )
        }
        let wasFailing = progress.withLock { progress in
            let (wasFailing, forgetBefore) = (progress.isFailing, progress.forgetBefore)
            progress = Progress()
            progress.forgetBefore = forgetBefore
            return wasFailing
        }
        if wasFailing { logger.notice("log-ins of agents are written again") }
        return true
    }

    private func noteFailure(_ error: StoreError) {
        let isNew = progress.withLock { progress in
            let isNew = !progress.isFailing
            progress.isFailing = true
            progress.earliest = .now + progress.pause
            progress.pause = min(progress.pause * 2, Self.longestPause)
            return isNew
        }
        guard isNew else { return }
        logger.error(
            "log-ins of agents cannot be written and wait in the journal; trying again",
            metadata: ["error": "\(error)"]
        )
    }
}

extension AgentLogin {
    /// One for each agent, the last.
    static func latest(_ logins: [AgentLogin]) -> [AgentLogin] {
        var places: [String: Int] = [:]
        var latest: [AgentLogin] = []
        for login in logins {
            if let place = places[login.agentID] {
                latest[place] = login
            } else {
                places[login.agentID] = latest.count
                latest.append(login)
            }
        }
        return latest
    }
}
