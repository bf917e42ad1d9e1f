import CallCenter
import Exchange
import Logging
import Management
import Settings
import Store
import Synchronization
import Transport

/// Taking over what has changed in the file and in the database.
extension Centre {
    /// Whether flows and agents are those of an earlier reading.
    var isProvisioningStale: Bool { store.source.isStale }

    /// How long databases may keep a reload waiting. Below the patience of whoever asks for one (`BoundedControl`), so that he hears
    /// which of them has not answered; above that for a lock, so that he hears of that.
    private static let patience = (provisioning: Duration.milliseconds(6_500), logins: Duration.seconds(1))

    /// Reads configuration file, tokens, flows and agents again. What is wrong with the file refuses all of it; a bad row only itself.
    func reload(for requester: String) async -> Result<ProvisioningReport, ControlError> {
        let next: Configuration
        do {
            next = try Configuration.load(file: file, checks: .all)
        } catch {
            return .failure(ControlError(code: 488, message: "\(error)"))
        }
        let restarts = configuration.withLock { next.changesNeedingRestart(comparedTo: $0) }
        guard restarts.isEmpty else {
            let keys = restarts.joined(separator: ", ")
            return .failure(ControlError(code: 488, message: "needs a restart, not a reload: \(keys)"))
        }
        do throws(StartError) {
            try NamedFiles.check(next, file: file)
        } catch {
            return .failure(ControlError(code: 488, message: error.description))
        }
        do throws(ManagementError) {
            try tokens?.reload()
        } catch {
            return .failure(ControlError(code: 488, message: "\(error)"))
        }
        do throws(TLSProblem) {
            try network.reloadTLS(TLSSettings(next.sip.tls))
        } catch {
            return .failure(ControlError(code: 488, message: "\(error); those in use stay"))
        }
        do {
            let report = try await readProvisioning(under: next)
            configuration.withLock { $0 = next }
            for caution in NamedFiles.cautions(next, file: file) { logger.warning("\(caution)") }
            network.trust(StreamTrust(next.sip))
            store.writer.retain(days: next.recordRetentionDays)
            await takeSavedLogins(within: Self.patience.logins)
            return .success(report)
        } catch {
            return .failure(.failed("\(error)"))
        }
    }

    /// Reads flows and agents again if they could not be read at the start, under the configuration in force: what is in the file
    /// by now is for whoever asks for a reload.
    func takeProvisioning() async {
        guard isProvisioningStale else { return }
        do {
            _ = try await readProvisioning(under: nil)
        } catch {
            // That was told of at the start, and shows in the figures.
            logger.debug("flows and agents cannot be read yet: \(error)")
        }
    }

    private func readProvisioning(under next: Configuration?) async throws -> ProvisioningReport {
        // Nobody waits for what is read since it could not be at the start.
        let provisioning = try await store.source.read(within: next == nil ? nil : Self.patience.provisioning)
        let report = try await command { [logins = store.logins] exchange, now in
            if let next { exchange.apply(ExchangeConfiguration(next), now: now) }
            logins.provisioned(provisioning, at: now + exchange.wallOffset)
            let report = exchange.provision(provisioning, now: now)
            Self.putInForce(logins.takeAwaited(provisioning.agents), in: &exchange, now: now)
            return report
        }
        Self.log(report, logger)
        return report
    }

    /// Reads who was logged in, if that could not be read at the start, and has it hold unless something newer is known.
    func takeSavedLogins(within limit: Duration? = nil) async {
        guard store.logins.isTableAwaited, let saved = try? await store.writtenLogins(within: limit) else { return }
        do {
            let count = try await command { [logins = store.logins] exchange, now in
                let newer = logins.tableRead(saved)
                for login in newer {
                    // He is provisioned: that was looked at.
                    try? exchange.setLogin(agentID: login.agentID, loggedIn: login.isLoggedIn, now: now)
                }
                return newer.count
            }
            logger.notice("who was logged in could be read", metadata: ["taken": "\(count)"])
        } catch {
            // Only a loop that has ended takes no commands.
            logger.debug("log-ins are not taken: \(error)")
        }
    }

    /// Log-ins of an earlier process that are not what the rows say.
    static func putInForce(_ logins: [AgentLogin], in exchange: inout Exchange, now: Milliseconds) {
        for login in logins where login.isLoggedIn != login.rowSays {
            // He is provisioned: that was looked at.
            try? exchange.setLogin(agentID: login.agentID, loggedIn: login.isLoggedIn, now: now)
        }
    }

    static func log(_ report: ProvisioningReport, _ logger: Logger) {
        logger.info(
            "provisioning taken over",
            metadata: [
                "flows": "+\(report.addedFlows.count) ~\(report.changedFlows.count) -\(report.removedFlows.count)",
                "agents": "+\(report.addedAgents.count) ~\(report.changedAgents.count) -\(report.removedAgents.count)",
            ]
        )
        for row in report.refused {
            logger.warning(
                "row refused",
                metadata: ["table": "\(row.table)", "id": "\(row.id)", "reason": "\(row.reason)"]
            )
        }
        for row in report.doubtful {
            logger.warning(
                "row taken, but perhaps not as it was meant",
                metadata: ["table": "\(row.table)", "id": "\(row.id)", "reason": "\(row.reason)"]
            )
        }
    }
}
