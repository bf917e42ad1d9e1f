/// A notification with all that goes along (RFC 3416 section 4.2.6, without sysUpTime and snmpTrapOID, which the agent
/// puts before).
package struct ManagedNotification: Sendable, Equatable {
    /// The descriptor in the MIB.
    package var name: String
    /// The value of snmpTrapOID.
    package var identifier: [UInt32]
    package var bindings: [ManagedTree.Instance]
}

/// What became of the changes that were watched.
package struct NotificationCounters: Sendable, Equatable {
    package var sent: UInt64 = 0
    /// Changes that nobody was told of, because they were taken back before it was time, or beyond the rate limit.
    package var suppressed: UInt64 = 0

    package init() {}
}

extension Alarm {
    /// The object that comes with a level: the bound it has crossed (`ccgNotifiedBound`).
    static let bound: [UInt32] = ManagedTree.objects + [4, 1, 0]

    func notification(isEnd: Bool, bindings: [ManagedTree.Instance]) -> ManagedNotification {
        let isEnd = isEnd && endName != nil
        return ManagedNotification(
            name: isEnd ? endName ?? name : name,
            identifier: ManagedTree.base + [0, isEnd ? number + 1 : number],
            bindings: bindings
        )
    }

    /// The objects of this alarm as they are in a row, or among the scalars.
    static func bindings<Subject>(
        _ names: [String],
        in list: ManagedNumbers.List<Subject>,
        of subject: Subject,
        now: Int64,
        at name: (UInt32) -> [UInt32]
    ) -> [ManagedTree.Instance] {
        names.compactMap { object in
            guard let number = list.number(of: object), let column = list[number] else { return nil }
            return ManagedTree.Instance(name: name(number), value: column.read(subject, now))
        }
    }
}
