/// One value for many who keep it, as thousands of calls have the same flow; or one that is to stand apart from the rest.
@dynamicMemberLookup
@usableFromInline package final class Shared<Value: Sendable>: Sendable {
    @usableFromInline package let value: Value

    @inlinable package init(_ value: Value) { self.value = value }

    @inlinable package subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member { value[keyPath: path] }
}
