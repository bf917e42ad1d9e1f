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
    private let stale = Mutex(false)

    package init(database: any CenterDatabase, copy: ProvisioningCopy, logger: Logger) {
        self.database = database
        self.copy = copy
        self.logger = logger
    }

    /// Whether what was last given out is the copy's.
    package var isStale: Bool { stale.withLock { $0 } }

    /// Reads the database, and renews the copy.
    package func read() async throws(StoreError) -> Provisioning {
        let tables = try await database.background { database throws(StoreError) in try database.tables() }
        let provisioning = try tables.provisioning(of: database.name)
        let lastGood = lastGood(of: provisioning.refused)
        do throws(StoreError) {
            try copy.save(tables, lastGood: lastGood, of: database.name)
        } catch {
            logger.error("no copy of flows and agents could be made", metadata: ["error": "\(error)"])
        }
        stale.withLock { $0 = false }
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
    /// - Throws: the error of the database, if there is no copy that can be used.
    package func readAtStart() async throws(StoreError) -> Provisioning {
        do throws(StoreError) {
            return withLastGood(try await read())
        } catch {
            guard let content = loadCopy(), content.database == database.name,
                let provisioning = try? content.tables.provisioning(of: copy.path)
            else { throw error }
            stale.withLock { $0 = true }
            logger.error(
                "flows and agents cannot be read; starting with the copy of the last reading",
                metadata: ["error": "\(error)", "copy": "\(copy.path)", "of": "\(content.taken.ISO8601Format())"]
            )
            return withLastGood(provisioning)
        }
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
