import SIP
import Testing

@Suite("The timing wheel")
struct TimingWheelTests {
    private func token(_ index: UInt32) -> TimerToken { TimerToken(layer: 1, kind: 0, index: index, generation: 0) }

    private func fired(_ wheel: inout TimingWheel, at now: Milliseconds) -> [UInt32] {
        var tokens: [TimerToken] = []
        wheel.advance(to: now, into: &tokens)
        return tokens.map(\.index)
    }

    @Test(
        "fires at its deadline and not a millisecond earlier",
        arguments: [1, 63, 64, 65, 200, 4095, 4096, 32_000, 262_144, 43_200_000, 1_000_000_000_000] as [Milliseconds],
        [0, 1, 63, 4_095, 123_456_789, -7, -5_000_000] as [Milliseconds]
    )
    func exact(delay: Milliseconds, origin: Milliseconds) {
        var wheel = TimingWheel(now: origin)
        _ = wheel.schedule(token(1), at: origin + delay)
        #expect(fired(&wheel, at: origin + delay - 1) == [])
        #expect(wheel.count == 1)
        #expect(fired(&wheel, at: origin + delay) == [1])
        #expect(wheel.count == 0)
        #expect(wheel.nextDeadline == nil)
    }

    @Test("fires by deadline, and where deadlines are equal in the order of arming")
    func order() {
        var wheel = TimingWheel()
        for (index, deadline) in [(1, 5000), (2, 100), (3, 5000), (4, 4999), (5, 100)] {
            _ = wheel.schedule(token(UInt32(index)), at: Milliseconds(deadline))
        }
        #expect(fired(&wheel, at: 4990) == [2, 5])
        // Armed straight into the lowest level, while 1 and 3 have come down from higher ones.
        _ = wheel.schedule(token(6), at: 5000)
        #expect(fired(&wheel, at: 10_000) == [4, 1, 3, 6])
    }

    @Test("a deadline that has passed is due at once")
    func overdue() {
        var wheel = TimingWheel(now: 1000)
        _ = wheel.schedule(token(1), at: 1000)
        _ = wheel.schedule(token(2), at: 10)
        #expect(wheel.nextDeadline == 1000)
        #expect(fired(&wheel, at: 1000) == [1, 2])
    }

    @Test("a clock that steps back fires nothing early")
    func backwards() {
        var wheel = TimingWheel(now: 1000)
        _ = wheel.schedule(token(1), at: 1005)
        #expect(fired(&wheel, at: 500) == [])
        #expect(fired(&wheel, at: 1005) == [1])
    }

    @Test("cancelling works once, and never hits the timer that took the place")
    func cancelling() {
        var wheel = TimingWheel()
        let first = wheel.schedule(token(1), at: 10)
        #expect(wheel.cancel(first) == true)
        #expect(wheel.cancel(first) == false)
        let second = wheel.schedule(token(2), at: 10)
        #expect(wheel.cancel(first) == false)
        #expect(fired(&wheel, at: 10) == [2])
        #expect(wheel.cancel(second) == false)
        #expect(wheel.count == 0)
    }

    @Test("cancels the first, a middle and the last timer of a slot")
    func cancelWithinSlot() {
        for victims in [[0], [1], [2], [0, 1], [1, 2], [0, 2], [2, 1, 0]] {
            var wheel = TimingWheel()
            let ids = (0..<3).map { wheel.schedule(token(UInt32($0)), at: 50) }
            for victim in victims { wheel.cancel(ids[victim]) }
            let left = [0, 1, 2].filter { !victims.contains($0) }.map(UInt32.init)
            #expect(fired(&wheel, at: 50) == left)
        }
    }

    @Test("agrees with a sorted list", arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func property(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var now = Milliseconds.random(in: -1_000_000...1_000_000, using: &random)
        var wheel = TimingWheel(now: now)
        var model: [(deadline: Milliseconds, index: UInt32, id: TimerID)] = []
        var index: UInt32 = 0
        for _ in 0..<4000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let reach = Milliseconds(1) << Milliseconds.random(in: 0...36, using: &random)
                let deadline = now + Milliseconds.random(in: -2...reach, using: &random)
                index += 1
                model.append((max(deadline, now), index, wheel.schedule(token(index), at: deadline)))
            case 5..<7:
                guard let victim = model.indices.randomElement(using: &random) else { continue }
                let id = model.remove(at: victim).id
                #expect(wheel.cancel(id) == true)
            default:
                let reach = Milliseconds(1) << Milliseconds.random(in: 0...24, using: &random)
                if let next = wheel.nextDeadline, let earliest = model.map(\.deadline).min() {
                    #expect(next <= earliest && next >= now)
                }
                now += Milliseconds.random(in: 0...reach, using: &random)
                // The list is in the order of arming, and sorting is stable.
                let due = model.filter { $0.deadline <= now }.sorted { $0.deadline < $1.deadline }.map(\.index)
                model.removeAll { $0.deadline <= now }
                #expect(fired(&wheel, at: now) == due)
                #expect(wheel.count == model.count)
            }
        }
        #expect(!model.isEmpty)
        #expect(fired(&wheel, at: .max).count == model.count)
        #expect(wheel.count == 0)
    }

    @Test("memory that goes back in two parts leaves no name of a timer that means another later")
    func givesBackTwice() {
        var wheel = TimingWheel(now: 0)
        var old: [TimerID] = []
        // The upper part has been used more often than the lower.
        let lower = (0..<3_000).map { wheel.schedule(token($0), at: 1_000) }
        for round in UInt32(0)..<5 {
            let upper = (0..<3_000).map { wheel.schedule(token(10_000 * round + $0), at: 1_000) }
            for id in upper.reversed() { wheel.cancel(id) }
            old += upper
        }
        wheel.giveBackMemory()
        #expect(wheel.room == 3_000)
        for id in lower { wheel.cancel(id) }
        wheel.giveBackMemory()
        #expect(wheel.room == 0)
        let later = (0..<6_000).map { wheel.schedule(token($0), at: 1_000) }
        for id in old + lower {
            let isCancelled = wheel.cancel(id)
            #expect(!isCancelled)
        }
        #expect(Set(old + lower).isDisjoint(with: later))
    }

    @Test("a timer that is armed at rest does not keep the memory of a rush from going back once it has fired")
    func roomAfterRest() {
        var wheel = TimingWheel(now: 0)
        let rush = (0..<5_000).map { wheel.schedule(token($0), at: 1_000) }
        for id in rush.dropLast() { wheel.cancel(id) }
        wheel.giveBackMemory()
        #expect(wheel.room == 5_000, "the last one is armed")
        _ = wheel.schedule(token(7_777), at: 2_000)
        #expect(fired(&wheel, at: 1_000) == [4_999])
        wheel.giveBackMemory()
        #expect(wheel.room == 1)
        #expect(fired(&wheel, at: 2_000) == [7_777])
    }

    @Test("what a rush has taken of memory goes back; timers that are armed fire, and names of others mean no new ones")
    func memory() {
        var wheel = TimingWheel(now: 0)
        _ = wheel.schedule(token(1), at: 50)
        let gone = wheel.schedule(token(2), at: 60)
        let armed = wheel.schedule(token(3), at: 70)
        wheel.cancel(gone)
        let rush = (100..<5_100).map { wheel.schedule(token($0), at: 1_000) }
        for id in rush.dropLast(2_000) { wheel.cancel(id) }
        wheel.giveBackMemory()
        for id in rush.suffix(2_000) { wheel.cancel(id) }
        wheel.giveBackMemory()
        #expect(wheel.count == 2)
        let later = (10_000..<13_000).map { wheel.schedule(token($0), at: 1_000) }
        for id in rush + [gone] {
            let isCancelled = wheel.cancel(id)
            #expect(!isCancelled)
        }
        #expect(wheel.count == 3_002)
        #expect(fired(&wheel, at: 60) == [1])
        wheel.cancel(armed)
        #expect(fired(&wheel, at: 1_000) == Array(10_000..<13_000))
        for id in later {
            let isCancelled = wheel.cancel(id)
            #expect(!isCancelled)
        }
        #expect(wheel.count == 0)
    }

    @Test("sleeping until the next deadline wakes a few times at most, and reaches every timer")
    func sleeping() {
        var wheel = TimingWheel(now: 77)
        _ = wheel.schedule(token(1), at: 77 + 43_200_000)
        var wakes = 0
        var now: Milliseconds = 77
        while let next = wheel.nextDeadline, wakes < 100 {
            #expect(next >= now)
            now = next
            wakes += 1
            let tokens = fired(&wheel, at: now)
            #expect(tokens.isEmpty == (now < 77 + 43_200_000))
        }
        #expect(now == 77 + 43_200_000)
        #expect(wakes <= 5)
    }
}
