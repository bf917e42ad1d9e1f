import Testing

@testable import CallCenter

@Suite("Ordered queues in one pool")
struct QueuePoolTests {
    @Test(
        "do what sorted arrays do, whatever the order of insertions and removals",
        arguments: 1...20 as ClosedRange<UInt64>
    )
    func agreesWithArrays(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var pool = QueuePool()
        var queues = [QueuePool.Queue](repeating: QueuePool.Queue(), count: 3)
        var arrays = [[(key: QueuePool.Key, item: Int)]](repeating: [], count: 3)
        for order in 1...400 as ClosedRange<UInt64> {
            let index = Int.random(in: 0..<3, using: &random)
            if random.once(in: 3), let removed = arrays[index].indices.randomElement(using: &random) {
                let key = arrays[index].remove(at: removed).key
                #expect(pool.remove(at: key, from: &queues[index]))
            } else {
                let key = QueuePool.Key(order: order, urgency: Int32.random(in: -2...2, using: &random))
                arrays[index].append((key, Int(order)))
                arrays[index].sort { $0.key < $1.key }
                pool.insert(Int(order), at: key, into: &queues[index])
            }
            let (queue, array) = (queues[index], arrays[index])
            #expect(pool.items(queue) == array.map(\.item))
            #expect(pool.count(queue) == array.count)
            #expect(pool.first(queue)?.item == array.first?.item)
            guard let place = array.indices.randomElement(using: &random) else { continue }
            #expect(pool.rank(of: array[place].key, in: queue) == place)
            let next = array.dropFirst(place + 1).first?.item
            #expect(pool.next(after: array[place].key, in: queue)?.item == next)
        }
        #expect(pool.count == arrays.reduce(0) { $0 + $1.count })
    }

    @Test("stay as they are when a place to remove does not exist")
    func missingPlace() {
        var pool = QueuePool()
        var queue = QueuePool.Queue()
        for order in 1...50 as ClosedRange<UInt64> where order != 25 {
            pool.insert(Int(order), at: QueuePool.Key(order: order), into: &queue)
        }
        #expect(!pool.remove(at: QueuePool.Key(order: 25), from: &queue))
        #expect(pool.count(queue) == 49)
        #expect(pool.rank(of: QueuePool.Key(order: 51), in: queue) == 49)
    }

    @Test("stay shallow when elements come in order, as calls and agents do")
    func isBalanced() {
        var pool = QueuePool()
        var queue = QueuePool.Queue()
        for order in 1...50_000 as ClosedRange<UInt64> {
            pool.insert(Int(order), at: QueuePool.Key(order: order), into: &queue)
        }
        // A perfect tree has 15 edges, a random one about 40; a list would have 49,999.
        #expect(pool.depth(queue) < 60)
    }

    @Test("take vacant nodes before new ones")
    func reuse() {
        var pool = QueuePool()
        var queue = QueuePool.Queue()
        for round in 0..<1_000 as Range<UInt64> {
            pool.insert(1, at: QueuePool.Key(order: round), into: &queue)
            pool.remove(at: QueuePool.Key(order: round), from: &queue)
        }
        #expect(pool.capacity == 1)
    }
}
