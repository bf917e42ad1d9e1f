import Testing

/// INVITEs that lead nowhere: the right status, a counter, and a daemon that goes on.
@Suite("Calls that cannot be taken", .staged)
struct StrangerTests {
    /// A way to spoil an INVITE, and what it must get.
    struct Spoiled: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let statuses: Set<Int>
        let make: @Sendable (SIPProbe) -> String
    }

    static let spoiled: [Spoiled] = [
        .init(testDescription: "unknown flow", statuses: [404]) { $0.invite("nowhere", "unknown-flow") },
        .init(testDescription: "flow without agents", statuses: [480]) { $0.invite("empty", "no-agents") },
        .init(testDescription: "From that cannot be parsed", statuses: [400]) { probe in
            probe.invite("sales", "broken-from") { $0[2] = "From: <<sip:@>>;;tag" }
        },
        .init(testDescription: "CSeq that is no number", statuses: [400]) { probe in
            probe.invite("sales", "broken-cseq") { $0[5] = "CSeq: one INVITE" }
        },
        .init(testDescription: "CSeq of another method", statuses: [400]) { probe in
            probe.invite("sales", "wrong-cseq") { $0[5] = "CSeq: 1 BYE" }
        },
        .init(testDescription: "Contact that is none", statuses: [400]) { probe in
            probe.invite("sales", "broken-contact") { $0[6] = "Contact: \"unterminated <sip:probe@" }
        },
        .init(testDescription: "Content-Length beyond the end", statuses: [400]) { probe in
            probe.invite("sales", "long-body") { $0[9] = "Content-Length: 9999" }
        },
        .init(testDescription: "body that is no SDP", statuses: [400, 488]) { probe in
            probe.invite("sales", "no-sdp", body: "This is not a session description.\r\n")
        },
        .init(testDescription: "body of another type", statuses: [415]) { probe in
            probe.invite("sales", "other-type", body: "{}", type: "application/json")
        },
        .init(testDescription: "required extension", statuses: [420]) { probe in
            probe.invite("sales", "extension") { $0.append("Require: telepathy") }
        },
        .init(testDescription: "Max-Forwards used up", statuses: [483]) { probe in
            probe.invite("sales", "hops") { $0[7] = "Max-Forwards: 0" }
        },
        .init(testDescription: "unknown scheme", statuses: [416]) { probe in
            probe.invite("sales", "scheme") { $0[0] = "INVITE foo:sales SIP/2.0" }
        },
    ]

    @Test("each spoiled INVITE gets its status and counts nowhere as a call; the daemon goes on")
    func spoiledInvites() async throws {
        let centre = try await Centre.open()
        try await centre.daemon.sql(
            "INSERT INTO cc_flows (flowid, skill, message_queue) VALUES ('empty', 'nobody', 'sip:queue@127.0.0.1:9')"
        )
        #expect(try await centre.daemon.ccctl("cc_reload").status == 0)
        let probe = try SIPProbe(to: centre.daemon.port)
        defer { probe.close() }
        for spoiled in Self.spoiled {
            probe.send(spoiled.make(probe))
            do {
                let status = try await probe.finalStatus()
                #expect(spoiled.statuses.contains(status), "\(spoiled.testDescription): \(status)")
            } catch {
                Issue.record("\(spoiled.testDescription): no answer")
            }
        }
        // Nothing that could be answered: nothing breaks.
        let withoutTo = probe.invite("sales", "no-to") { $0.remove(at: 3) }
        let zeros = String(repeating: "\u{0}", count: 3_000)
        for garbage in ["\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "INVITE", zeros, withoutTo] { probe.send(garbage) }
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 200)),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await callers.finish()
        let samples = try await centre.daemon.metrics().samples
        #expect(samples[#"callcenter_handle_call_total{code="-3"}"#] == 1, "the unknown flow")
        #expect(samples[#"callcenter_handle_call_total{code="-4"}"#] == 1, "the flow without agents")
        #expect(samples[#"callcenter_handle_call_total{code="1"}"#] == 1, "the good call")
        #expect((samples["callcenter_sip_parse_errors_total"] ?? 0) >= 2, "the garbage")
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
    }

    @Test("a source that is not trusted is refused with 403, or not answered at all", arguments: ["reject", "drop"])
    func untrusted(policy: String) async throws {
        let centre = try await Centre.open(options: .init(trusted: "127.0.0.1/32", untrusted: policy))
        let stranger = try SIPProbe(from: "127.0.0.2", to: centre.daemon.port)
        defer { stranger.close() }
        stranger.send(stranger.invite("sales", "stranger"))
        if policy == "reject" {
            #expect(try await stranger.finalStatus() == 403)
        } else {
            #expect(await stranger.hearsNothing(for: .seconds(2)))
        }
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 200)),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await callers.finish()
        let samples = try await centre.daemon.metrics().samples
        #expect(samples[#"callcenter_rejected_admissions_total{reason="untrusted"}"#] == 1)
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        #expect(try centre.agents.invites().count == 1)
    }
}
