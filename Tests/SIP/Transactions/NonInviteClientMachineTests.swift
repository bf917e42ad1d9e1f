import SIP
import Testing

@Suite("The non-INVITE client transaction")
struct NonInviteClientMachineTests {
    enum Event: Sendable {
        case receive(UInt16, NonInviteClientMachine.Reception)
        case fire(NonInviteClientMachine.Expiry)
        case transportFailure(ends: Bool)
        case wake(Milliseconds)
    }

    @Test(
        "follows every arrow of figure 6",
        arguments: [
            MachineScript<Event>(
                "Trying: timer E doubles",
                [(0, .wake(500)), (499, .fire(.wait)), (500, .fire(.retransmit)), (500, .wake(1500))]
            ),
            MachineScript<Event>(
                "Trying over a stream: timer F only",
                reliable: true,
                [(0, .wake(32_000)), (32_000, .fire(.timeOut))]
            ),
            MachineScript<Event>("Trying: transport error", [(10, .transportFailure(ends: true))]),
            MachineScript<Event>(
                "Trying: 200-699 to Completed",
                [(50, .receive(200, .deliver)), (50, .wake(5050)), (60, .transportFailure(ends: false))]
            ),
            MachineScript<Event>(
                "Trying: 1xx to Proceeding, where timer E runs on and then is T2",
                [
                    (50, .receive(100, .deliver)), (50, .wake(500)), (500, .fire(.retransmit)), (500, .wake(4500)),
                    (4500, .fire(.retransmit)), (4500, .wake(8500)),
                ]
            ),
            MachineScript<Event>(
                "Proceeding: 1xx",
                [(50, .receive(100, .deliver)), (60, .receive(100, .deliver)), (60, .wake(500))]
            ),
            MachineScript<Event>(
                "Proceeding: timer F, counted from the start",
                reliable: true,
                [(20_000, .receive(100, .deliver)), (20_000, .wake(32_000)), (32_000, .fire(.timeOut))]
            ),
            MachineScript<Event>(
                "Proceeding: transport error",
                [(50, .receive(100, .deliver)), (60, .transportFailure(ends: true))]
            ),
            MachineScript<Event>(
                "Proceeding: 200-699 to Completed",
                [(50, .receive(100, .deliver)), (60, .receive(481, .deliver)), (60, .wake(5060))]
            ),
            MachineScript<Event>(
                "Completed: responses that come again are dropped",
                [(50, .receive(200, .deliver)), (60, .receive(200, .ignore)), (70, .receive(100, .ignore))]
            ),
            MachineScript<Event>(
                "Completed: timer K",
                [(50, .receive(200, .deliver)), (5049, .fire(.wait)), (5050, .fire(.terminate))]
            ),
            MachineScript<Event>(
                "Completed over a stream: timer K is 0",
                reliable: true,
                [(50, .receive(200, .deliver)), (50, .wake(50)), (50, .fire(.terminate))]
            ),
        ]
    )
    func arrows(script: MachineScript<Event>) {
        let timers = TimerValues.rfc3261
        var machine = NonInviteClientMachine(reliable: script.reliable, timers: timers, now: 0)
        for (now, event) in script.steps {
            switch event {
            case .receive(let status, let expected):
                #expect(machine.receive(status: status, timers: timers, now: now) == expected, "\(event) at \(now)")
            case .fire(let expected):
                #expect(machine.fire(timers: timers, now: now) == expected, "\(event) at \(now)")
            case .transportFailure(let expected):
                #expect(machine.endsOnTransportFailure() == expected, "\(event) at \(now)")
            case .wake(let expected):
                #expect(machine.wake == expected, "\(event) at \(now)")
            }
        }
    }
}
