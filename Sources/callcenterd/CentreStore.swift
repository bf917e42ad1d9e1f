import CallCenter
import Foundation
import Logging
import Settings
import Store

/// The databases, what is kept beside them, and what writes to them.
struct CentreStore: Sendable {
    private let records: any CenterDatabase
    /// Flows and agents.
    let source: ProvisioningSource
    let journal: Journal
    let writer: RecordWriter
    /// What is alive, for the next process.
    let calls: CallJournal
    /// The same for a process on another machine; nil if there is none.
    let callWriter: CallWriter?
    /// What becomes of log-ins.
    let logins: LoginKeeper
    private let runtime: any CenterDatabase
    private let loginWriter: LoginWriter
    /// Each database once.
    private let databases: [any CenterDatabase]
    private let logger: Logger

    /// How long databases may keep the daemon from stopping, all in all, and of that the one of records: what they do not take stays
    /// in the journals.
    private static let lastWords = (all: Duration.milliseconds(1_500), records: Duration.seconds(1))
    /// The same for one that fails already.
    private static let lastTry = Duration.milliseconds(200)

    static func open(_ configuration: Configuration, logger: Logger) throws -> CentreStore {
        var databases: [(url: String, database: any CenterDatabase)] = []
        /// The database of a key; the same one for the same URL.
        func database(_ url: String?) throws -> any CenterDatabase {
            let url = url ?? configuration.databaseURL
            if let known = databases.first(where: { $0.url == url }) { return known.database }
            let database = try DatabaseURL(url).openWhenNeeded()
            do throws(StoreError) {
                try database.prepare()
            } catch {
                // Calls do not wait for it: flows and agents come from the copy, records stay in the journal.
                guard error.kind == .unavailable || error.kind == .unopened else { throw error }
                logger.error("a database cannot be used yet; it is tried again", metadata: ["error": "\(error)"])
            }
            databases.append((url, database))
            return database
        }
        let provisioning = try database(nil)
        let records = try database(configuration.recordsDatabaseURL)
        let runtime = try database(configuration.runtimeDatabaseURL)
        let journal: Journal
        do throws(StoreError) {
            journal = try Journal(folder: "\(configuration.stateDirectory)/journal")
        } catch {
            throw StartError.system("state_directory: \(error)")
        }
        let calls: CallJournal
        do throws(StoreError) {
            calls = try CallJournal(folder: "\(configuration.stateDirectory)/calls")
        } catch {
            throw StartError.system("state_directory: \(error)")
        }
        for finding in journal.findings { logger.critical("the journal is damaged: \(finding)") }
        let waiting = journal.pending(.record)
        if waiting > 0 {
            logger.notice(
                "call-detail records of an earlier process wait in the journal",
                metadata: ["count": "\(waiting)"]
            )
        }
        let writer = RecordWriter(database: records, journal: journal, logger: logger)
        writer.retain(days: configuration.recordRetentionDays)
        let owner = try configuration.instance.map { instance in
            CallOwner(
                instance: instance,
                journal: try StateName.of(configuration.stateDirectory),
                run: UUID().uuidString
            )
        }
        let callWriter = owner.map { owner in
            CallWriter(database: runtime, owner: owner, journal: journal, logger: logger, row: CallRow.init(kept:))
        }
        let loginWriter = LoginWriter(database: runtime, journal: journal, owner: owner, logger: logger)
        return CentreStore(
            records: records,
            source: ProvisioningSource(
                database: provisioning,
                copy: ProvisioningCopy(stateDirectory: configuration.stateDirectory),
                logger: logger
            ),
            journal: journal,
            writer: writer,
            calls: calls,
            callWriter: callWriter,
            logins: LoginKeeper(precedence: owner == nil ? .later : .here) { loginWriter.submit($0) },
            runtime: runtime,
            loginWriter: loginWriter,
            databases: databases.map(\.database),
            logger: logger
        )
    }

    /// The number of the last call, from which to go on.
    ///
    /// - Parameter alive: numbers of calls that are gone on with.
    func lastCallNumber(besides alive: [Int32]) async -> Int32 {
        calls.lastCallNumber(after: await lastRecordedNumber(), besides: alive)
    }

    /// How long a start waits for what there is here as well, or is read later: as for flows and agents.
    private var startPatience: Duration? {
        source.startPatience(hasCalls: !calls.found.calls.isEmpty)
    }

    private func lastRecordedNumber() async -> Int32 {
        do throws(StoreError) {
            let written = try await records.background(within: startPatience) { database throws(StoreError) in
                try database.highestCallNumber()
            }
            return journal.lastCallNumber(after: written)
        } catch {
            logger.error(
                "the number of the last call cannot be read; going on from the journal",
                metadata: ["error": "\(error)"]
            )
            return journal.lastCallNumber(after: 0)
        }
    }

    /// Who was logged in, or not, when the last process ended.
    ///
    /// - Parameter kept: what the last process has left.
    /// - Returns: also whether `cc_agent_state` could be read, which has more only if another machine was the owner last, or the
    ///   journal is gone.
    func savedLogins(besides kept: CallKeeper.Found) async -> (all: [AgentLogin], isTableRead: Bool) {
        if kept.isSucceeded { loginWriter.forgetFound() }
        let here = kept.isSucceeded ? [] : LoginKeeper.joined(journal.pendingLogins, kept.logins)
        do throws(StoreError) {
            return (logins.joined(here, written: try await writtenLogins(within: startPatience)), true)
        } catch {
            logger.error(
                "it cannot be read who was logged in; going on with what the journal has of it",
                metadata: ["error": "\(error)", "agents": "\(here.count)"]
            )
            return (here, false)
        }
    }

    /// What `cc_agent_state` has of log-ins.
    func writtenLogins(within limit: Duration? = nil) async throws(StoreError) -> [AgentLogin] {
        try await runtime.background(within: limit) { database throws(StoreError) in try database.logins() }
    }

    /// Writes what the databases take, and ends their use.
    func close() async {
        let end = ContinuousClock.now + Self.lastWords.all
        let figures = await writer.stop(within: writer.figures.isFailing ? Self.lastTry : Self.lastWords.records)
        // Afterwards, so that calls whose records are written now leave no row.
        if let callWriter {
            await callWriter.stop(within: callWriter.isFailing ? Self.lastTry : max(Self.lastTry, end - .now))
        }
        if figures.backlog > 0 {
            logger.warning(
                "call-detail records wait in the journal for the next start",
                metadata: ["count": "\(figures.backlog)"]
            )
        }
        if figures.lost > 0 { logger.critical("records lost", metadata: ["count": "\(figures.lost)"]) }
        loginWriter.stop()
        journal.close()
        calls.close()
        // One that hangs is not waited for: the end of the process closes it.
        guard figures.backlog == 0 else { return }
        for database in databases {
            do throws(StoreError) {
                try database.close()
            } catch {
                logger.warning("a database could not be closed", metadata: ["error": "\(error)"])
            }
        }
    }
}
