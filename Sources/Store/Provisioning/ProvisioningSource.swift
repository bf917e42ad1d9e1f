package import CallCenter
import Foundation
package import Logging
import Synchronization

/// Where flows and agents come from: the database, or at the start, when that cannot be read, the copy of what it last
/// held.
package final class ProvisioningSource: Sendable {
    private let database: any CenterDatabase
    private let copy: ProvisioningCopy
    private let logger: Logger
    private let state = Mutex(State.current)

    private enum State {
        case current
        /// What was last given out is the copy's.
        case copy
        /// There was nothing to give out.
        case missing
    }

    /// How long a database may keep a start waiting; nil: as long as it takes.
    ///
    /// - Parameter hasCalls: there are calls to go on with.
    package func startPatience(hasCalls: Bool) -> Duration? {
        // Without the copy every new call is refused meanwhile, and agents lose their wrap-ups.
        hasCopy ? .seconds(1) : hasCalls ? .seconds(4) : nil
    }

    package init(database: any CenterDatabase, copy: ProvisioningCopy, logger: Logger) {
        self.database = database
        self.copy = copy
        self.logger = logger
    }

    /// Whether what was last given out is the copy's, or nothing.
    package var isStale: Bool { state.withLock { $0 != .current } }

    /// Whether neither database nor copy could be read so far.
    package var isMissing: Bool { state.withLock { $0 == .missing } }

    /// Whether there is a copy, perhaps one that cannot be used.
    package var hasCopy: Bool { FileManager.default.fileExists(atPath: copy.path) }

    /// Reads the database, and renews the copy.
    ///
    /// - Parameter limit: how long it may take; nil: until the database itself gives up.
    package func read(within limit: Duration? = nil) async throws(StoreError) -> Provisioning {
        let tables = try await database.background(within: limit) { database throws(StoreError) in
            try database.tables()
        }
        let provisioning = try tables.provisioning(of: database.name)
        let lastGood = lastGood(of: provisioning.refused)
        do throws(StoreError) {
            try copy.save(tables, lastGood: lastGood, of: database.name)
        } catch {
            logger.error("no copy of flows and agents could be made", metadata: ["error": "\(error)"])
        }
        state.withLock { $0 = .current }
        return provisioning
    }

    /// Of rows that cannot be used, what the copy has of them that could; nil: nothing.
    private func lastGood(of refused: [Provisioning.RefusedRow]) -> ProvisioningTables? {
        guard !refused.isEmpty, let content = loadCopy(), content.database == database.name else { return nil }
        let good = content.tables.usable(refused)
        let rows = content.lastGood.map { good.or($0.usable(refused)) } ?? good
        return rows.flows.rows.isEmpty && rows.agents.rows.isEmpty ? nil : rows
    }

    /// A bad row keeps its last good version, over a restart as well.
    private func withLastGood(_ provisioning: Provisioning) -> Provisioning {
        guard !provisioning.refused.isEmpty, let content = loadCopy(), content.database == database.name,
            let good = try? content.lastGood?.usable(provisioning.refused).provisioning(of: copy.path)
        else { return provisioning }
        var whole = provisioning
        let (flows, agents) = (Set(whole.flows.map(\.id)), Set(whole.agents.map(\.id)))
        whole.flows += good.flows.filter { !flows.contains($0.id) }
        whole.agents += good.agents.filter { !agents.contains($0.id) }
        return whole
    }

    /// Reads the database, or else the copy. A row that cannot be used is what it last was when it could.
    ///
    /// - Parameter hasCalls: calls of the last process are gone on with even if there are no flows and agents.
    /// - Returns: nil if there are only those.
    /// - Throws: the error of the database, if there is nothing to go on with.
    package func readAtStart(hasCalls: Bool = false) async throws(StoreError) -> Provisioning? {
        do throws(StoreError) {
            return withLastGood(try await read(within: startPatience(hasCalls: hasCalls)))
        } catch {
            guard let content = loadCopy(), content.database == database.name,
                let provisioning = try? content.tables.provisioning(of: copy.path)
            else { return try await withoutCopy(after: error, hasCalls: hasCalls) }
            state.withLock { $0 = .copy }
            logger.error(
                "flows and agents cannot be read; starting with the copy of the last reading",
                metadata: ["error": "\(error)", "copy": "\(copy.path)", "of": "\(content.taken.ISO8601Format())"]
            )
            return withLastGood(provisioning)
        }
    }

    private func withoutCopy(after error: StoreError, hasCalls: Bool) async throws(StoreError) -> Provisioning? {
        guard hasCalls else {
            // It is waited for as long as it may take, but for what that does not help.
            guard error.kind == .unavailable, hasCopy else { throw error }
            return withLastGood(try await read())
        }
        state.withLock { $0 = .missing }
        logger.critical(
            "neither database nor copy gives flows and agents: calls of the last process go on, new ones are refused (503)",
            metadata: ["error": "\(error)", "copy": "\(copy.path)"]
        )
        return nil
    }

    private func loadCopy() -> ProvisioningCopy.Content? {
        do throws(StoreError) {
            return try copy.load()
        } catch {
            logger.error("the copy of flows and agents cannot be used", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
