/// A part that hardly anybody has at a given moment: it is on the heap, so that those without it pay no more than a pointer.
/// Thousands of legs and calls are alive at once, and most of them wait.
@propertyWrapper
@usableFromInline package struct Rare<Value> {
    @usableFromInline
    final class Box {
        // Accesses to it are not watched: it is only reached through its `Rare`, and those to that are.
        @exclusivity(unchecked) @usableFromInline var value: Value?

        @inlinable init(_ value: Value?) { self.value = value }
    }

    @usableFromInline var box: Box?

    @inlinable package init(wrappedValue: Value?) {
        if wrappedValue != nil { box = Box(wrappedValue) }
    }

    /// Whether it is there, without a look at it.
    @inlinable package var projectedValue: Bool { box != nil }

    @inlinable package var wrappedValue: Value? {
        // No coroutine: one that lends the part wants memory of its own at each look, and most find nothing there.
        // Inlined, for then what looks at one property does not copy the others.
        @inline(__always)
        get { box?.value }
        set { box = newValue == nil ? nil : Box(newValue) }
        _modify {
            if isKnownUniquelyReferenced(&box), let part = box {
                yield &part.value
                if part.value == nil { box = nil }
            } else {
                var value = box?.value
                yield &value
                box = value == nil ? nil : Box(value)
            }
        }
    }
}
