import SIP

/// What is to happen at what time, earliest first; of the same moment in the order in which it was planned.
struct Agenda {
    private struct Item {
        let at: Milliseconds
        let order: Int
        let action: () -> Void

        func precedes(_ other: Item) -> Bool { (at, order) < (other.at, other.order) }
    }

    /// A binary heap.
    private var items: [Item] = []
    private var planned = 0

    var next: Milliseconds? { items.first?.at }

    mutating func plan(at moment: Milliseconds, _ action: @escaping () -> Void) {
        planned += 1
        items.append(Item(at: moment, order: planned, action: action))
        var child = items.count - 1
        while child > 0, case let parent = (child - 1) / 2, items[child].precedes(items[parent]) {
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func takeNext() -> (() -> Void)? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first.action }
        items[0] = last
        var parent = 0
        while case let left = 2 * parent + 1, left < items.count {
            let right = left + 1
            let child = right < items.count && items[right].precedes(items[left]) ? right : left
            guard items[child].precedes(items[parent]) else { break }
            items.swapAt(child, parent)
            parent = child
        }
        return first.action
    }
}
