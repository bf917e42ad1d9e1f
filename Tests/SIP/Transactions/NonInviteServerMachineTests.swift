import SIP
import Testing

@Suite("The non-INVITE server transaction")
struct NonInviteServerMachineTests {
    enum Event: Sendable {
        case request(NonInviteServerMachine.Reception)
        case respond(UInt16, taken: Bool)
        case fire(NonInviteServerMachine.Expiry)
        case transportFailure(ends: Bool)
        case wake(Milliseconds)
    }

    @Test(
        "follows every arrow of figure 8, with RFC 4320",
        arguments: [
            MachineScript<Event>("Trying: the request again", [(100, .request(.ignore))]),
            MachineScript<Event>(
                "Trying: 200-699 to Completed",
                [(50, .respond(200, taken: true)), (50, .wake(32_050)), (60, .request(.resend))]
            ),
            MachineScript<Event>(
                "Trying: a 100 when the client's timer E has grown to T2",
                [
                    (0, .wake(3500)), (3499, .fire(.wait)), (3500, .fire(.sendTrying)),
                    (3500, .respond(100, taken: true)), (3600, .request(.resend)), (3600, .wake(32_000)),
                ]
            ),
            MachineScript<Event>("Trying: no earlier 100 over UDP", [(3499, .respond(100, taken: false))]),
            MachineScript<Event>(
                "Trying: an earlier 100 over a stream",
                reliable: true,
                [(10, .respond(100, taken: true)), (20, .respond(100, taken: true))]
            ),
            MachineScript<Event>("Trying: no other 1xx, ever", [(5000, .respond(180, taken: false))]),
            MachineScript<Event>("Trying: no 408", [(31_000, .respond(408, taken: false)), (31_000, .wake(3500))]),
            MachineScript<Event>(
                "Trying: an answer after 64 T1 is of no use",
                [(3500, .fire(.sendTrying)), (32_000, .fire(.giveUp))]
            ),
            MachineScript<Event>("Trying: transport error", [(10, .transportFailure(ends: false))]),
            MachineScript<Event>(
                "Proceeding: 200-699 to Completed",
                [(3500, .respond(100, taken: true)), (4000, .respond(500, taken: true)), (4000, .wake(36_000))]
            ),
            MachineScript<Event>(
                "Proceeding: transport error",
                [(3500, .respond(100, taken: true)), (3600, .transportFailure(ends: true))]
            ),
            MachineScript<Event>(
                "Proceeding: no answer",
                [(3500, .respond(100, taken: true)), (31_999, .fire(.wait)), (32_000, .fire(.giveUp))]
            ),
            MachineScript<Event>(
                "Completed: there is one final response only",
                [(50, .respond(200, taken: true)), (60, .respond(500, taken: false)), (70, .request(.resend))]
            ),
            MachineScript<Event>(
                "Completed: timer J",
                [(50, .respond(200, taken: true)), (32_049, .fire(.wait)), (32_050, .fire(.terminate))]
            ),
            MachineScript<Event>(
                "Completed over a stream: timer J is 0",
                reliable: true,
                [(50, .respond(200, taken: true)), (50, .wake(50)), (50, .fire(.terminate))]
            ),
            MachineScript<Event>(
                "Completed: transport error",
                [(50, .respond(200, taken: true)), (60, .transportFailure(ends: true))]
            ),
        ]
    )
    func arrows(script: MachineScript<Event>) {
        let timers = TimerValues.rfc3261
        var machine = NonInviteServerMachine(reliable: script.reliable, timers: timers, now: 0)
        for (now, event) in script.steps {
            switch event {
            case .request(let expected):
                #expect(machine.receiveRequest() == expected, "\(event) at \(now)")
            case .respond(let status, let expected):
                #expect(machine.respond(status: status, timers: timers, now: now) == expected, "\(event) at \(now)")
            case .fire(let expected):
                #expect(machine.fire(now: now) == expected, "\(event) at \(now)")
            case .transportFailure(let expected):
                #expect(machine.endsOnTransportFailure() == expected, "\(event) at \(now)")
            case .wake(let expected):
                #expect(machine.wake == expected, "\(event) at \(now)")
            }
        }
    }
}
