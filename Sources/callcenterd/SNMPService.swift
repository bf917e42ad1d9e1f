import SNMPAgent
import ServiceLifecycle
import Telemetry

/// Gives the SNMP agent what it shows, less than a second old at any time, and what it is to notify of.
struct SNMPService: Service {
    private static let pause = Duration.milliseconds(700)

    let centre: Centre
    let agent: SNMPAgent

    func run() async throws {
        await publish()
        agent.start()
        await cancelWhenGracefulShutdown {
            var panel = AlarmPanel(rules: centre.notificationRules)
            while !Task.isCancelled {
                let snapshot = await publish()
                agent.lookForSilence()
                // While there is nobody to tell, nothing is looked at: later, what differs from what was told last is told.
                if agent.canNotify {
                    panel.rules = centre.notificationRules
                    let due = panel.observe(snapshot)
                    agent.notify(due, counters: panel.counters)
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
        await agent.stop(within: .seconds(1))
    }

    @discardableResult
    private func publish() async -> Snapshot {
        let snapshot = await centre.snapshot()
        agent.publish(ManagedTree(snapshot))
        return snapshot
    }
}
