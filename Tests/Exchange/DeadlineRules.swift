import Testing

/// Each deadline that CALLS.md names, and the tests that hold it, by how their names begin.
@Suite("Every deadline of CALLS has a test")
struct DeadlineRules {
    private static let rules: [(rule: String, tests: [String])] = [
        (
            "media_answer_timeout",
            [
                "A welcome that does not answer in time is let go",
                "media_answer_timeout: music that does not answer is given up, and called again",
                "Without a message agent and caller are joined at once",
            ]
        ),
        ("three times media_answer_timeout", ["An unanswered caller for whom there is no music is refused with 480"]),
        (
            "welcome_max",
            [
                "A welcome that never ends is ended",
                "A message without end is ended after welcome_max",
                "welcome_max ends a message that dissuades, too",
            ]
        ),
        ("182 every 60 s", ["An unanswered caller who is queued hears so every 60 s"]),
        ("back-off of the music", ["Music that cannot be had is called again after 1 s, and after twice as long"]),
        (
            "max_wait",
            [
                "A wait that leads nowhere ends after max_wait",
                "max_wait of the flow goes before that of the configuration",
                "After max_wait the caller is connected to the SIP URI, with the music until then",
            ]
        ),
        (
            "agent_ring_timeout",
            [
                "An agent who rings and does not answer is cancelled; the next one's responses have another To tag",
                "A target that refuses, or does not answer in time, leaves the caller with his agent",
                "agent_ring_timeout: a REFER's target who does not answer a caller whose agent has gone leaves nothing",
                "If nobody takes him there either, the call ends",
            ]
        ),
        ("2 s behind a CANCEL", ["A dead agent's phone gets no CANCEL before it has said anything"]),
        ("1 s until an agent is offerable", ["A freed agent whose phone says nothing to its BYE is offerable"]),
        (
            "reoffer_delay",
            [
                "A call that was refused is not offered to the same agent before the pause is over",
                "within reoffer_delay the agent gets other calls, after it this one",
            ]
        ),
        (
            "max_no_answer",
            ["An agent who lets three calls in a row ring is logged off", "max_no_answer 0 never logs off"]
        ),
        ("wrapup_time", ["nor before his wrap-up is over, whichever comes last"]),
        (
            "hand_over_timeout",
            [
                "A caller who does not answer the re-INVITE in time costs the agent his call",
                "hand_over_timeout: a caller who says nothing to the offer of a REFER's target keeps his agent",
            ]
        ),
        (
            "max_call_duration",
            [
                "A call ends after max_call_duration",
                "max_call_duration counts from the caller's answer, whoever answered him",
                "The handed-on call has a deadline of its own",
                "Talk through a bridge ends after max_call_duration, and with the service",
            ]
        ),
        (
            "sip.keepalive",
            [
                "sip.keepalive: both ends of a talk are asked for signs of life",
                "A peer who has been silent for the time is asked, again and again",
            ]
        ),
        ("30 s of silence before an offer", ["Dead peers: a caller silent for over 30 s is probed"]),
        (
            "sip.session_expires",
            ["A refresh that fails is tried again; when the session ends without one, so does the leg"]
        ),
        (
            "Expires of a caller's INVITE",
            ["An INVITE that nobody has answered in the time of its Expires gets 487, and its sender is gone"]
        ),
        ("an ACK that never comes", ["A 2xx of ours that is never acknowledged ends the call"]),
        ("handle_call_status with a URI", ["A URI that leads nowhere leaves the default answer; one that never"]),
        ("dissuading_onhold_th", ["after the time on hold, once, and with the place kept"]),
    ]

    @Test("A deadline", arguments: DeadlineRules.rules.map(\.rule))
    func rule(name: String) throws {
        let tests = try #require(Self.rules.first { $0.rule == name }?.tests)
        let all = try SignallingRules.source(of: ["SIP", "Exchange", "CallCenter"], without: #filePath)
        for test in tests {
            #expect(all.contains("(\"\(test)") || all.contains("    \"\(test)"), "no test is named: \(test)")
        }
    }
}
