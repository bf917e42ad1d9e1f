import CallCenter
import Exchange
import SIP
import Testing

/// CALLS.md section 2, REFER: a target that is one of our flows.
@Suite("An agent hands the caller on into a flow")
struct TransferToFlowTests {
    @Test(
        "A target that is a flow, by a route or at our own address, is entered with the same UUID and number",
        arguments: ["sip:shop@elsewhere.example", "sip:sales@127.0.0.1:5060"]
    )
    func intoFlow(target: String) throws {
        let pattern = try RoutePattern("sip:shop@*")
        let (town, call) = Town.twoFlows { $0.routes = [Route(pattern: pattern, flow: "sales")] }
        town.anna.refer(town.anna.lastCallID, to: target)
        town.bench.run()
        #expect(town.anna.log.suffix(3) == ["202 refer", "notify", "bye"])
        #expect(town.anna.notified == ["SIP/2.0 200 OK"])
        #expect(town.bench.agent("anna")?.state == .wrapup)
        #expect(town.bench.call?.flowID == "sales")
        town.bench.run(for: 3_000)
        #expect(town.ben.log.last == "ack sdp=alice")
        town.caller.hangUp(call)
        town.bench.run()
        let records = town.bench.records
        #expect(records.count == 2)
        #expect(records.map(\.flowID) == ["support", "sales"])
        #expect(records.map(\.offerNumber) == [1, 0])
        #expect(records.map(\.agentID) == ["anna", "ben"])
        #expect(records.map(\.callType) == [.answered, .answered])
        #expect(records.first?.transferredTo == "sales")
        #expect(Set(records.map(\.callUUID)).count == 1)
        #expect(Set(records.map(\.callNumber)).count == 1)
        // The wait of the second part began with the REFER.
        #expect(records.last?.wait == 2_000)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A flow that takes no calls now leaves the caller with his agent")
    func intoEmptyFlow() throws {
        let (town, call) = Town.twoFlows()
        try town.logIn("ben", false)
        town.anna.refer(town.anna.lastCallID, to: "sip:sales@127.0.0.1:5060")
        town.bench.run()
        #expect(town.anna.notified == ["SIP/2.0 480 Temporarily Unavailable"])
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
