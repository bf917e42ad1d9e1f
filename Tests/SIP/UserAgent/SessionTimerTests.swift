import Testing

@testable import SIP

@Suite("Session timers (RFC 4028; CALLS.md section 2, refresh or change)")
struct SessionTimerTests {
    private func bench(_ interval: Int = 1_800) -> UserAgentBench {
        let bench = UserAgentBench()
        bench.agent.policy = LegPolicy(keepAlive: 0, sessionExpires: interval)
        return bench
    }

    @Test(
        "An INVITE of ours asks for the interval; a peer who refreshes by his own answer is watched, and lost in the end"
    )
    func peerRefreshes() throws {
        let bench = bench()
        let (leg, invite) = try bench.inviting()
        #expect(invite.texts(of: .sessionExpires) == ["1800"])
        #expect(invite.texts(of: .minSE) == ["90"])
        #expect(invite.lists("timer", in: .supported))
        let agreed = (HeaderName.sessionExpires, "100;refresher=uas")
        try bench.respond(200, to: invite, headers: [agreed], body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        _ = bench.take()
        _ = bench.takeEvents()
        // RFC 4028 section 10: the smaller of 32 s and a third before the end.
        bench.advance(by: 67_900)
        #expect(bench.take() == [])
        try bench.receive(
            bench.calledPeersRequest(
                "UPDATE",
                cseq: 1,
                of: invite,
                headers: ["Supported: timer", "Session-Expires: 100;refresher=uac"]
            )
        )
        let ok = try #require(bench.takeMessages().last)
        #expect(ok.status == 200)
        #expect(ok.texts(of: .sessionExpires) == ["100;refresher=uac"])
        #expect(ok.lists("timer", in: .require))
        bench.advance(by: 67_900)
        #expect(bench.take() == [])
        bench.advance(by: 200)
        #expect(bench.take() == ["BYE"])
        #expect(bench.takeEvents() == ["gone"])
    }

    @Test("We refresh at half of the interval: by UPDATE where the peer takes it")
    func refreshByUpdate() throws {
        let bench = bench()
        let headers = [(HeaderName.sessionExpires, "100;refresher=uac"), (.allow, "INVITE, ACK, BYE, UPDATE")]
        _ = try bench.answered(headers: headers)
        for _ in 0..<3 {
            bench.advance(by: 50_000)
            let update = try #require(bench.takeMessages().last)
            #expect(update.method == .update)
            #expect(update.body.isEmpty)
            #expect(update.texts(of: .sessionExpires) == ["100;refresher=uac"])
            try bench.respond(200, to: update, headers: headers)
        }
        #expect(bench.takeEvents() == [])
    }

    @Test("by a re-INVITE that repeats the SDP where he does not")
    func refreshByReinvite() throws {
        let bench = bench()
        let expires = (HeaderName.sessionExpires, "100;refresher=uac")
        let (_, invite) = try {
            let (leg, invite) = try bench.inviting()
            try bench.respond(
                200,
                to: invite,
                headers: [expires, (.allow, "INVITE, ACK, BYE")],
                body: UserAgentBench.sdp
            )
            bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
            return (leg, invite)
        }()
        _ = bench.take()
        _ = bench.takeEvents()
        bench.advance(by: 50_000)
        let refresh = try #require(bench.takeMessages().last)
        #expect(refresh.method == .invite)
        #expect(refresh.copy(of: refresh.body) == invite.copy(of: invite.body))
        try bench.respond(200, to: refresh, headers: [expires], body: UserAgentBench.sdp)
        #expect(bench.take() == ["ACK"])
        #expect(bench.takeEvents() == [])
        bench.advance(by: 49_000)
        #expect(bench.take() == [])
    }

    @Test("After a restart a session of ours is refreshed before the other side gives it up, however short it is")
    func restart() throws {
        for seed in UInt64(1)...20 {
            let bench = bench()
            let (leg, _) = try bench.answered(headers: [(.sessionExpires, "90;refresher=uac"), (.allow, "UPDATE")])
            bench.advance(by: 44_000)
            let left = bench.agent.kept(leg)
            let kept = try #require(left)
            let next = UserAgentBench(seed: seed)
            next.agent.policy = LegPolicy(keepAlive: 0, sessionExpires: 1_800)
            next.perform { $0.restore([(leg: kept, owner: 1)], now: $1) }
            // RFC 4028 section 10: 60 s after it was refreshed last he would send a BYE.
            next.advance(by: 15_000)
            #expect(next.take().contains("UPDATE"), "seed \(seed)")
        }
    }

    @Test("A refresh that fails is tried again; when the session ends without one, so does the leg")
    func failedRefresh() throws {
        let bench = bench()
        _ = try bench.answered(headers: [(.sessionExpires, "90;refresher=uac"), (.allow, "UPDATE")])
        bench.advance(by: 45_000)
        for _ in 0..<4 {
            let update = try #require(bench.takeMessages().first { $0.method == .update })
            try bench.respond(500, to: update)
            bench.advance(by: 10_000)
        }
        let last = try #require(bench.takeMessages().first { $0.method == .update })
        try bench.respond(500, to: last)
        bench.advance(by: 10_000)
        #expect(bench.take().first == "BYE")
        #expect(bench.takeEvents() == ["gone"])
    }

    @Test("481 to a refresh ends the dialog")
    func refreshOfALostDialog() throws {
        let bench = bench()
        _ = try bench.answered(headers: [(.sessionExpires, "90;refresher=uac"), (.allow, "UPDATE")])
        bench.advance(by: 45_000)
        let update = try #require(bench.takeMessages().first)
        try bench.respond(481, to: update)
        #expect(bench.takeEvents() == ["gone"])
    }

    @Test("422 is followed by an INVITE that asks for what the peer's side wants; the same again is a refusal")
    func tooSmallForThePeer() throws {
        let bench = bench(90)
        let (leg, invite) = try bench.inviting()
        try bench.respond(422, to: invite, headers: [(.minSE, "600")])
        let sent = bench.takeMessages()
        #expect(sent.map(UserAgentBench.name) == ["ACK", "INVITE"])
        let second = try #require(sent.last)
        #expect(second.texts(of: .sessionExpires) == ["600"])
        #expect(second.texts(of: .minSE) == ["600"])
        #expect(second.cseq.number == 2)
        #expect(second.copy(of: second.body) == invite.copy(of: invite.body))
        #expect(second.toTag == nil)
        try bench.respond(422, to: second, headers: [(.minSE, "600")])
        #expect(bench.takeEvents() == ["refused 422", "released"])
        bench.advance(by: 64_000)
        #expect(!bench.isAlive(leg))
    }

    @Test("A caller's interval below Min-SE gets 422 if he can be told, and a longer one if he cannot")
    func tooSmallForUs() throws {
        let bench = bench()
        let headers = ["Supported: timer", "Session-Expires: 60"]
        try bench.receive(bench.request("INVITE", cseq: 1, headers: headers, body: UserAgentBench.sdp))
        let refusal = try #require(bench.takeMessages().last)
        #expect(refusal.status == 422)
        #expect(refusal.texts(of: .minSE) == ["90"])
        try bench.receive(
            bench.request(
                "INVITE",
                cseq: 1,
                callID: "other",
                headers: ["Session-Expires: 60"],
                body: UserAgentBench.sdp
            )
        )
        let leg = try #require(bench.events.last?.leg)
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        #expect(try #require(bench.takeMessages().last).texts(of: .sessionExpires) == ["90;refresher=uas"])
    }

    @Test(
        "A caller with timers refreshes unless he asks us to; one without is refreshed by us, if a proxy wants a timer at all",
        arguments: [
            (["Supported: timer", "Session-Expires: 300"], "300;refresher=uac"),
            (["Supported: timer", "Session-Expires: 300;refresher=uas"], "300;refresher=uas"),
            (["Supported: timer", "Session-Expires: 300;refresher=uac"], "300;refresher=uac"),
            (["Supported: timer"], "1800;refresher=uac"), (["x: 300"], "300;refresher=uas"),
            (["Session-Expires: 7200", "Supported: timer", "Min-SE: 3600"], "3600;refresher=uac"), ([], ""),
        ]
    )
    func whoRefreshes(headers: [String], expected: String) throws {
        let bench = bench()
        let leg = try bench.invited(headers: headers)
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        let ok = try #require(bench.takeMessages().last)
        #expect(ok.texts(of: .sessionExpires).joined() == expected)
        #expect(ok.lists("timer", in: .require) == expected.hasSuffix("uac"))
    }

    @Test("Without an interval in the answer, and with timers switched off, nothing is refreshed and nothing ends")
    func noTimer() throws {
        let asking = bench()
        _ = try asking.answered()
        asking.advance(by: 10_000_000)
        #expect(asking.take() == [])
        let off = UserAgentBench()
        let (_, tag) = try off.established(headers: ["Supported: timer", "Session-Expires: 90"])
        _ = tag
        off.advance(by: 10_000_000)
        #expect(off.take() == [])
    }

    @Test("What a peer asks for is never made longer, whatever smallest interval he names")
    func minimumAboveInterval() throws {
        let bench = bench()
        let headers = ["Supported: timer", "Session-Expires: 100", "Min-SE: 4000000000"]
        let leg = try bench.invited(headers: headers)
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        let ok = try #require(bench.takeMessages().last)
        #expect(ok.texts(of: .sessionExpires) == ["100;refresher=uac"])
    }
}
