/// A hierarchical timing wheel with ticks of one millisecond (Varghese and Lauck, 1987).
///
/// SIP arms a timer for nearly every message and cancels nearly all of them, so both cost a few list operations, however
/// many timers are armed. Level 0 has a slot a millisecond, each higher level slots that are 64 times as long:
///
///     level      0      1       2        3        4         5  …  10
///     slot    1 ms  64 ms   4.1 s    262 s    4.7 h   12.4 d      the rest of 64 bits
///
/// A timer sits on the level of the highest group of six bits in which its deadline differs from the current time. When
/// the time enters a slot of a higher level, the timers in it move to lower levels; on level 0 they fire. One bit a slot
/// says which slots hold timers, so a jump of any size costs only as much as the timers on its way.
///
/// All timers of a slot that are moved together were armed before any that is put straight into the slots they move to,
/// and lists are kept in order; hence timers with equal deadlines fire in the order in which they were armed.
package struct TimingWheel: Sendable {
    /// The number of armed timers.
    package private(set) var count = 0

    /// The number of timers that there is room for without more memory.
    package var room: Int { nodes.count }

    /// Where the wheel stands, as an unsigned tick: everything due before has fired.
    private var current: UInt64
    private var nodes: [Node] = []
    private var freeNode = Node.none
    /// Of nodes to come: above that of all whose memory was given back, so that no `TimerID` of theirs means a new timer.
    private var firstGeneration: UInt32 = 0
    private var slots: [List]
    /// For each level one bit a slot that holds timers.
    private var occupied: [UInt64]
    /// One bit a level that holds timers.
    private var levels: UInt16 = 0

    private static let levelCount = 11

    /// An empty wheel that stands at `now`.
    package init(now: Milliseconds = 0) {
        current = Self.tick(now)
        slots = Array(repeating: List(), count: Self.levelCount << 6)
        occupied = Array(repeating: 0, count: Self.levelCount)
    }

    /// Arms a timer. One whose deadline has passed already counts as due now and fires with the next `advance`.
    package mutating func schedule(_ token: TimerToken, at deadline: Milliseconds) -> TimerID {
        let index = makeNode(token, deadline: max(Self.tick(deadline), current))
        link(index)
        count += 1
        return TimerID(index: index, generation: nodes[Int(index)].generation)
    }

    /// Disarms a timer; false if it has fired or was cancelled before.
    @discardableResult
    package mutating func cancel(_ id: TimerID) -> Bool {
        let index = Int(id.index)
        guard index < nodes.count, nodes[index].generation == id.generation, nodes[index].isArmed else { return false }
        unlink(id.index)
        release(id.index)
        return true
    }

    /// Moves the time to `now` and appends the tokens of all timers that are due, ordered by deadline and, where that is
    /// equal, by the order in which they were armed. A `now` before the wheel's own time fires only what is overdue.
    package mutating func advance(to now: Milliseconds, into fired: inout [TimerToken]) {
        let target = max(Self.tick(now), current)
        while let slot = firstSlot(), start(ofSlot: slot) <= target {
            current = start(ofSlot: slot)
            var next = takeAll(fromSlot: slot)
            while next != Node.none {
                let index = next
                next = nodes[Int(index)].next
                if slot < 64 {
                    fired.append(nodes[Int(index)].token)
                    release(index)
                } else {
                    link(index)
                }
            }
        }
        current = target
    }

    /// A time before which nothing fires, to sleep until; nil if no timer is armed. Exact within the next 64 ms, further
    /// away possibly early, by less than the distance.
    package var nextDeadline: Milliseconds? {
        guard let slot = firstSlot() else { return nil }
        return Self.milliseconds(start(ofSlot: slot))
    }
}

// MARK: - Slots

extension TimingWheel {
    /// Milliseconds as an unsigned number of the same order, so that a clock may start anywhere.
    private static func tick(_ time: Milliseconds) -> UInt64 { UInt64(bitPattern: time) ^ 1 << 63 }

    private static func milliseconds(_ tick: UInt64) -> Milliseconds { Milliseconds(bitPattern: tick ^ 1 << 63) }

    /// The first slot that holds timers. All of a level come before those of the next: they share more bits with `current`.
    private func firstSlot() -> Int? {
        guard levels != 0 else { return nil }
        let level = levels.trailingZeroBitCount
        return level << 6 | occupied[level].trailingZeroBitCount
    }

    private func start(ofSlot slot: Int) -> UInt64 {
        let shift = UInt64(slot >> 6) * 6
        let above = (current >> (shift + 6)) << (shift + 6)
        return above | UInt64(slot & 63) << shift
    }

    private func slot(for deadline: UInt64) -> Int {
        let level = (63 - (deadline ^ current | 1).leadingZeroBitCount) / 6
        return level << 6 | Int(deadline >> UInt64(level * 6) & 63)
    }

    private mutating func link(_ index: UInt32) {
        let slot = slot(for: nodes[Int(index)].deadline)
        let last = slots[slot].last
        nodes[Int(index)].slot = UInt16(slot)
        nodes[Int(index)].previous = last
        nodes[Int(index)].next = Node.none
        slots[slot].last = index
        if last == Node.none {
            slots[slot].first = index
            occupied[slot >> 6] |= 1 << UInt64(slot & 63)
            levels |= 1 << UInt16(slot >> 6)
        } else {
            nodes[Int(last)].next = index
        }
    }

    private mutating func unlink(_ index: UInt32) {
        let node = nodes[Int(index)]
        let slot = Int(node.slot)
        if node.previous == Node.none {
            slots[slot].first = node.next
        } else {
            nodes[Int(node.previous)].next = node.next
        }
        if node.next == Node.none {
            slots[slot].last = node.previous
        } else {
            nodes[Int(node.next)].previous = node.previous
        }
        if slots[slot].first == Node.none { markEmpty(slot) }
    }

    /// Empties a slot and returns its first node; the others hang on that.
    private mutating func takeAll(fromSlot slot: Int) -> UInt32 {
        let first = slots[slot].first
        slots[slot] = List()
        markEmpty(slot)
        return first
    }

    private mutating func markEmpty(_ slot: Int) {
        let level = slot >> 6
        occupied[level] &= ~(1 << UInt64(slot & 63))
        if occupied[level] == 0 { levels &= ~(1 << UInt16(level)) }
    }
}

// MARK: - Nodes

extension TimingWheel {
    /// One timer, a link of the list of its slot; a free one is a link of the list of free nodes.
    private struct Node {
        static let none = UInt32.max
        static let free = UInt16.max

        var deadline: UInt64
        var token: TimerToken
        var generation: UInt32 = 0
        var previous = Node.none
        var next = Node.none
        var slot = Node.free

        var isArmed: Bool { slot != Node.free }
    }

    private struct List {
        var first = Node.none
        var last = Node.none
    }

    private mutating func makeNode(_ token: TimerToken, deadline: UInt64) -> UInt32 {
        guard freeNode != Node.none else {
            nodes.append(Node(deadline: deadline, token: token, generation: firstGeneration))
            return UInt32(nodes.count - 1)
        }
        let index = freeNode
        freeNode = nodes[Int(index)].next
        nodes[Int(index)].deadline = deadline
        nodes[Int(index)].token = token
        return index
    }

    /// Gives back the nodes behind the last armed one, if they are worth it. For a moment of rest.
    package mutating func giveBackMemory() {
        let kept = (nodes.lastIndex(where: \.isArmed) ?? -1) + 1
        if nodes.count - kept > Self.keptNodes {
            firstGeneration = max(firstGeneration, (nodes[kept...].map(\.generation).max() ?? 0) &+ 1)
            nodes = Array(nodes[..<kept])
        }
        // Those at the front are taken first, so that the end falls free, if it is not yet.
        freeNode = Node.none
        for index in nodes.indices.reversed() where !nodes[index].isArmed {
            nodes[index].next = freeNode
            freeNode = UInt32(index)
        }
    }

    /// So many are worth nothing.
    private static let keptNodes = 1_024

    private mutating func release(_ index: UInt32) {
        nodes[Int(index)].generation &+= 1
        nodes[Int(index)].slot = Node.free
        nodes[Int(index)].next = freeNode
        freeNode = index
        count -= 1
    }
}
