/// A part that hardly anybody has at a given moment: it is on the heap, so that those without it pay no more than a pointer.
/// Thousands of legs and calls are alive at once, and most of them wait.
@propertyWrapper
@usableFromInline package struct Rare<Value> {
    @usableFromInline
    final class Box {
        @usableFromInline var value: Value?

        @inlinable init(_ value: Value?) { self.value = value }
    }

    @usableFromInline var box: Box?

    @inlinable package init(wrappedValue: Value?) {
        if wrappedValue != nil { box = Box(wrappedValue) }
    }

    @inlinable package var wrappedValue: Value? {
        // Lends the part: what looks at one property of it does not copy the others.
        _read {
            if let box {
                yield box.value
            } else {
                yield nil
            }
        }
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
