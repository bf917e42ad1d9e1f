import SIP
import Testing

@Suite("The slab")
struct SlabTests {
    private func put<Element>(_ element: Element, into slab: inout Slab<Element>) throws -> SlabHandle {
        let handle = slab.insert(element)
        return try #require(handle)
    }

    @Test("finds what was put in, and changes it in place")
    func access() throws {
        var slab = Slab<[Int]>()
        let first = try put([1], into: &slab)
        let second = try put([2], into: &slab)
        slab[first]?.append(10)
        #expect(slab[first] == [1, 10])
        #expect(slab[second] == [2])
        #expect(slab.count == 2)
    }

    @Test("takes back the later of two that had the same slot, in whatever order they come")
    func restored() throws {
        var before = Slab<Int>()
        let old = try put(1, into: &before)
        before.remove(old)
        let new = try put(2, into: &before)
        #expect(new.index == old.index)
        for elements in [[(old, 1), (new, 2)], [(new, 2), (old, 1)]] {
            var slab = Slab<Int>()
            slab.restore(elements.map { (handle: $0.0, element: $0.1) })
            #expect(slab.count == 1)
            #expect(slab[new] == 2)
            #expect(slab[old] == nil)
        }
    }

    @Test("an old handle finds nothing, changes nothing and removes nothing")
    func stale() throws {
        var slab = Slab<Int>()
        let old = try put(1, into: &slab)
        #expect(slab.remove(old) == 1)
        let new = try put(2, into: &slab)
        #expect(new.index == old.index)
        #expect(new.generation != old.generation)
        slab[old] = 3
        #expect(slab[old] == nil)
        #expect(!slab.contains(old))
        #expect(slab.remove(old) == nil)
        #expect(slab[new] == 2)
        #expect(slab.count == 1)
    }

    @Test("gives the room of many elements back when all are gone; their handles name nobody who comes later")
    func givesBack() throws {
        var slab = Slab<Int>(limit: 5_000)
        slab.giveBackIfEmpty()
        let handles = try (0..<5_000).map { try put($0, into: &slab) }
        // One has been used again.
        slab.remove(handles[7])
        let again = try put(7, into: &slab)
        slab.giveBackIfEmpty()
        #expect(slab[handles[1]] == 1)
        for handle in handles + [again] { slab.remove(handle) }
        slab.giveBackIfEmpty()
        #expect(slab.isEmpty)
        #expect(slab.handles.isEmpty)
        let later = try (0..<5_000).map { try put($0, into: &slab) }
        #expect(Set(handles + [again]).isDisjoint(with: later))
        #expect(slab[later[4_999]] == 4_999)
        #expect(slab[again] == nil)
        #expect(slab.isFull)
    }

    @Test("a handle that no slab has given finds nothing")
    func foreign() {
        let slab = Slab<Int>()
        #expect(slab[SlabHandle(index: .max, generation: 0)] == nil)
        #expect(slab[SlabHandle(index: 0, generation: 0)] == nil)
    }

    @Test("assigning nil removes")
    func assignment() throws {
        var slab = Slab<Int>(limit: 1)
        let handle = try put(1, into: &slab)
        slab[handle] = nil
        #expect(slab.isEmpty)
        #expect(slab.remove(handle) == nil)
        #expect(slab.insert(2) != nil)
    }

    @Test("takes as many as its limit, and room that was freed is room again")
    func limit() throws {
        var slab = Slab<Int>(limit: 2)
        let first = try put(1, into: &slab)
        #expect(slab.insert(2) != nil)
        #expect(slab.isFull)
        #expect(slab.insert(3) == nil)
        var made = 0
        #expect(
            slab.insert { _ in
                made += 1
                return 4
            } == nil
        )
        #expect(made == 0)
        slab.remove(first)
        #expect(slab.insert(5) != nil)
        #expect(slab.count == 2)
    }

    @Test("an element can be made that knows its handle")
    func making() throws {
        var slab = Slab<SlabHandle>()
        let old = slab.insert { $0 }
        slab.remove(try #require(old))
        let new = slab.insert { $0 }
        let handle = try #require(new)
        #expect(slab[handle] == handle)
        #expect(handle != old)
    }

    @Test("lists its elements in the order of slots")
    func handles() throws {
        var slab = Slab<Int>()
        let handles = try (0..<4).map { try put($0, into: &slab) }
        slab.remove(handles[1])
        #expect(slab.handles.compactMap { slab[$0] } == [0, 2, 3])
    }

    @Test("agrees with a dictionary", arguments: [1, 2, 3] as [UInt64])
    func property(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var slab = Slab<Int>(limit: 50)
        var model: [(handle: SlabHandle, value: Int)] = []
        var gone: [SlabHandle] = []
        for step in 0..<3000 {
            if Bool.random(using: &random) {
                let handle = slab.insert(step)
                #expect((handle == nil) == (model.count == 50))
                if let handle { model.append((handle, step)) }
            } else if let victim = model.indices.randomElement(using: &random) {
                let (handle, value) = model.remove(at: victim)
                #expect(slab.remove(handle) == value)
                gone.append(handle)
            }
            #expect(slab.count == model.count)
            if let one = model.randomElement(using: &random) { #expect(slab[one.handle] == one.value) }
            if let one = gone.randomElement(using: &random) { #expect(slab[one] == nil) }
        }
    }
}
