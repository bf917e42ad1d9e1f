import SIP

/// What the network does to datagrams, in percent of them.
struct Weather {
    var loss = 0
    var duplication = 0
    /// Held back long enough for others to overtake.
    var reordering = 0
    /// How long a datagram takes.
    var delay: ClosedRange<Milliseconds> = 1...20
    var lateness: ClosedRange<Milliseconds> = 20...700

    static let calm = Weather()
    /// The network of issue 2: 10 % of each.
    static let rough = Weather(loss: 10, duplication: 10, reordering: 10)
    static let storm = Weather(loss: 20, duplication: 15, reordering: 20, delay: 1...80)

    /// When the copies of a datagram arrive; none if it is lost.
    func fate(_ random: inout SeededGenerator) -> [Milliseconds] {
        let copies = random.happens(duplication) ? 2 : 1
        return (0..<copies).compactMap { _ in
            guard !random.happens(loss) else { return nil }
            return Milliseconds.random(in: random.happens(reordering) ? lateness : delay, using: &random)
        }
    }
}

extension SeededGenerator {
    mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func time(_ range: ClosedRange<Milliseconds>) -> Milliseconds {
        Milliseconds.random(in: range, using: &self)
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &self) }
}
