import Testing

@testable import SIP

@Suite("Which of our sockets a peer is sent to from")
struct ListenerChoiceTests {
    private let loopback = Endpoint(address: IPAddress(v4: 0x7F00_0001), port: 5_060)
    private let network = Endpoint(address: IPAddress(v4: 0x0A02_0001), port: 5_060)
    private let everywhere = Endpoint(address: IPAddress(v4: 0), port: 5_070)
    private let near = Endpoint(address: IPAddress(v4: 0x7F00_0009), port: 5_090)
    private let far = Endpoint(address: IPAddress(v4: 0x0A02_0009), port: 5_060)

    private func configuration(_ endpoints: Endpoint...) -> UserAgentConfiguration {
        UserAgentConfiguration(
            listeners: endpoints.map { .init(endpoint: $0) },
            localAddress: { [far, near, loopback, network] peer in
                switch peer {
                case far.address, network.address: network.address
                case near.address, loopback.address: loopback.address
                default: nil
                }
            }
        )
    }

    @Test("the one at whose address the way to him begins; else one for all addresses; else the first")
    func choice() throws {
        let listed = configuration(loopback, network)
        #expect(listed.listener(for: far)?.0 == ListenerID(1))
        #expect(listed.listener(for: far)?.1 == network)
        #expect(listed.listener(for: near)?.0 == ListenerID(0))
        #expect(listed.listener(for: far, preferring: ListenerID(0))?.0 == ListenerID(0), "he has called us there")
        let mixed = configuration(loopback, everywhere)
        #expect(mixed.listener(for: far)?.0 == ListenerID(1))
        #expect(mixed.listener(for: far)?.1.address == network.address)
        let unknown = Endpoint(address: IPAddress(v4: 0xC633_6407), port: 5_060)
        #expect(listed.listener(for: unknown)?.0 == ListenerID(0))
    }

    @Test("and what comes from them is ours, whoever's port it has over a connection")
    func ours() {
        let listed = configuration(loopback, network)
        #expect(listed.isOurs(network))
        #expect(!listed.isOurs(Endpoint(address: network.address, port: 7_009)))
        #expect(!listed.isOurs(far))
        let wildcard = configuration(everywhere)
        #expect(wildcard.isOurs(Endpoint(address: network.address, port: everywhere.port)))
        #expect(!wildcard.isOurs(Endpoint(address: far.address, port: everywhere.port)))
        var stream = everywhere
        stream.transport = .tcp
        let connected = configuration(stream)
        #expect(connected.isOurs(Endpoint(address: network.address, port: 40_000, transport: .tcp)))
        #expect(!connected.isOurs(Endpoint(address: far.address, port: 40_000, transport: .tcp)))
    }

    @Test("Of the addresses behind a name, the one that the peer was heard from is asked: it has the dialog")
    func dialog() throws {
        let bench = UserAgentBench()
        try bench.receive(
            bench.request("INVITE", cseq: 1, contact: "<sip:peer@px.test:5062>", body: UserAgentBench.sdp)
        )
        let leg = try #require(bench.events.last?.leg)
        var lookups: [Lookup] = []
        bench.agent.drainLookups(into: &lookups)
        let lookup = try #require(lookups.first)
        let dead = Endpoint(address: IPAddress(v4: 0xC633_6408), port: 5_062)
        bench.perform { $0.located(lookup.id, targets: [dead, UserAgentBench.peer], now: $1) }
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        let tag = try #require(bench.takeMessages().last?.toTag)
        try bench.receive(bench.request("ACK", cseq: 1, to: tag))
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        #expect(bench.takeDestinations() == [UserAgentBench.peer])
    }

    @Test("Those who have a network of their own are counted by it: 64 bits of IPv6, all of IPv4")
    func networks() throws {
        #expect(IPAddress("2001:db8::1:2:3:4")?.network == IPAddress("2001:db8::"))
        #expect(IPAddress("192.0.2.7")?.network == IPAddress("192.0.2.7"))
    }
}
