/// A flow, an agent or a call of a `Center`: the slot it lives in and the slot's generation.
///
/// A reference outlives what it points to without danger: once that is gone, the generation no longer agrees and every
/// operation that takes the reference does nothing.
package struct Reference<Subject>: Hashable, Sendable {
    package let slot: UInt32
    /// Odd while the slot is occupied, so that a vacant slot equals no reference.
    package let generation: UInt32

    @inlinable package init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }
}

extension Reference: CustomStringConvertible {
    /// For logs and test failures: `7.3` is the third tenant (counting both arrivals and departures) of slot 7.
    package var description: String { "\(slot).\(generation)" }
}

/// What the kinds of `Reference` point to; they only keep one kind from being taken for another.
package enum Subject {
    package enum Flow {}
    package enum Agent {}
    package enum Call {}
    package enum Skill {}
}

package typealias FlowRef = Reference<Subject.Flow>
package typealias AgentRef = Reference<Subject.Agent>
package typealias CallRef = Reference<Subject.Call>
