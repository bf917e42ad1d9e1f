import CallCenter

/// Something that SNMP managers are told of when it changes. All that there are stand in `Alarm.all`; a further one is
/// one entry there and its NOTIFICATION-TYPE (two for a pair) in CALLCENTERD-MIB.
package struct Alarm: Sendable {
    /// What is watched, as it is now.
    enum Condition: Sendable, Equatable {
        /// Told when it begins to hold and when it ends.
        case holds(Bool)
        /// Told when it exceeds the bound, and when it has fallen below the bound less the hysteresis.
        case level(Int64, bound: Int64)
        /// Told when it is another one than what was told last.
        case state(Int64)
        /// Something happened that often: told when it rises.
        case count(UInt64)
    }

    /// Whose condition it is; nil where there is none to watch.
    enum Source: Sendable {
        case global(@Sendable (Snapshot, NotificationRules) -> Condition?)
        case flow(@Sendable (CenterSnapshot.Flow, NotificationRules) -> Condition?)
        case agent(@Sendable (CenterSnapshot.Agent, NotificationRules) -> Condition?)
    }

    /// The descriptor of the notification in the MIB.
    let name: String
    /// Of the one that tells the end; nil where there is no end.
    let endName: String?
    /// The last number in the OID of `name`; `endName` has the next one.
    let number: UInt32
    /// Descriptors of the objects that go along, of the same flow or agent. No Counter64: that would keep the
    /// notification from SNMPv1 managers (RFC 3584 section 3.1).
    let objects: [String]
    let source: Source

    init(_ name: String, end: String? = nil, number: UInt32, objects: [String], _ source: Source) {
        self.name = name
        endName = end
        self.number = number
        self.objects = objects
        self.source = source
    }
}

extension Alarm {
    /// Numbers are for ever, as in `ManagedNumbers`.
    static let all: [Alarm] = [
        Alarm(
            "ccfNoAgents",
            end: "ccfAgentsAgain",
            number: 1,
            objects: ["ccfId", "ccfLoggedAgents", "ccfQueuedCalls"],
            .flow { flow, _ in .holds(flow.loggedAgents == 0) }
        ),
        Alarm(
            "ccfWaitTooLong",
            end: "ccfWaitNormal",
            number: 3,
            objects: ["ccfId", "ccfLongestWait", "ccfQueuedCalls"],
            .flow { flow, rules in
                rules.longestWait(of: flow.id).map { .level(flow.longestWait, bound: $0) }
            }
        ),
        Alarm(
            "ccfQueueTooLong",
            end: "ccfQueueNormal",
            number: 5,
            objects: ["ccfId", "ccfQueuedCalls", "ccfLongestWait"],
            .flow { flow, rules in
                rules.queueLength(of: flow.id).map { .level(Int64(flow.queued), bound: Int64($0)) }
            }
        ),
        Alarm(
            "ccaStateChange",
            number: 7,
            objects: ["ccaId", "ccaState", "ccaLoggedIn"],
            .agent { agent, rules in
                rules.agentStates ? .state(Int64(Catalogue.stateNumber(agent))) : nil
            }
        ),
        Alarm(
            "ccgProvisioningLost",
            end: "ccgProvisioningBack",
            number: 8,
            objects: ["ccgProvisioningStale"],
            .global { snapshot, _ in .holds(snapshot.process.store.isProvisioningStale) }
        ),
        Alarm(
            "ccgStoreLost",
            end: "ccgStoreBack",
            number: 10,
            objects: ["ccgStoreUp", "ccgStoreBacklog"],
            .global { snapshot, _ in .holds(!snapshot.process.store.isWriting) }
        ),
        Alarm(
            "ccgJournalTrouble",
            end: "ccgJournalWell",
            number: 12,
            objects: ["ccgJournalFailing", "ccgStoreBacklog"],
            .global { snapshot, _ in .holds(snapshot.process.store.isJournalFailing) }
        ),
        Alarm(
            "ccaLoggedOff",
            number: 14,
            objects: ["ccaId", "ccaState", "ccaLoggedIn"],
            .agent { agent, _ in .count(agent.noAnswerLogoffsSinceStart) }
        ),
        Alarm(
            "ccgOverloadBegun",
            end: "ccgOverloadOver",
            number: 15,
            objects: ["ccgSipOverloaded", "ccgSipTransactions"],
            .global { snapshot, _ in .holds(snapshot.process.admission.isOverloaded) }
        ),
        Alarm(
            "ccgBacklogTooLong",
            end: "ccgBacklogNormal",
            number: 17,
            objects: ["ccgStoreBacklog", "ccgStoreUp"],
            .global { snapshot, rules in
                rules.backlog.map { .level(Int64(snapshot.process.store.backlog), bound: Int64($0)) }
            }
        ),
    ]
}
