import Testing

@testable import SIP

@Suite("What is known of endpoints for a while")
struct EndpointMemoryTests {
    @Test("what is over is forgotten, the rest stays")
    func forgets() {
        let early = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 5060)
        let late = Endpoint(address: IPAddress(v4: 0x7F00_0002), port: 5060)
        var memory = EndpointMemory()
        memory.insert(early, until: 1_000)
        memory.insert(late, until: 2_000)
        memory.forget(now: 1_000)
        #expect(!memory.contains(early, now: 0), "gone, not only over")
        #expect(memory.contains(late, now: 1_999))
        #expect(!memory.contains(late, now: 2_000))
    }
}
