import CallCenter
import Exchange
import SIP
import Testing

@Suite("A caller who is lost")
struct LostCallerTests {
    @Test("One who never confirms our answer is abandoned, and it was us who ended the call")
    func neverAcknowledges() {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.bench.loses = { message, toCore in toCore && message.isRequest && message.method == .ack }
        town.call(for: 40_000)
        #expect(town.bench.call == nil)
        #expect(town.record(0)?.cause == "abandoned")
        #expect(town.record(0)?.endedBy == .system)
        #expect(town.record(0)?.sipStatus == 408)
        #expect(town.bench.snapshot.totals.counters.abandoned == 1)
    }

    @Test("One who is lost while he talks leaves an answered call that we ended")
    func lostWhileTalking() {
        let town = Town()
        town.bench.loses = { message, toCore in toCore && message.isRequest && message.method == .ack }
        town.call(for: 40_000)
        #expect(town.bench.call == nil)
        #expect(town.record(0)?.callType == .answered)
        #expect(town.record(0)?.endedBy == .system)
    }
}
