/// Ordered queues that take their nodes from one pool: the waiting calls of each flow, the flows that wait for each skill, the idle
/// agents of each skill.
///
/// A queue is a treap (Seidel and Aragon, 1996) with subtree sizes: insertion, removal, successor and rank in O(log n),
/// the first element in O(1). The weights come from the keys, so the same operations give the same tree in every run.
struct QueuePool {
    /// The place in a queue: smaller is nearer to the head. No two elements of a queue have the same key.
    struct Key: Comparable {
        /// Rises with time.
        var order: UInt64
        /// Smaller is more urgent.
        var urgency: Int32 = 0

        static func < (one: Key, other: Key) -> Bool {
            one.urgency == other.urgency ? one.order < other.order : one.urgency < other.urgency
        }
    }

    /// One queue; meaningful only together with the pool that its nodes are in.
    struct Queue {
        fileprivate(set) var root = QueuePool.none
        fileprivate(set) var first = QueuePool.none

        var isEmpty: Bool { root == QueuePool.none }
    }

    /// 32 bytes, two to a cache line.
    struct Node {
        var key: Key
        /// What the owner of the queue put here: the slot of a call, a flow or an agent.
        var item: Int32
        var left = QueuePool.none
        var right = QueuePool.none
        var size: Int32 = 1
        var weight: UInt32
    }

    private static let none: Int32 = -1

    private var nodes: [Node] = []
    private var vacancies: [Int32] = []

    /// Elements in all queues.
    var count: Int { nodes.count - vacancies.count }
    /// Nodes, in use or vacant.
    var capacity: Int { nodes.count }
}

// MARK: - Reading

extension QueuePool {
    func count(_ queue: Queue) -> Int { Int(size(queue.root)) }

    /// The head of the queue.
    func first(_ queue: Queue) -> (key: Key, item: Int)? {
        queue.isEmpty ? nil : element(queue.first)
    }

    /// The element right behind this place.
    func next(after key: Key, in queue: Queue) -> (key: Key, item: Int)? {
        var found = Self.none
        var current = queue.root
        while current != Self.none {
            if key < self[current].key {
                found = current
                current = self[current].left
            } else {
                current = self[current].right
            }
        }
        return found == Self.none ? nil : element(found)
    }

    /// How many elements are before this place.
    func rank(of key: Key, in queue: Queue) -> Int {
        var rank = 0
        var current = queue.root
        while current != Self.none {
            if self[current].key < key {
                rank += Int(size(self[current].left)) + 1
                current = self[current].right
            } else {
                current = self[current].left
            }
        }
        return rank
    }

    /// The items from head to tail; O(n).
    func items(_ queue: Queue) -> [Int] {
        var items: [Int] = []
        items.reserveCapacity(count(queue))
        var path: [Int32] = []
        var current = queue.root
        while current != Self.none || !path.isEmpty {
            while current != Self.none {
                path.append(current)
                current = self[current].left
            }
            guard let node = path.popLast() else { break }
            items.append(Int(self[node].item))
            current = self[node].right
        }
        return items
    }

    /// Whether these are its elements from head to tail, each at its place; for checks, O(n log n).
    func holds(_ elements: [(key: Key, item: Int)], _ queue: Queue) -> Bool {
        var place = first(queue)
        for (key, item) in elements {
            guard let (found, there) = place, found == key, there == item else { return false }
            place = next(after: key, in: queue)
        }
        return place == nil
    }

    /// Edges from the root to the deepest node, 0 for a single one; for tests of the balance, O(n).
    func depth(_ queue: Queue) -> Int {
        var deepest = 0
        var pending: [(node: Int32, depth: Int)] = [(queue.root, 0)]
        while let (node, depth) = pending.popLast() {
            guard node != Self.none else { continue }
            deepest = max(deepest, depth)
            pending.append((self[node].left, depth + 1))
            pending.append((self[node].right, depth + 1))
        }
        return deepest
    }

    private func element(_ node: Int32) -> (key: Key, item: Int) {
        let node = self[node]
        return (node.key, Int(node.item))
    }

    private func size(_ node: Int32) -> Int32 {
        node == Self.none ? 0 : self[node].size
    }

    private subscript(node: Int32) -> Node {
        _read { yield nodes[Int(node)] }
        _modify { yield &nodes[Int(node)] }
    }
}

// MARK: - Changing

extension QueuePool {
    /// The key must not be in the queue yet.
    mutating func insert(_ item: Int, at key: Key, into queue: inout Queue) {
        let weight = Self.weight(of: key)
        var parent = Self.none
        var isRight = false
        var current = queue.root
        while current != Self.none, self[current].weight >= weight {
            self[current].size += 1
            parent = current
            isRight = self[current].key < key
            current = isRight ? self[current].right : self[current].left
        }
        let node = allocate(Node(key: key, item: Int32(truncatingIfNeeded: item), weight: weight))
        let parts = split(current, at: key)
        self[node].left = parts.lower
        self[node].right = parts.upper
        updateSize(node)
        attach(node, to: parent, isRight: isRight, in: &queue)
        if queue.first == Self.none || key < self[queue.first].key { queue.first = node }
    }

    /// Takes the element at this place out; false if there is none.
    @discardableResult
    mutating func remove(at key: Key, from queue: inout Queue) -> Bool {
        var parent = Self.none
        var isRight = false
        var current = queue.root
        while current != Self.none, self[current].key != key {
            self[current].size -= 1
            parent = current
            isRight = self[current].key < key
            current = isRight ? self[current].right : self[current].left
        }
        guard current != Self.none else {
            undoDescent(towards: key, in: queue)
            return false
        }
        let rest = merge(self[current].left, self[current].right)
        attach(rest, to: parent, isRight: isRight, in: &queue)
        vacancies.append(current)
        // Nothing is left of the first one, and right of it only what comes before its parent.
        if queue.first == current { queue.first = rest == Self.none ? parent : leftmost(rest) }
        return true
    }

    private mutating func undoDescent(towards key: Key, in queue: Queue) {
        var current = queue.root
        while current != Self.none {
            self[current].size += 1
            current = self[current].key < key ? self[current].right : self[current].left
        }
    }

    private mutating func attach(_ node: Int32, to parent: Int32, isRight: Bool, in queue: inout Queue) {
        if parent == Self.none {
            queue.root = node
        } else if isRight {
            self[parent].right = node
        } else {
            self[parent].left = node
        }
    }

    /// Cuts a tree into the nodes below `key` and those above.
    private mutating func split(_ node: Int32, at key: Key) -> (lower: Int32, upper: Int32) {
        guard node != Self.none else { return (Self.none, Self.none) }
        if self[node].key < key {
            let parts = split(self[node].right, at: key)
            self[node].right = parts.lower
            updateSize(node)
            return (node, parts.upper)
        }
        let parts = split(self[node].left, at: key)
        self[node].left = parts.upper
        updateSize(node)
        return (parts.lower, node)
    }

    /// Joins two trees, all keys of the first being below those of the second.
    private mutating func merge(_ lower: Int32, _ upper: Int32) -> Int32 {
        if lower == Self.none { return upper }
        if upper == Self.none { return lower }
        if self[lower].weight >= self[upper].weight {
            self[lower].right = merge(self[lower].right, upper)
            updateSize(lower)
            return lower
        }
        self[upper].left = merge(lower, self[upper].left)
        updateSize(upper)
        return upper
    }

    private mutating func updateSize(_ node: Int32) {
        self[node].size = size(self[node].left) + size(self[node].right) + 1
    }

    private func leftmost(_ node: Int32) -> Int32 {
        var current = node
        while current != Self.none, self[current].left != Self.none { current = self[current].left }
        return current
    }

    private mutating func allocate(_ node: Node) -> Int32 {
        if let vacancy = vacancies.popLast() {
            self[vacancy] = node
            return vacancy
        }
        nodes.append(node)
        return Int32(truncatingIfNeeded: nodes.count - 1)
    }

    /// The finaliser of SplitMix64: neighbouring orders get unrelated weights.
    private static func weight(of key: Key) -> UInt32 {
        var hash = key.order &+ 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
        return UInt32(truncatingIfNeeded: hash >> 32)
    }
}
