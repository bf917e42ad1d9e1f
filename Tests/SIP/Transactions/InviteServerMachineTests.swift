import SIP
import Testing

@Suite("The INVITE server transaction")
struct InviteServerMachineTests {
    enum Event: Sendable {
        case invite(InviteServerMachine.Reception)
        case ack(InviteServerMachine.Reception)
        case respond(UInt16, taken: Bool)
        case fire(InviteServerMachine.Expiry)
        case wake(Milliseconds)
    }

    @Test(
        "follows every arrow of figure 7 as RFC 6026 draws it",
        arguments: [
            MachineScript<Event>(
                "Proceeding: a 100 after 200 ms",
                [
                    (0, .wake(200)), (199, .fire(.wait)), (200, .fire(.sendTrying)), (200, .respond(100, taken: true)),
                    (200, .fire(.wait)), (300, .invite(.resend)),
                ]
            ),
            MachineScript<Event>(
                "Proceeding: no 100 once the user has said something",
                [(50, .respond(180, taken: true)), (200, .fire(.wait))]
            ),
            MachineScript<Event>("Proceeding: the INVITE again, before any response", [(100, .invite(.ignore))]),
            MachineScript<Event>(
                "Proceeding: the INVITE again gets the last 1xx",
                [(50, .respond(180, taken: true)), (500, .invite(.resend)), (600, .respond(183, taken: true))]
            ),
            MachineScript<Event>("Proceeding: an ACK has no business", [(50, .ack(.ignore)), (50, .wake(200))]),
            MachineScript<Event>(
                "Proceeding: 2xx to Accepted",
                [(50, .respond(200, taken: true)), (50, .wake(32_050))]
            ),
            MachineScript<Event>(
                "Proceeding: 300-699 to Completed",
                [(50, .respond(180, taken: true)), (60, .respond(486, taken: true)), (60, .wake(560))]
            ),
            MachineScript<Event>(
                "Completed: the INVITE again gets the response",
                [(50, .respond(486, taken: true)), (60, .invite(.resend))]
            ),
            MachineScript<Event>(
                "Completed: there is one final response only",
                [
                    (50, .respond(486, taken: true)), (60, .respond(200, taken: false)),
                    (60, .respond(486, taken: false)), (60, .respond(180, taken: false)),
                ]
            ),
            MachineScript<Event>(
                "Completed: timer G",
                [
                    (0, .respond(486, taken: true)), (499, .fire(.wait)), (500, .fire(.retransmit)),
                    (1500, .fire(.retransmit)), (3500, .fire(.retransmit)), (3500, .wake(7500)),
                    (7500, .fire(.retransmit)), (7500, .wake(11_500)),
                ]
            ),
            MachineScript<Event>(
                "Completed over a stream: no timer G, but timer H",
                reliable: true,
                [(50, .respond(486, taken: true)), (50, .wake(32_050)), (32_050, .fire(.ackMissing))]
            ),
            MachineScript<Event>(
                "Completed: ACK to Confirmed, timer I",
                [
                    (50, .respond(486, taken: true)), (100, .ack(.ignore)), (100, .wake(5100)), (550, .fire(.wait)),
                    (5100, .fire(.terminate)),
                ]
            ),
            MachineScript<Event>(
                "Completed over a stream: timer I is 0",
                reliable: true,
                [(50, .respond(486, taken: true)), (100, .ack(.ignore)), (100, .fire(.terminate))]
            ),
            MachineScript<Event>(
                "Confirmed: INVITE and ACK are absorbed, nothing is sent",
                [
                    (50, .respond(486, taken: true)), (100, .ack(.ignore)), (110, .ack(.ignore)),
                    (120, .invite(.ignore)),
                    (130, .respond(200, taken: false)), (130, .wake(5100)),
                ]
            ),
            MachineScript<Event>(
                "Accepted: the INVITE again is absorbed, an ACK and every 2xx pass",
                [
                    (50, .respond(200, taken: true)), (500, .invite(.ignore)), (550, .respond(200, taken: true)),
                    (560, .ack(.deliver)), (570, .ack(.deliver)), (580, .respond(486, taken: false)),
                    (590, .respond(180, taken: false)), (590, .wake(32_050)),
                ]
            ),
            MachineScript<Event>(
                "Accepted: timer L, over streams too",
                reliable: true,
                [(50, .respond(200, taken: true)), (32_049, .fire(.wait)), (32_050, .fire(.terminate))]
            ),
            MachineScript<Event>(
                "Proceeding, forgotten by the user",
                [(50, .respond(180, taken: true)), (1_800_049, .fire(.wait)), (1_800_050, .fire(.giveUp))]
            ),
        ]
    )
    func arrows(script: MachineScript<Event>) {
        let timers = TimerValues.rfc3261
        var machine = InviteServerMachine(reliable: script.reliable, timers: timers, now: 0)
        for (now, event) in script.steps {
            switch event {
            case .invite(let expected):
                #expect(machine.receiveInvite() == expected, "\(event) at \(now)")
            case .ack(let expected):
                #expect(machine.receiveAck(timers: timers, now: now) == expected, "\(event) at \(now)")
            case .respond(let status, let expected):
                #expect(machine.respond(status: status, timers: timers, now: now) == expected, "\(event) at \(now)")
            case .fire(let expected):
                #expect(machine.fire(timers: timers, now: now) == expected, "\(event) at \(now)")
            case .wake(let expected):
                #expect(machine.wake == expected, "\(event) at \(now)")
            }
        }
    }
}
