import SIP
import Testing

/// Events of a machine with the times at which they come, and what it must say.
struct MachineScript<Event: Sendable>: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var reliable = false
    let steps: [(at: Milliseconds, event: Event)]

    init(_ description: String, reliable: Bool = false, _ steps: [(at: Milliseconds, event: Event)]) {
        testDescription = description
        self.reliable = reliable
        self.steps = steps
    }
}

@Suite("The INVITE client transaction")
struct InviteClientMachineTests {
    enum Event: Sendable {
        case receive(UInt16, InviteClientMachine.Reception)
        case fire(InviteClientMachine.Expiry)
        case cancel(Bool)
        case transportFailure(ends: Bool)
        case wake(Milliseconds)
    }

    @Test(
        "follows every arrow of figure 5 as RFC 6026 draws it",
        arguments: [
            MachineScript<Event>(
                "Calling: timer A sends the INVITE again and doubles",
                [(0, .wake(500)), (499, .fire(.wait)), (500, .fire(.retransmit)), (500, .wake(1500))]
            ),
            MachineScript<Event>(
                "Calling over a stream: no timer A",
                reliable: true,
                [(0, .wake(32_000)), (500, .fire(.wait))]
            ),
            MachineScript<Event>(
                "Calling: timer B",
                reliable: true,
                [(31_999, .fire(.wait)), (32_000, .fire(.timeOut))]
            ),
            MachineScript<Event>("Calling: transport error", [(10, .transportFailure(ends: true))]),
            MachineScript<Event>(
                "Calling: 1xx to Proceeding",
                [
                    (50, .receive(100, .deliver)), (500, .fire(.wait)), (32_000, .fire(.wait)),
                    (32_000, .transportFailure(ends: false)),
                ]
            ),
            MachineScript<Event>(
                "Calling: 2xx to Accepted",
                [(50, .receive(200, .deliver)), (50, .wake(32_050)), (60, .transportFailure(ends: false))]
            ),
            MachineScript<Event>(
                "Calling: 300-699 to Completed",
                [(50, .receive(486, .deliverAndAcknowledge)), (50, .wake(32_050))]
            ),
            MachineScript<Event>(
                "Proceeding: 1xx",
                [(50, .receive(100, .deliver)), (60, .receive(180, .deliver)), (70, .receive(183, .deliver))]
            ),
            MachineScript<Event>("Proceeding: 2xx", [(50, .receive(180, .deliver)), (60, .receive(202, .deliver))]),
            MachineScript<Event>(
                "Proceeding: 300-699",
                [(50, .receive(180, .deliver)), (60, .receive(603, .deliverAndAcknowledge))]
            ),
            MachineScript<Event>(
                "Completed: 300-699 again is acknowledged, not passed up; anything else is dropped",
                [
                    (50, .receive(404, .deliverAndAcknowledge)), (60, .receive(404, .acknowledge)),
                    (70, .receive(500, .acknowledge)), (80, .receive(200, .ignore)), (90, .receive(180, .ignore)),
                    (90, .wake(32_050)),
                ]
            ),
            MachineScript<Event>(
                "Completed: timer D",
                [(50, .receive(404, .deliverAndAcknowledge)), (32_049, .fire(.wait)), (32_050, .fire(.terminate))]
            ),
            MachineScript<Event>(
                "Completed over a stream: timer D is 0",
                reliable: true,
                [(50, .receive(404, .deliverAndAcknowledge)), (50, .wake(50)), (50, .fire(.terminate))]
            ),
            MachineScript<Event>(
                "Completed: transport error",
                [(50, .receive(404, .deliverAndAcknowledge)), (60, .transportFailure(ends: true))]
            ),
            MachineScript<Event>(
                "Accepted: every 2xx is passed up, nothing else, and none of it prolongs timer M",
                [
                    (50, .receive(200, .deliver)), (550, .receive(200, .deliver)), (600, .receive(180, .ignore)),
                    (610, .receive(486, .ignore)), (32_049, .fire(.wait)), (32_050, .fire(.terminate)),
                ]
            ),
            MachineScript<Event>(
                "Accepted over a stream: timer M as well",
                reliable: true,
                [(50, .receive(200, .deliver)), (50, .wake(32_050))]
            ),
        ]
    )
    func arrows(script: MachineScript<Event>) { run(script) }

    @Test(
        "is cancelled only while proceeding, and then has 64 T1 left",
        arguments: [
            MachineScript<Event>("before any response", [(10, .cancel(false)), (10, .wake(500))]),
            MachineScript<Event>(
                "while proceeding",
                [
                    (50, .receive(180, .deliver)), (1000, .cancel(true)), (1000, .wake(33_000)),
                    (5000, .receive(183, .deliver)), (5000, .wake(33_000)), (33_000, .fire(.timeOut)),
                ]
            ),
            MachineScript<Event>(
                "twice",
                [(50, .receive(180, .deliver)), (60, .cancel(true)), (70, .cancel(false)), (70, .wake(32_060))]
            ),
            MachineScript<Event>(
                "after a refusal",
                [(50, .receive(486, .deliverAndAcknowledge)), (60, .cancel(false))]
            ),
            MachineScript<Event>("after the answer", [(50, .receive(200, .deliver)), (60, .cancel(false))]),
            MachineScript<Event>(
                "and refused as asked",
                [
                    (50, .receive(180, .deliver)), (60, .cancel(true)), (70, .receive(487, .deliverAndAcknowledge)),
                    (80, .receive(487, .acknowledge)), (32_070, .fire(.terminate)),
                ]
            ),
            MachineScript<Event>(
                "and answered all the same",
                [
                    (50, .receive(180, .deliver)), (60, .cancel(true)), (70, .receive(200, .deliver)),
                    (70, .wake(32_070)),
                ]
            ),
            MachineScript<Event>(
                "by itself after half an hour without a sign of life",
                [
                    (50, .receive(180, .deliver)), (60_000, .receive(180, .deliver)), (1_800_050, .fire(.wait)),
                    (1_860_000, .fire(.cancel)), (1_860_000, .cancel(true)), (1_892_000, .fire(.timeOut)),
                ]
            ),
        ]
    )
    func cancelling(script: MachineScript<Event>) { run(script) }

    private func run(_ script: MachineScript<Event>) {
        let timers = TimerValues.rfc3261
        var machine = InviteClientMachine(reliable: script.reliable, timers: timers, now: 0)
        for (now, event) in script.steps {
            switch event {
            case .receive(let status, let expected):
                #expect(machine.receive(status: status, timers: timers, now: now) == expected, "\(event) at \(now)")
            case .fire(let expected):
                #expect(machine.fire(timers: timers, now: now) == expected, "\(event) at \(now)")
            case .cancel(let expected):
                #expect(machine.cancel(timers: timers, now: now) == expected, "\(event) at \(now)")
            case .transportFailure(let expected):
                #expect(machine.endsOnTransportFailure() == expected, "\(event) at \(now)")
            case .wake(let expected):
                #expect(machine.wake == expected, "\(event) at \(now)")
            }
        }
    }
}
