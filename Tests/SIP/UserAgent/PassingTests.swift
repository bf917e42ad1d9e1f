import Testing

@testable import SIP

@Suite("INFO and MESSAGE inside a dialog (RFC 6086, RFC 3428)")
struct PassingTests {
    /// A caller who has sent an INFO, and another leg.
    private func bench() throws -> (UserAgentBench, PeerRequest, other: LegID) {
        let bench = UserAgentBench()
        let (other, _) = try bench.answered()
        let (_, tag) = try bench.established()
        let headers = ["Content-Type: application/dtmf-relay", "Info-Package: keys"]
        try bench.receive(bench.request("INFO", cseq: 2, to: tag, headers: headers, body: "Signal=5\r\n"))
        guard case .requested(_, let request)? = bench.events.last else { throw NoMessage(description: "not told") }
        _ = bench.take()
        return (bench, request, other)
    }

    @Test(
        "One is passed on with its body, and the other side's answer is the answer",
        arguments: [UInt16(200), 413, 469]
    )
    func passed(status: UInt16) throws {
        let (bench, request, other) = try bench()
        bench.perform { $0.pass(request, to: other, now: $1) }
        let info = try #require(bench.takeMessages().last)
        #expect(info.method == .info)
        #expect(text(info.bytes(of: info.body)) == "Signal=5\r\n")
        #expect(info.texts(of: .contentType) == ["application/dtmf-relay"])
        #expect(info.first(named: Array("info-package".utf8)).map(info.text(of:)) == "keys")
        try bench.respond(status, to: info)
        #expect(bench.take() == ["\(status) INFO"])
    }

    @Test("Nothing is left if the other side says nothing; if it has gone, or is not there, the answer is 480")
    func unanswered() throws {
        let (silent, request, other) = try bench()
        silent.perform { $0.pass(request, to: other, now: $1) }
        _ = silent.take()
        silent.advance(by: 33_000)
        let said = silent.take()
        #expect(!said.contains("200 INFO"))
        #expect(said.last == "BYE", "his silence ends the dialog")
        silent.advance(by: 33_000)
        let left = silent.agent.transactionsAlive
        #expect(left == 0)
        let (gone, second, target) = try bench()
        gone.perform { $0.pass(second, to: target, now: $1) }
        gone.perform { $0.hangUp(target, status: 480, now: $1) }
        let bye = try #require(gone.takeMessages().last { $0.method == .bye })
        try gone.respond(200, to: bye)
        #expect(gone.take() == ["480 INFO"])
        let (lost, third, nobody) = try bench()
        lost.perform { $0.hangUp(nobody, status: 480, now: $1) }
        _ = lost.take()
        lost.perform { $0.pass(third, to: nobody, now: $1) }
        #expect(lost.take() == ["480 INFO"])
    }

    @Test("Outside of a dialog they are not for us")
    func outside() throws {
        let bench = UserAgentBench()
        try bench.receive(bench.request("INFO", cseq: 1))
        try bench.receive(bench.request("MESSAGE", cseq: 1, callID: "m"))
        #expect(bench.take() == ["405 INFO", "405 MESSAGE"])
    }

    @Test("Where the other side knows of no such dialog, that one is over: its leg is gone, the sender's is not")
    func otherSideGone() throws {
        let (bench, request, other) = try bench()
        bench.perform { $0.pass(request, to: other, now: $1) }
        let info = try #require(bench.takeMessages().last)
        _ = bench.takeEvents()
        try bench.respond(481, to: info)
        #expect(bench.take() == ["480 INFO", "BYE"])
        #expect(bench.takeEvents() == ["gone"])
        #expect(bench.isAlive(request.leg))
    }

    @Test("A caller who has not acknowledged our 200 may not have it yet: that he knows of no dialog ends nothing")
    func otherSideNotThereYet() throws {
        let bench = UserAgentBench()
        let (agent, invite) = try bench.inviting()
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(agent, relaying: nil, now: $1) }
        let caller = try bench.invited()
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(caller, relaying: answer, now: $1) }
        try bench.receive(bench.calledPeersRequest("INFO", cseq: 1, of: invite))
        guard case .requested(_, let request)? = bench.events.last else { throw NoMessage(description: "not told") }
        _ = bench.take()
        bench.perform { $0.pass(request, to: caller, now: $1) }
        try bench.respond(481, to: try #require(bench.takeMessages().last))
        #expect(bench.take() == ["480 INFO"])
        #expect(bench.isAlive(caller))
    }

    @Test(
        "What he cannot act on, he is told as something else: a challenge, or a list of methods and bodies that would be ours",
        arguments: [(UInt16(401), 403), (407, 403), (405, 501), (406, 488), (415, 488)]
    )
    func translated(status: UInt16, told: Int) throws {
        let (bench, request, other) = try bench()
        bench.perform { $0.pass(request, to: other, now: $1) }
        try bench.respond(status, to: try #require(bench.takeMessages().last))
        #expect(bench.take() == ["\(told) INFO"])
    }
}
