extension StateTable {
    /// While agent and caller are joined anew, while the agent hands the caller on, and afterwards.
    static let handedOn = """
        toagent, joining anew x CANCEL or BYE of the caller
            gone | CDR 0 answered anna 200 by caller, fstats 7 | answered | anna wrapup | alice: 200 bye
            anna: bye
        toagent, joining anew x refusal of whoever is called
            gone | CDR 0 answered anna 200 by system, fstats 7 | answered | anna wrapup | alice: bye
            anna: ack, bye
        toagent, joining anew x silence of whoever is called or connected
            toagent | answered | anna incall
        toagent, joining anew x time-out
            gone | CDR 0 answered anna 200 by system, fstats 7 | answered | anna wrapup | alice: bye
            anna: invite, invite, invite, invite, invite, bye
        toagent, joining anew x media hang-up
            cannot be
        toagent, joining anew x agent log-off
            toagent | answered | anna off, incall
        toagent, joining anew x reload without the flow
            toagent | answered | anna incall
        toagent, joining anew x BYE of the agent
            gone | CDR 0 answered anna 200 by agent, fstats 7 | answered | anna wrapup | alice: bye
            anna: 200 bye
        toagent, joining anew x reload without the agent
            toagent | answered | anna off, incall
        toagent, joining anew x operator ends the call
            gone | CDR 0 answered anna 200 by operator, fstats 7 | answered | anna wrapup | alice: bye
            anna: bye
        toagent, joining anew x operator frees the agent
            gone | CDR 0 answered anna 200 by operator, fstats 7 | answered | anna wrapup | alice: bye
            anna: bye
        toagent, joining anew x transport failure of whoever is called or connected
            gone | CDR 0 answered anna 200 by system, fstats 7 | answered | anna wrapup | alice: bye
            anna: bye
        toagent, joining anew x database away
            toagent | answered | anna incall
        toagent, joining anew x restart
            toagent | not counted | anna incall | anna: ack
        toagent, handing on x BYE of the agent
            transferred | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered | anna wrapup
            anna: 200 bye
        toagent, handing on x CANCEL or BYE of the caller
            gone | CDR 0 answered anna 200 by caller, fstats 7 | answered | anna wrapup | alice: 200 bye
            anna: bye | voicemail: cancel, ack
        toagent, handing on x agent log-off
            toagent | answered | anna off, incall
        toagent, handing on x media hang-up
            cannot be
        toagent, handing on x operator ends the call
            gone | CDR 0 answered anna 200 by operator, fstats 7 | answered | anna wrapup | alice: bye
            anna: bye | voicemail: cancel, ack
        toagent, handing on x operator frees the agent
            gone | CDR 0 answered anna 200 by operator, fstats 7 | answered | anna free | alice: bye | anna: bye
            voicemail: cancel, ack
        toagent, handing on x refusal of whoever is called
            toagent | answered | anna incall | anna: notify | voicemail: ack
        toagent, handing on x reload without the agent
            toagent | answered | anna off, incall
        toagent, handing on x reload without the flow
            toagent | answered | anna incall
        toagent, handing on x silence of whoever is called or connected
            toagent | answered | anna incall | anna: notify
        toagent, handing on x time-out
            toagent | answered | anna incall | anna: notify | voicemail: cancel, ack
        toagent, handing on x transport failure of whoever is called or connected
            toagent | answered | anna incall
        toagent, handing on x database away
            toagent | answered | anna incall
        toagent, handing on x restart
            toagent | not counted | anna incall | anna: ack | voicemail: cancel, ack
        transferred, handed on x BYE of the agent
            cannot be
        transferred, handed on x CANCEL or BYE of the caller
            gone | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered | anna wrapup
            alice: 200 bye | voicemail: bye
        transferred, handed on x agent log-off
            transferred | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered
            anna off, wrapup
        transferred, handed on x media hang-up
            gone | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered | anna wrapup
            alice: bye | voicemail: 200 bye
        transferred, handed on x operator ends the call
            gone | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered | anna wrapup
            alice: bye | voicemail: bye
        transferred, handed on x operator frees the agent
            transferred | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered | anna free
        transferred, handed on x refusal of whoever is called
            cannot be
        transferred, handed on x reload without the agent
            transferred | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered | anna gone
        transferred, handed on x reload without the flow
            transferred | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered | anna wrapup
        transferred, handed on x silence of whoever is called or connected
            transferred | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered | anna free
        transferred, handed on x time-out
            gone | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered | anna free
            alice: bye | voicemail: bye
        transferred, handed on x transport failure of whoever is called or connected
            transferred | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered
            anna wrapup
        transferred, handed on x database away
            transferred | CDR 0 transferred anna 200 by agent, fstats 7, transferred | answered
            anna wrapup
        transferred, handed on x restart
            transferred | CDR 0 transferred anna 200 by agent, fstats 7, transferred | not counted
            anna wrapup | alice: ack | voicemail: ack sdp=alice
        """
}
