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
            await takeSavedLogins()
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
        let provisioning = try await store.source.read()
        let report = try await command { [logins = store.logins] exchange, now in
            if let next { exchange.apply(ExchangeConfiguration(next), now: now) }
            logins.provisioned(provisioning, at: now + exchange.wallOffset)
            return exchange.provision(provisioning, now: now)
        }
        Self.log(report, logger)
        return report
    }

    /// Reads who was logged in, if that could not be read at the start, and has it hold unless something newer is known.
    func takeSavedLogins() async {
        guard store.logins.isTableAwaited, let saved = try? await store.writtenLogins() else { return }
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
    }
}
