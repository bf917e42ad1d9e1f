import CallCenter
import Exchange
import SIP
import Testing

@Suite("Callers of whom not all is shown")
struct CallerMaskTests {
    @Test("Lists and the notice of the arrival hide the last digits; the agent's phone and the record do not")
    func hidden() throws {
        let town = Town { $0.callerMask = CallerMask(digits: 3) }
        let trunk = town.bench.phone("+49301234567", port: 7020)
        let call = trunk.invite("support", sdp: trunk.sdp(), displayName: "Room 12-3456")
        town.bench.run()
        let listed = try #require(town.bench.exchange.snapshot(now: town.bench.now).calls.first)
        #expect(listed.callerUser == "+49301234***")
        #expect(listed.callerDisplayName == "Room 12-3***")
        #expect(
            town.bench.notices.contains {
                if case .callArrived(_, _, _, "+49301234***") = $0 { true } else { false }
            }
        )
        let invite = try #require(town.anna.received.first { $0.method == .invite })
        #expect(invite.text(of: invite.from.uri).contains("+49301234567"))
        trunk.cancel(call)
        town.bench.run(for: 1_000)
        #expect(town.bench.records.map(\.caller) == ["+49301234567"])
    }
}
