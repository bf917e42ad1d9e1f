extension StateTable {
    /// On the way to somebody who is no agent, and connected to him.
    static let elsewhere = """
        queued, leaving x CANCEL or BYE of the caller
            gone | CDR 1 abandoned 0 by caller, fstats 9 | abandoned | anna off, free | alice: 200 bye
            queue: bye | voicemail: cancel, ack
        queued, leaving x refusal of whoever is called
            gone | CDR 1 overflow 0 by system, fstats 1 | failed: overflow | anna off, free | alice: bye
            queue: bye | voicemail: ack
        queued, leaving x time-out
            gone | CDR 1 overflow 0 by system, fstats 1 | failed: overflow | anna off, free | alice: bye
            queue: bye | voicemail: cancel, ack
        queued, leaving x silence of whoever is called or connected
            gone | CDR 1 overflow 0 by system, fstats 1 | failed: overflow | anna off, free | alice: bye
            queue: bye
        queued, leaving x agent log-off
            queued | not counted | anna off, free
        queued, leaving x reload without the flow
            queued | not counted | anna off, free
        queued, leaving x reload without the agent
            queued | not counted | anna gone
        queued, leaving x operator frees the agent
            queued | not counted | anna off, free
        queued, leaving x operator ends the call
            gone | CDR 1 operator 0 by operator, fstats 1 | failed: operator | anna off, free | alice: bye
            queue: bye | voicemail: cancel, ack
        queued, leaving x media hang-up
            cannot be
        queued, leaving x BYE of the agent
            cannot be
        queued, leaving x transport failure of whoever is called or connected
            queued | not counted | anna off, free
        queued, leaving x database away
            queued | not counted | anna off, free
        queued, leaving x restart
            queued | not counted | anna off, free | queue: ack, bye | voicemail: cancel, invite, ack
        transferred x CANCEL or BYE of the caller
            gone | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow | anna off, free
            alice: 200 bye | voicemail: bye
        transferred x time-out
            gone | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow | anna off, free
            alice: bye | voicemail: bye
        transferred x silence of whoever is called or connected
            transferred | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow
            anna off, free
        transferred x media hang-up
            gone | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow | anna off, free
            alice: bye | voicemail: 200 bye
        transferred x agent log-off
            transferred | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow
            anna off, free
        transferred x reload without the flow
            transferred | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow
            anna off, free
        transferred x reload without the agent
            transferred | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow | anna gone
        transferred x operator frees the agent
            transferred | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow
            anna off, free
        transferred x operator ends the call
            gone | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow | anna off, free
            alice: bye | voicemail: bye
        transferred x refusal of whoever is called
            cannot be
        transferred x BYE of the agent
            cannot be
        transferred x transport failure of whoever is called or connected
            transferred | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow
            anna off, free
        transferred x database away
            transferred | CDR 1 overflow 200 by system, fstats 1, transferred | failed: overflow
            anna off, free
        transferred x restart
            transferred | CDR 1 overflow 200 by system, fstats 1, transferred | not counted | anna off, free
            alice: ack | voicemail: ack sdp=alice
        """
}
