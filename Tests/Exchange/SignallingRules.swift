import Foundation
import Testing

/// Every rule of CALLS.md section 2, and the tests that hold it, by how their names begin.
@Suite("Every rule of the signalling has a test")
struct SignallingRules {
    private static let rules: [(rule: String, tests: [String])] = [
        (
            "Own dialogs",
            [
                "Each leg has a Call-ID of 128 random bits, tags, branches and a Contact of its own",
                "A stranger's request with tags that we never gave leaves nothing behind",
                "The tag of a leg cannot be told from its Call-ID",
                "the same branch is the same request only from the same sent-by and with the same method",
            ]
        ),
        (
            "SDP continuity: o= and version",
            [
                "An offer keeps every line but o=",
                "The version rises by one when the content changes, not when the peer's o= does",
                "Thirty random steps on a leg",
            ]
        ),
        (
            "SDP continuity: media lines",
            [
                "Media lines of the caller never vanish: an agent with audio only is offered to a caller with video",
                "Media that the new far end does not have stay as refused lines",
            ]
        ),
        (
            "Successive first legs",
            [
                "The next first leg has a To tag of its own, and the 200 has the one of its leg",
                "A welcome that is refused is skipped, and the music's responses have another To tag",
                "An agent who rings and does not answer is cancelled; the next one's responses have another To tag",
                "Each tag is a dialog with numbers of its own; a BYE under an earlier one ends that and nothing else",
            ]
        ),
        ("18x bodies", ["whether media of an unanswered caller's provisional responses pass"]),
        (
            "A caller's INVITE without SDP",
            ["A caller without SDP gets the agent's offer in his 200, and his ACK carries the answer back"]
        ),
        ("SDP in multipart", ["SDP of a multipart body is what the agent is offered, and SDP alone"]),
        (
            "Media that we cannot carry: 488",
            [
                "An agent who has no media for the caller costs him nothing: 488, the next",
                "A side that answers a re-INVITE without SDP by nothing at all is acknowledged, and the other refused",
            ]
        ),
        (
            "Hand-over: waits, absorbs",
            [
                "Ours waits for the ACK of theirs; one that may not wait is refused with 491",
                "An agent's repeated 200 is absorbed while the caller is being joined, and not acknowledged twice",
            ]
        ),
        (
            "Hand-over: time-out, refusal, loss",
            [
                "A caller who does not answer the re-INVITE in time costs the agent his call",
                "To a peer's offer the ACK carries the answer, or the refusal of every media line",
                "A caller of whom the dialog is unknown is gone: 481",
            ]
        ),
        (
            "Hand-over: 491, 488",
            [
                "A caller who is busy with another INVITE is asked again after the pause of the RFC",
                "After a 491 ours comes again: 2.1 to 4 s later if the Call-ID is ours, else up to 2 s",
                "A caller who does not take the agent's media keeps the music; the agent is refused for media",
            ]
        ),
        (
            "Early offer",
            [
                "is the caller's last description; the agent's answer goes to him as an offer",
                "that the caller's answer differs from is followed by a re-INVITE to the agent",
                "is not made with ICE or DTLS, which are between two ends only",
            ]
        ),
        (
            "RTP against SRTP",
            [
                "An agent whose answer is of the other kind is refused with 488 and counted",
                "An agent whose offer is of the other kind is refused every medium",
                "Both of one kind, or a caller who offers either, are joined as ever",
            ]
        ),
        (
            "100rel",
            [
                "An INVITE without SDP does not offer 100rel, one with SDP does",
                "is made once where a phone wants one: 421",
                "A peer's reliable response gets a PRACK in its early dialog, once for each number",
                "Towards the caller, provisional responses are reliable only when he requires it",
                "of somebody whom we call are known, whoever he is, and answered in their order",
            ]
        ),
        (
            "CANCEL",
            [
                "CANCEL waits for the first provisional response, and is sent once",
                "A 200 that crosses our CANCEL is taken, since the caller still waits",
                "A dead agent's phone gets no CANCEL before it has said anything",
                "A freed agent whose phone says nothing to its BYE is offerable",
            ]
        ),
        (
            "Never two agents on one call",
            [
                "A phone that answers after the leg is over gets ACK and BYE too",
                "Another phone that answers the same INVITE gets ACK and BYE in its own dialog, once",
                "A 2xx that crosses the CANCEL of a leg nobody wants any more gets ACK, then BYE",
                "A phone that answers too late and is known by a name only gets ACK and BYE where the INVITE went",
            ]
        ),
        (
            "Refresh or change",
            [
                "A re-INVITE that changes nothing is answered here",
                "Refresh or change: an UPDATE without SDP is answered here, one with a change goes to the other side",
                "Refresh or change: UPDATE stays UPDATE where the other side allows it",
                "A peer who allows UPDATE and then does not know it gets a re-INVITE",
            ]
        ),
        (
            "Session timers",
            [
                "Session timers are negotiated per leg, and refreshed on each",
                "422 is followed by an INVITE that asks for what the peer's side wants; the same again is a refusal",
            ]
        ),
        (
            "Dead peers",
            [
                "A peer who has been silent for the time is asked, again and again",
                "481, and no answer at all (408), end the leg; any other answer is a sign of life",
                "Where the other side knows of no such dialog, that one is over: its leg is gone, the sender's is not",
                "Dead peers: an agent who no longer knows the dialog when he is asked is gone, and the call is over",
                "Dead peers: a caller silent for over 30 s is probed while the agent's phone rings",
            ]
        ),
        (
            "REFER",
            [
                "The target is called, the caller joined to it, the agent told and let go, and the record says so",
                "A target that refuses, or does not answer in time, leaves the caller with his agent",
                "The handed-on call has a deadline of its own",
                "A target that is a flow, by a route or at our own address, is entered with the same UUID and number",
                "Only hosts of agents may be called, unless the scenario lists others; nobody else is: no toll fraud",
                "A target whose URI leads past its host is judged by where it leads: no toll fraud by maddr",
            ]
        ),
        (
            "Replaces",
            [
                "puts another phone in the agent's place",
                "with early-only is refused where the dialog is confirmed: 486",
                "of a stranger is refused like any other of his: 403",
                "of a stranger who knows Call-ID and From tag of a leg of ours is refused all the same",
                "A waiting caller whose agent picks up is not replaced: 491, and he has the agent",
                "An agent whose 2xx crosses the end of a Replaces is joined to his caller again",
            ]
        ),
        (
            "Tolerance and hygiene",
            [
                "A turn that takes too many steps is cut short, counted, and its work done a millisecond later",
                "A second copy of an INVITE that a proxy has forked is 482; its retransmission is not",
                "An INVITE of our own that comes back is 482",
                "An INVITE without hops gets 483, OPTIONS are answered all the same",
                "Hygiene: the hops that a caller's INVITE has left pass to the legs that it causes, one less",
                "Hygiene: the Reason with which one side hangs up goes to the other",
                "OPTIONS are answered with what we take: Allow, Supported and Accept",
                "Hygiene: nothing of the caller's side shows on the agent's, but who he is",
                "which header fields of the caller's INVITE go along, under their full names",
            ]
        ),
    ]

    @Test("A rule", arguments: SignallingRules.rules.map(\.rule))
    func rule(name: String) throws {
        let tests = try #require(Self.rules.first { $0.rule == name }?.tests)
        let all = try Self.source(of: ["SIP", "Exchange"], without: #filePath)
        for test in tests {
            #expect(all.contains("(\"\(test)") || all.contains("    \"\(test)"), "no test is named: \(test)")
        }
    }

    /// The text of all tests of these targets, the file with the table left out.
    static func source(of targets: [String], without table: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let tableName = URL(fileURLWithPath: table).lastPathComponent
        var text = ""
        for target in targets {
            let files = FileManager.default.enumerator(atPath: folder.appendingPathComponent(target).path)
            while let file = files?.nextObject() as? String {
                guard file.hasSuffix(".swift"), !file.hasSuffix(tableName) else { continue }
                let url = folder.appendingPathComponent(target).appendingPathComponent(file)
                text += try String(contentsOf: url, encoding: .utf8)
            }
        }
        return text
    }
}
