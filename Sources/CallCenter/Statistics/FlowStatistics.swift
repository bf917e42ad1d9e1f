/// What a flow has counted since the process started, or since some base.
struct FlowStatistics: Equatable {
    var calls = CallCounters()
    /// Calls that had to wait for an agent, each once.
    var putOnHold: UInt64 = 0
    var answeredInTime: UInt64 = 0
    /// From the INVITE to the end of the wait, however it ended.
    var waitTimes = Histogram()
    /// From the offer to the agent's 200.
    var ringTimes = Histogram()
    /// From the answer to the end.
    var talkTimes = Histogram()

    static func += (sum: inout FlowStatistics, other: FlowStatistics) {
        sum.calls += other.calls
        sum.putOnHold += other.putOnHold
        sum.answeredInTime += other.answeredInTime
        sum.waitTimes += other.waitTimes
        sum.ringTimes += other.ringTimes
        sum.talkTimes += other.talkTimes
    }

    /// What has been counted after `base`; without one, everything.
    func since(_ base: FlowStatistics?) -> FlowStatistics {
        guard let base else { return self }
        var difference = self
        difference.calls -= base.calls
        difference.putOnHold -= base.putOnHold
        difference.answeredInTime -= base.answeredInTime
        difference.waitTimes -= base.waitTimes
        difference.ringTimes -= base.ringTimes
        difference.talkTimes -= base.talkTimes
        return difference
    }
}

/// What an agent has counted since the process started, or since some base.
struct AgentStatistics: Equatable {
    var distributed: UInt64 = 0
    var answered: UInt64 = 0
    var abandoned: UInt64 = 0
    /// Milliseconds in `talks` ended talks.
    var talkTime: UInt64 = 0
    var talks: UInt64 = 0
    /// How often he was logged off because he let too many calls ring.
    var noAnswerLogoffs: UInt64 = 0
    /// In the order of `RefusalCause.allCases`.
    var refusals = Counts<7>()

    /// What has been counted after `base`; without one, everything.
    func since(_ base: AgentStatistics?) -> AgentStatistics {
        guard let base else { return self }
        var difference = self
        difference.distributed -= base.distributed
        difference.answered -= base.answered
        difference.abandoned -= base.abandoned
        difference.refusals -= base.refusals
        difference.noAnswerLogoffs -= base.noAnswerLogoffs
        difference.talkTime -= base.talkTime
        difference.talks -= base.talks
        return difference
    }

    var averageTalk: Milliseconds {
        talks == 0 ? 0 : Milliseconds(talkTime / talks)
    }
}
