import SIP

/// What is to happen at what time, earliest first; of the same moment in the order in which it was planned.
struct Agenda {
    enum Job {
        /// A datagram reaches the core.
        case arrival([UInt8], of: Station)
        /// One of the core's reaches a station.
        case delivery([UInt8], to: Station)
        /// A request of a station's has had no response yet.
        case repeatRequest(StationClient, after: Milliseconds)
        /// A final response of a station's has had no ACK yet.
        case repeatFinal(StationServer, after: Milliseconds)
        case script(() -> Void)
    }

    private struct Item {
        let at: Milliseconds
        let order: Int32
        let slot: Int32

        func precedes(_ other: Item) -> Bool { at == other.at ? order < other.order : at < other.at }
    }

    /// A binary heap of small values; what is to be done stays where it is.
    private var items: [Item] = []
    private var jobs: [Job?] = []
    private var vacancies: [Int32] = []
    private var planned: Int32 = 0

    var next: Milliseconds? { items.first?.at }

    mutating func plan(_ job: Job, at moment: Milliseconds) {
        planned &+= 1
        let slot: Int32
        if let vacancy = vacancies.popLast() {
            slot = vacancy
            jobs[Int(slot)] = job
        } else {
            slot = Int32(jobs.count)
            jobs.append(job)
        }
        let item = Item(at: moment, order: planned, slot: slot)
        items.append(item)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard item.precedes(items[parent]) else { break }
            items[child] = items[parent]
            child = parent
        }
        items[child] = item
    }

    mutating func takeNext() -> Job? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        if !items.isEmpty { sink(last) }
        vacancies.append(first.slot)
        defer { jobs[Int(first.slot)] = nil }
        return jobs[Int(first.slot)]
    }

    /// From the root down to its place.
    private mutating func sink(_ item: Item) {
        var parent = 0
        while case let left = 2 * parent + 1, left < items.count {
            let right = left + 1
            let child = right < items.count && items[right].precedes(items[left]) ? right : left
            guard items[child].precedes(item) else { break }
            items[parent] = items[child]
            parent = child
        }
        items[parent] = item
    }

    /// Forgets everything: what was planned keeps the stations alive, and they the world.
    mutating func removeAll() { self = Agenda() }
}

/// Things that all last equally long, and so end in the order in which they began: no heap is needed.
struct Expiry<Element> {
    let lifetime: Milliseconds
    private var items: [(ends: Milliseconds, element: Element)] = []
    private var first = 0

    init(after lifetime: Milliseconds) { self.lifetime = lifetime }

    var next: Milliseconds? { first < items.count ? items[first].ends : nil }
    var count: Int { items.count - first }

    mutating func begin(_ element: Element, now: Milliseconds) { items.append((now + lifetime, element)) }

    /// The next one whose time is over.
    mutating func takeNext(now: Milliseconds) -> Element? {
        guard first < items.count, items[first].ends <= now else { return nil }
        first += 1
        let element = items[first - 1].element
        if first > 512, first * 2 > items.count {
            items.removeFirst(first)
            first = 0
        }
        return element
    }

    mutating func removeAll() {
        items = []
        first = 0
    }
}
