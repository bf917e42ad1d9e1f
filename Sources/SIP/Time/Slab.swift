/// Names an element of a ``Slab``: its slot, and how often the slot had been emptied when the element moved in.
@usableFromInline package struct SlabHandle: Hashable, Sendable {
    @usableFromInline package let index: UInt32
    @usableFromInline package let generation: UInt32

    @inlinable package init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }
}

/// Elements in numbered slots, found by index and safe against handles of elements that are gone.
///
/// A freed slot is the next to be used again, which keeps the slab dense and its order independent of anything but the
/// calls made. Elements are changed in place: `slab[handle]?.state = …` copies nothing.
@usableFromInline package struct Slab<Element> {
    @usableFromInline
    struct Slot {
        @usableFromInline var element: Element?
        @usableFromInline var generation: UInt32
        /// The next free slot, if this one is free.
        @usableFromInline var nextFree: UInt32

        /// One that is occupied, or vacant, as it was in an earlier process.
        @inlinable init(_ element: Element?, generation: UInt32) {
            self.element = element
            self.generation = generation
            nextFree = .max
        }
    }

    @usableFromInline var slots: [Slot] = []
    @usableFromInline var firstFree = UInt32.max
    /// Of slots that are used for the first time: above that of any slot that was given back.
    @usableFromInline var firstGeneration: UInt32 = 0

    /// The number of elements.
    @usableFromInline package internal(set) var count = 0

    /// The most elements that the slab takes.
    @usableFromInline package let limit: Int

    /// An empty slab. `limit` is cut to what a 32-bit index can name.
    @inlinable package init(limit: Int = .max) {
        self.limit = min(max(limit, 0), Int(UInt32.max) - 1)
    }

    @inlinable package var isEmpty: Bool { count == 0 }

    @inlinable package var isFull: Bool { count >= limit }

    /// Puts an element into a free slot; nil if the slab is full.
    @inlinable
    package mutating func insert(_ element: Element) -> SlabHandle? {
        guard let handle = nextHandle else { return nil }
        put(element, at: handle)
        return handle
    }

    /// Makes an element that knows its own handle and puts it into a free slot; nil, and nothing is made, if the slab is
    /// full.
    @inlinable
    @discardableResult
    package mutating func insert(_ make: (SlabHandle) -> Element) -> Element? {
        guard let handle = nextHandle else { return nil }
        let element = make(handle)
        put(element, at: handle)
        return element
    }

    /// Takes an element out; nil if it is gone already.
    @inlinable
    @discardableResult
    package mutating func remove(_ handle: SlabHandle) -> Element? {
        guard let index = position(of: handle), let element = slots[index].element else { return nil }
        vacate(index)
        return element
    }

    @inlinable package func contains(_ handle: SlabHandle) -> Bool { position(of: handle) != nil }

    /// The element of a handle, as in a dictionary: nil if it is gone; what is assigned to a handle that is gone is
    /// dropped; assigning nil removes the element.
    @inlinable
    package subscript(handle: SlabHandle) -> Element? {
        // Inlined, for then what looks at one property does not copy the others. Lent by a coroutine, they would be.
        @inline(__always)
        get { place(of: handle).flatMap { slots[$0].element } }
        @inline(__always)
        _modify {
            if let index = position(of: handle) {
                yield &slots[index].element
                if slots[index].element == nil { vacate(index) }
            } else {
                var nothing: Element?
                yield &nothing
            }
        }
    }

    /// The handles of all elements in the order of their slots, to be used where all must be visited.
    @inlinable package var handles: [SlabHandle] { handles(inSlots: slots.indices) }

    /// The number of slots, occupied or vacant.
    @inlinable package var slotCount: Int { slots.count }

    /// The handles of the elements in these slots, as far as there are such: all can be visited a part at a time.
    @inlinable
    package func handles(inSlots range: Range<Int>) -> [SlabHandle] {
        range.clamped(to: slots.indices).compactMap { index in
            slots[index].element == nil
                ? nil : SlabHandle(index: UInt32(index), generation: slots[index].generation)
        }
    }

    /// What the next element will be called; nil if the slab is full.
    @inlinable
    package var nextHandle: SlabHandle? {
        guard count < limit else { return nil }
        guard firstFree != .max else { return SlabHandle(index: UInt32(slots.count), generation: firstGeneration) }
        return SlabHandle(index: firstFree, generation: slots[Int(firstFree)].generation)
    }

    /// Gives the room of all slots back, if nothing is in them: a rush may have made many. Old handles stay without an element.
    package mutating func giveBackIfEmpty() {
        guard count == 0, slots.count > Self.keptSlots else { return }
        firstGeneration = (slots.map(\.generation).max() ?? firstGeneration) &+ 1
        slots = []
        firstFree = .max
    }

    /// So many are worth nothing: 64 KiB.
    private static var keptSlots: Int { (64 << 10) / MemoryLayout<Slot>.stride }

    /// Slots above this are not restored: no process has had as many, and damage must not cost memory.
    private static var highestRestored: UInt32 { 1 << 22 }

    /// Puts elements back under the handles that they had in an earlier process. Only a slab that has never been used takes
    /// them; what is beyond its limit is left out, and of two in a slot the earlier: it was gone when the other came.
    package mutating func restore(_ elements: [(handle: SlabHandle, element: Element)]) {
        guard slots.isEmpty else { return }
        let ordered = elements.sorted {
            ($0.handle.index, $1.handle.generation) < ($1.handle.index, $0.handle.generation)
        }
        for (handle, element) in ordered {
            guard handle.index < Self.highestRestored, handle.index >= slots.count, count < limit else { continue }
            while slots.count < handle.index { slots.append(Slot(nil, generation: 0)) }
            slots.append(Slot(element, generation: handle.generation))
            count += 1
        }
        for index in slots.indices.reversed() where slots[index].element == nil {
            slots[index].nextFree = firstFree
            firstFree = UInt32(index)
        }
    }

    @inlinable
    mutating func put(_ element: Element, at handle: SlabHandle) {
        let index = Int(handle.index)
        if index == slots.count {
            slots.append(Slot(element, generation: handle.generation))
        } else {
            firstFree = slots[index].nextFree
            slots[index].element = element
        }
        count += 1
    }

    /// The slot of a handle, if its element is there.
    @inlinable
    func position(of handle: SlabHandle) -> Int? { place(of: handle).flatMap { slots[$0].element == nil ? nil : $0 } }

    /// The slot of a handle; nothing may be in it.
    @inlinable
    @inline(__always)
    func place(of handle: SlabHandle) -> Int? {
        let index = Int(handle.index)
        return index < slots.count && slots[index].generation == handle.generation ? index : nil
    }

    @inlinable
    mutating func vacate(_ index: Int) {
        slots[index].element = nil
        slots[index].generation &+= 1
        slots[index].nextFree = firstFree
        firstFree = UInt32(index)
        count -= 1
    }
}

extension Slab: Sendable where Element: Sendable {}
extension Slab.Slot: Sendable where Element: Sendable {}
