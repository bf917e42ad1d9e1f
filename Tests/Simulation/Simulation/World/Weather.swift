package import SIP

/// What the network does to datagrams, in percent of them.
package struct Weather: Sendable {
    package var loss = 0
    package var duplication = 0
    /// Held back long enough for others to overtake.
    package var reordering = 0
    /// How long a datagram takes.
    package var delay: ClosedRange<Milliseconds> = 1...20
    package var lateness: ClosedRange<Milliseconds> = 20...700
    /// Once a minute somebody is cut off from the core for so long at most; 0: nobody ever is.
    package var partition: Milliseconds = 0

    package static let calm = Weather()
    package static let rough = Weather(loss: 10, duplication: 10, reordering: 10)
    package static let storm = Weather(loss: 20, duplication: 15, reordering: 20, delay: 1...80)

    /// Some weather: calm in a third of the cases.
    package static func any(_ random: inout SeededGenerator) -> Weather {
        var weather = Weather()
        guard !random.happens(33) else { return weather }
        weather.loss = random.level(upTo: 20)
        weather.duplication = random.level(upTo: 15)
        weather.reordering = random.level(upTo: 20)
        weather.delay = 1...random.time(2...80)
        weather.lateness = 20...random.time(100...1_500)
        weather.partition = random.happens(30) ? random.time(1_000...40_000) : 0
        return weather
    }

    /// Of the eleven copies of a request that goes unanswered one gets through, and its answer back, but once in 10^8 times.
    var letsThrough: Bool { loss <= 10 }

    /// When a datagram arrives, and when its copy does; nil if it is lost.
    func fate(_ random: inout SeededGenerator) -> (Milliseconds?, copy: Milliseconds?) {
        let first = passage(&random)
        return (first, duplication > 0 && random.happens(duplication) ? passage(&random) : nil)
    }

    private func passage(_ random: inout SeededGenerator) -> Milliseconds? {
        if loss > 0, random.happens(loss) { return nil }
        return random.time(reordering > 0 && random.happens(reordering) ? lateness : delay)
    }
}

extension SeededGenerator {
    mutating func below(_ bound: UInt64) -> UInt64 {
        // The bias of 2^-50 or less does not matter here, the time of an exact draw does.
        next().multipliedFullWidth(by: bound).high
    }

    mutating func happens(_ percent: Int) -> Bool { below(100) < UInt64(max(0, percent)) }

    mutating func time(_ range: ClosedRange<Milliseconds>) -> Milliseconds {
        range.lowerBound + Milliseconds(below(UInt64(range.upperBound - range.lowerBound) + 1))
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int(time(Int64(range.lowerBound)...Int64(range.upperBound)))
    }

    /// 0 in half of the cases.
    mutating func level(upTo limit: Int) -> Int { happens(50) ? 0 : number(1...limit) }

    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[Int(below(UInt64(elements.count)))]
    }
}
