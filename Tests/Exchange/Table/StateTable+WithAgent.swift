extension StateTable {
    /// While an agent's phone rings, he is briefed or joined, or talks.
    static let withAgent = """
        toagent, unanswered x CANCEL or BYE of the caller
            gone | CDR 1 abandoned anna 487 by caller, fstats 11 | abandoned | anna free
            alice: 200 cancel, 487 invite | anna: cancel, ack
        toagent, unanswered x refusal of whoever is called
            queued | CDR -2 busy anna 486 by agent, fstats 3 | not counted | anna wrapup
            alice: 182 invite, 200 invite sdp=queue | queue: invite sdp=alice, ack | anna: ack
        toagent, unanswered x time-out
            queued | CDR -2 no_answer anna 487 by agent, fstats 3 | not counted | anna wrapup
            alice: 182 invite, 200 invite sdp=queue | queue: invite sdp=alice, ack | anna: cancel, ack
        toagent, unanswered x silence of whoever is called or connected
            toagent | CDR -2 no_answer anna 408 by agent, fstats 3 | not counted | anna incall
            alice: 182 invite, 200 invite sdp=queue | queue: invite sdp=alice, ack
        toagent, unanswered x agent log-off
            toagent | not counted | anna off, incall
        toagent, unanswered x reload without the flow
            toagent | not counted | anna incall
        toagent, unanswered x reload without the agent
            toagent | not counted | anna off, incall
        toagent, unanswered x operator frees the agent
            queued | CDR -2 operator anna 0 by agent, fstats 3 | not counted | anna free
            alice: 182 invite, 200 invite sdp=queue | queue: invite sdp=alice, ack | anna: cancel, ack
        toagent, unanswered x operator ends the call
            gone | CDR 1 operator anna 480 by operator, fstats 3 | failed: operator | anna free
            alice: 480 invite | anna: cancel, ack
        toagent, unanswered x media hang-up
            cannot be
        toagent, unanswered x BYE of the agent
            cannot be
        toagent, unanswered x transport failure of whoever is called or connected
            toagent | not counted | anna incall
        toagent, unanswered x database away
            toagent | not counted | anna incall
        toagent, unanswered x restart
            toagent | not counted | anna incall | alice: 182 invite, 180 invite
            queue: invite sdp=alice, ack, bye | anna: cancel, ack, invite sdp=alice
        toagent x CANCEL or BYE of the caller
            gone | CDR 1 abandoned anna 0 by caller, fstats 11 | abandoned | anna free | alice: 200 bye
            queue: bye | anna: cancel, ack
        toagent x refusal of whoever is called
            queued | CDR -2 busy anna 486 by agent, fstats 3 | not counted | anna wrapup | anna: ack
        toagent x time-out
            queued | CDR -2 no_answer anna 487 by agent, fstats 3 | not counted | anna wrapup
            anna: cancel, ack
        toagent x silence of whoever is called or connected
            toagent | CDR -2 no_answer anna 408 by agent, fstats 3 | not counted | anna incall
        toagent x media hang-up
            toagent | not counted | anna incall | queue: 200 bye
        toagent x agent log-off
            toagent | not counted | anna off, incall
        toagent x reload without the flow
            toagent | not counted | anna incall
        toagent x reload without the agent
            toagent | not counted | anna off, incall
        toagent x operator frees the agent
            queued | CDR -2 operator anna 0 by agent, fstats 3 | not counted | anna wrapup
            anna: cancel, ack
        toagent x operator ends the call
            gone | CDR 1 operator anna 0 by operator, fstats 3 | failed: operator | anna free | alice: bye
            queue: bye | anna: cancel, ack
        toagent x BYE of the agent
            cannot be
        toagent x transport failure of whoever is called or connected
            toagent | not counted | anna incall
        toagent x database away
            toagent | not counted | anna incall
        toagent x restart
            toagent | not counted | anna incall | queue: ack | anna: cancel, ack, invite
        toagent, joining x CANCEL or BYE of the caller
            gone | CDR 1 abandoned anna 0 by caller, fstats 11 | abandoned | anna wrapup | alice: 200 bye
            queue: bye | anna: ack sdp=-, bye
        toagent, joining x refusal of whoever is called
            queued | CDR -2 media anna 488 by agent, fstats 3 | not counted | anna wrapup | alice: ack
            anna: ack sdp=-, bye
        toagent, joining x time-out
            queued | CDR -2 media anna 408 by agent, fstats 3 | not counted | anna wrapup
            alice: invite sdp=anna, invite sdp=anna, invite sdp=anna | anna: ack sdp=-, bye
        toagent, joining x BYE of the agent
            queued | CDR -2 failed anna 0 by agent, fstats 3 | not counted | anna wrapup
            anna: 200 bye, ack sdp=-
        toagent, joining x agent log-off
            toagent | not counted | anna off, incall
        toagent, joining x reload without the flow
            toagent | not counted | anna incall
        toagent, joining x reload without the agent
            toagent | not counted | anna off, incall
        toagent, joining x operator frees the agent
            queued | CDR -2 operator anna 0 by agent, fstats 3 | not counted | anna wrapup
            anna: ack sdp=-, bye
        toagent, joining x operator ends the call
            gone | CDR 1 operator anna 0 by operator, fstats 3 | failed: operator | anna wrapup | alice: bye
            queue: bye | anna: ack sdp=-, bye
        toagent, joining x silence of whoever is called or connected
            cannot be
        toagent, joining x media hang-up
            cannot be
        toagent, joining x transport failure of whoever is called or connected
            queued | CDR -2 media anna 503 by agent, fstats 3 | not counted | anna wrapup
            anna: ack sdp=-, bye
        toagent, joining x database away
            toagent | not counted | anna incall
        toagent, joining x restart
            toagent | not counted | anna incall | queue: ack | anna: ack sdp=-, bye, invite
        preagent x CANCEL or BYE of the caller
            gone | CDR 1 abandoned anna 0 by caller, fstats 11 | abandoned | anna wrapup | alice: 200 bye
            queue: bye | anna: bye | briefing: bye
        preagent x time-out
            toagent | answered | anna incall | alice: invite sdp=anna, ack | queue: bye
            anna: invite, ack sdp=alice | briefing: bye
        preagent x silence of whoever is called or connected
            toagent | answered | anna incall | alice: invite sdp=anna, ack | queue: bye
            anna: invite, ack sdp=alice
        preagent x media hang-up
            toagent | answered | anna incall | alice: invite sdp=anna, ack | queue: bye
            anna: invite, ack sdp=alice | briefing: 200 bye
        preagent x BYE of the agent
            queued | CDR -2 failed anna 0 by agent, fstats 3 | not counted | anna wrapup | anna: 200 bye
            briefing: bye
        preagent x agent log-off
            preagent | not counted | anna off, incall
        preagent x reload without the flow
            preagent | not counted | anna incall
        preagent x reload without the agent
            preagent | not counted | anna off, incall
        preagent x operator frees the agent
            queued | CDR -2 operator anna 0 by agent, fstats 3 | not counted | anna wrapup | anna: bye
            briefing: bye
        preagent x operator ends the call
            gone | CDR 1 operator anna 0 by operator, fstats 3 | failed: operator | anna wrapup | alice: bye
            queue: bye | anna: bye | briefing: bye
        preagent x refusal of whoever is called
            cannot be
        preagent x transport failure of whoever is called or connected
            preagent | not counted | anna incall
        preagent x database away
            preagent | not counted | anna incall
        preagent x restart
            preagent | not counted | anna incall | queue: ack
            anna: ack sdp=briefing, bye, invite, ack sdp=briefing | briefing: ack, bye, invite sdp=anna, ack
        toagent, talking x CANCEL or BYE of the caller
            gone | CDR 0 answered anna 200 by caller, fstats 7 | answered | anna wrapup | alice: 200 bye
            anna: bye
        toagent, talking x time-out
            gone | CDR 0 answered anna 200 by system, fstats 7 | answered | anna wrapup | alice: bye
            anna: bye
        toagent, talking x silence of whoever is called or connected
            toagent | answered | anna incall
        toagent, talking x BYE of the agent
            gone | CDR 0 answered anna 200 by agent, fstats 7 | answered | anna wrapup | alice: bye
            anna: 200 bye
        toagent, talking x agent log-off
            toagent | answered | anna off, incall
        toagent, talking x reload without the flow
            toagent | answered | anna incall
        toagent, talking x reload without the agent
            toagent | answered | anna off, incall
        toagent, talking x operator frees the agent
            gone | CDR 0 answered anna 200 by operator, fstats 7 | answered | anna free | alice: bye
            anna: bye
        toagent, talking x operator ends the call
            gone | CDR 0 answered anna 200 by operator, fstats 7 | answered | anna wrapup | alice: bye
            anna: bye
        toagent, talking x refusal of whoever is called
            cannot be
        toagent, talking x media hang-up
            cannot be
        toagent, talking x transport failure of whoever is called or connected
            toagent | answered | anna incall
        toagent, talking x database away
            toagent | answered | anna incall
        toagent, talking x restart
            toagent | not counted | anna incall | anna: ack
        """
}
