/// The counters that the whole centre and each flow have. `received + restored = answered + abandoned + failed +
/// alive`.
package struct CallCounters: Sendable, Equatable {
    package var received: UInt64 = 0
    package var restored: UInt64 = 0
    package var distributed: UInt64 = 0
    package var answered: UInt64 = 0
    package var abandoned: UInt64 = 0
    /// In the order of `FailureCause.allCases`.
    package var failed = Counts<6>()

    package init() {}

    /// All failures, whatever the cause.
    package var failures: UInt64 { failed.reduce(0, +) }

    package static func += (sum: inout CallCounters, other: CallCounters) {
        sum.received += other.received
        sum.restored += other.restored
        sum.distributed += other.distributed
        sum.answered += other.answered
        sum.abandoned += other.abandoned
        sum.failed += other.failed
    }

    /// Takes an earlier state of the same counters off.
    static func -= (difference: inout CallCounters, base: CallCounters) {
        difference.received -= base.received
        difference.restored -= base.restored
        difference.distributed -= base.distributed
        difference.answered -= base.answered
        difference.abandoned -= base.abandoned
        difference.failed -= base.failed
    }
}
