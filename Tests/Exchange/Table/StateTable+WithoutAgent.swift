extension StateTable {
    /// Before an agent has anything to do with the call.
    static let withoutAgent = """
        welcome, unanswered x CANCEL or BYE of the caller
            gone | CDR 1 abandoned 487 by caller, fstats 9 | abandoned | anna free
            alice: 200 cancel, 487 invite | welcome: cancel, ack
        welcome, unanswered x refusal of whoever is called
            toagent | not counted | anna incall | alice: 180 invite | welcome: ack | anna: invite sdp=alice
        welcome, unanswered x time-out
            toagent | CDR -2 no_answer anna 487 by agent, fstats 3 | not counted | anna incall
            alice: 180 invite, 182 invite, 200 invite sdp=queue | welcome: cancel, ack
            queue: invite sdp=alice, ack | anna: invite sdp=alice, cancel, ack, invite
        welcome, unanswered x silence of whoever is called or connected
            queued | CDR -2 no_answer anna 487 by agent, fstats 3 | not counted | anna wrapup
            alice: 180 invite, 182 invite, 200 invite sdp=queue | queue: invite sdp=alice, ack
            anna: invite sdp=alice, cancel, ack
        welcome, unanswered x agent log-off
            welcome | not counted | anna off, free
        welcome, unanswered x reload without the flow
            welcome | not counted | anna free
        welcome, unanswered x reload without the agent
            welcome | not counted | anna gone
        welcome, unanswered x operator frees the agent
            welcome | not counted | anna free
        welcome, unanswered x operator ends the call
            gone | CDR 1 operator 480 by operator, fstats 1 | failed: operator | anna free
            alice: 480 invite | welcome: cancel, ack
        welcome, unanswered x media hang-up
            cannot be
        welcome, unanswered x BYE of the agent
            cannot be
        welcome, unanswered x transport failure of whoever is called or connected
            welcome | not counted | anna free
        welcome, unanswered x database away
            welcome | not counted | anna free
        welcome, unanswered x restart
            welcome | not counted | anna free | alice: 180 invite | welcome: cancel, invite sdp=alice, ack
        welcome x CANCEL or BYE of the caller
            gone | CDR 1 abandoned 0 by caller, fstats 9 | abandoned | anna free | alice: 200 bye
            welcome: bye
        welcome x time-out
            toagent | not counted | anna incall | alice: invite sdp=queue, ack | welcome: bye
            queue: invite, ack sdp=alice | anna: invite
        welcome x silence of whoever is called or connected
            toagent | not counted | anna incall | alice: invite sdp=queue, ack
            queue: invite, ack sdp=alice | anna: invite
        welcome x media hang-up
            toagent | not counted | anna incall | alice: invite sdp=queue, ack | welcome: 200 bye
            queue: invite, ack sdp=alice | anna: invite
        welcome x agent log-off
            welcome | not counted | anna off, free
        welcome x reload without the flow
            welcome | not counted | anna free
        welcome x reload without the agent
            welcome | not counted | anna gone
        welcome x operator frees the agent
            welcome | not counted | anna free
        welcome x operator ends the call
            gone | CDR 1 operator 0 by operator, fstats 1 | failed: operator | anna free | alice: bye
            welcome: bye
        welcome x refusal of whoever is called
            cannot be
        welcome x BYE of the agent
            cannot be
        welcome x transport failure of whoever is called or connected
            welcome | not counted | anna free
        welcome x database away
            welcome | not counted | anna free
        welcome x restart
            welcome | not counted | anna free | welcome: ack
        queued, unanswered x CANCEL or BYE of the caller
            gone | CDR 1 abandoned 487 by caller, fstats 9 | abandoned | anna off, free
            alice: 200 cancel, 487 invite | queue: cancel, ack
        queued, unanswered x refusal of whoever is called
            queued | not counted | anna off, free | queue: ack
        queued, unanswered x time-out
            gone | CDR -1 media 480 by system, fstats 1 | failed: media | anna off, free | alice: 480 invite
            queue: cancel, ack, invite sdp=alice, cancel, ack, invite sdp=alice, cancel, ack
        queued, unanswered x silence of whoever is called or connected
            queued | not counted | anna off, free
        queued, unanswered x agent log-off
            queued | not counted | anna off, free
        queued, unanswered x reload without the flow
            queued | not counted | anna off, free
        queued, unanswered x reload without the agent
            queued | not counted | anna gone
        queued, unanswered x operator frees the agent
            queued | not counted | anna off, free
        queued, unanswered x operator ends the call
            gone | CDR 1 operator 480 by operator, fstats 1 | failed: operator | anna off, free
            alice: 480 invite | queue: cancel, ack
        queued, unanswered x media hang-up
            cannot be
        queued, unanswered x BYE of the agent
            cannot be
        queued, unanswered x transport failure of whoever is called or connected
            queued | not counted | anna off, free
        queued, unanswered x database away
            queued | not counted | anna off, free
        queued, unanswered x restart
            queued | not counted | anna off, free | alice: 182 invite | queue: cancel, invite sdp=alice, ack
        queued x CANCEL or BYE of the caller
            gone | CDR 1 abandoned 0 by caller, fstats 9 | abandoned | anna off, free | alice: 200 bye
            queue: bye
        queued x time-out
            gone | CDR 1 max_wait 0 by system, fstats 1 | failed: max_wait | anna off, free | alice: bye
            queue: bye
        queued x silence of whoever is called or connected
            queued | not counted | anna off, free
        queued x media hang-up
            queued | not counted | anna off, free | queue: 200 bye
        queued x agent log-off
            queued | not counted | anna off, free
        queued x reload without the flow
            queued | not counted | anna off, free
        queued x reload without the agent
            queued | not counted | anna gone
        queued x operator frees the agent
            queued | not counted | anna off, free
        queued x operator ends the call
            gone | CDR 1 operator 0 by operator, fstats 1 | failed: operator | anna off, free | alice: bye
            queue: bye
        queued x refusal of whoever is called
            cannot be
        queued x BYE of the agent
            cannot be
        queued x transport failure of whoever is called or connected
            queued | not counted | anna off, free
        queued x database away
            queued | not counted | anna off, free
        queued x restart
            queued | not counted | anna off, free | queue: ack
        dissuading1 x CANCEL or BYE of the caller
            gone | CDR 1 abandoned 0 by caller, fstats 9 | abandoned | anna off, free | alice: 200 bye
            dissuading: bye
        dissuading1 x time-out
            queued | not counted | anna off, free | alice: invite sdp=queue, ack
            queue: invite, ack sdp=alice | dissuading: bye
        dissuading1 x silence of whoever is called or connected
            queued | not counted | anna off, free | alice: invite sdp=queue, ack
            queue: invite, ack sdp=alice
        dissuading1 x media hang-up
            queued | not counted | anna off, free | alice: invite sdp=queue, ack
            queue: invite, ack sdp=alice | dissuading: 200 bye
        dissuading1 x agent log-off
            dissuading1 | not counted | anna off, free
        dissuading1 x reload without the flow
            dissuading1 | not counted | anna off, free
        dissuading1 x reload without the agent
            dissuading1 | not counted | anna gone
        dissuading1 x operator frees the agent
            dissuading1 | not counted | anna off, free
        dissuading1 x operator ends the call
            gone | CDR 1 operator 0 by operator, fstats 1 | failed: operator | anna off, free | alice: bye
            dissuading: bye
        dissuading1 x refusal of whoever is called
            cannot be
        dissuading1 x BYE of the agent
            cannot be
        dissuading1 x transport failure of whoever is called or connected
            dissuading1 | not counted | anna off, free
        dissuading1 x database away
            dissuading1 | not counted | anna off, free
        dissuading1 x restart
            dissuading1 | not counted | anna off, free | alice: ack | dissuading: ack sdp=alice
        dissuading2 x CANCEL or BYE of the caller
            gone | CDR 1 abandoned 0 by caller, fstats 9 | abandoned | anna off, free | alice: 200 bye
            dissuading: bye
        dissuading2 x time-out
            gone | CDR 1 dissuaded 0 by system, fstats 1 | failed: dissuaded | anna off, free | alice: bye
            dissuading: bye
        dissuading2 x silence of whoever is called or connected
            gone | CDR 1 dissuaded 0 by system, fstats 1 | failed: dissuaded | anna off, free | alice: bye
        dissuading2 x media hang-up
            gone | CDR 1 dissuaded 0 by system, fstats 1 | failed: dissuaded | anna off, free | alice: bye
            dissuading: 200 bye
        dissuading2 x agent log-off
            dissuading2 | not counted | anna off, free
        dissuading2 x reload without the flow
            dissuading2 | not counted | anna off, free
        dissuading2 x reload without the agent
            dissuading2 | not counted | anna gone
        dissuading2 x operator frees the agent
            dissuading2 | not counted | anna off, free
        dissuading2 x operator ends the call
            gone | CDR 1 operator 0 by operator, fstats 1 | failed: operator | anna off, free | alice: bye
            dissuading: bye
        dissuading2 x refusal of whoever is called
            cannot be
        dissuading2 x BYE of the agent
            cannot be
        dissuading2 x transport failure of whoever is called or connected
            dissuading2 | not counted | anna off, free
        dissuading2 x database away
            dissuading2 | not counted | anna off, free
        dissuading2 x restart
            dissuading2 | not counted | anna off, free | alice: ack | dissuading: ack sdp=alice
        """
}
