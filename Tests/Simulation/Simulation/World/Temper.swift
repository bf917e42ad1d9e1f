package import SIP

/// How callers, agents, media servers, the operator and the store behave: percentages of calls or occasions.
package struct Temper: Sendable {
    // Callers
    package var impatient = 0
    package var withoutOffer = 0
    package var withVideo = 0
    package var refusesReinvite = 0
    package var slowReinvite = 0
    // Agents
    package var agentRefuses = 0
    package var agentNeverAnswers = 0
    package var agentIsSilent = 0
    package var answersCancel = 0
    package var forks = 0
    package var hangsUpAtOnce = 0
    package var goesDeadInTalk = 0
    // Media servers
    package var mediaRefuses = 0
    package var mediaIsSilent = 0
    package var mediaHangsUp = 0
    package var mediaReinvites = 0
    // All
    package var reinvites = 0
    package var vanishes = 0
    /// 2xx without the description that they must have, and ACKs without the answer.
    package var answersEmpty = 0
    /// Requests inside of dialogs that are no INVITEs.
    package var chatter = 0
    /// Log-ins, log-offs and reloads while calls go on.
    package var isRestless = false
    /// Strangers who send what is not theirs to send.
    package var hasStrangers = false
    /// Batches of records that the store does not take, or takes without saying so.
    package var storeFails = 0

    package static let orderly = Temper(withoutOffer: 20, withVideo: 15)
    package static let lively = Temper(
        withoutOffer: 20,
        withVideo: 15,
        slowReinvite: 20,
        mediaReinvites: 10,
        reinvites: 60
    )
    package static let wild = Temper(
        impatient: 35,
        withoutOffer: 25,
        withVideo: 20,
        refusesReinvite: 8,
        slowReinvite: 15,
        agentRefuses: 20,
        agentNeverAnswers: 12,
        agentIsSilent: 5,
        answersCancel: 40,
        forks: 8,
        hangsUpAtOnce: 8,
        goesDeadInTalk: 3,
        mediaRefuses: 12,
        mediaIsSilent: 5,
        mediaHangsUp: 20,
        mediaReinvites: 20,
        reinvites: 50,
        vanishes: 4,
        answersEmpty: 3,
        chatter: 30,
        isRestless: true,
        hasStrangers: true,
        storeFails: 30
    )

    /// Each failing is there or not, in any strength: what only shows where another is absent shows, too.
    package static func any(_ random: inout SeededGenerator) -> Temper {
        var temper = Temper()
        temper.withoutOffer = random.level(upTo: 50)
        temper.withVideo = random.level(upTo: 30)
        temper.slowReinvite = random.level(upTo: 30)
        temper.reinvites = random.level(upTo: 60)
        temper.mediaReinvites = random.level(upTo: 25)
        temper.chatter = random.level(upTo: 50)
        guard !random.happens(15) else { return temper }
        temper.impatient = random.level(upTo: 60)
        temper.refusesReinvite = random.level(upTo: 15)
        temper.agentRefuses = random.level(upTo: 40)
        temper.agentNeverAnswers = random.level(upTo: 25)
        temper.agentIsSilent = random.level(upTo: 10)
        temper.answersCancel = random.level(upTo: 80)
        temper.forks = random.level(upTo: 15)
        temper.hangsUpAtOnce = random.level(upTo: 15)
        temper.goesDeadInTalk = random.level(upTo: 4)
        temper.mediaRefuses = random.level(upTo: 25)
        temper.mediaIsSilent = random.level(upTo: 10)
        temper.mediaHangsUp = random.level(upTo: 40)
        temper.vanishes = random.level(upTo: 6)
        temper.answersEmpty = random.level(upTo: 6)
        temper.isRestless = random.happens(50)
        temper.hasStrangers = random.happens(30)
        temper.storeFails = random.level(upTo: 50)
        return temper
    }

    /// Nobody does anything that would let a call fail.
    var isOrderly: Bool {
        impatient + agentRefuses + mediaRefuses + mediaHangsUp + vanishes + refusesReinvite + agentNeverAnswers
            + agentIsSilent + answersEmpty + hangsUpAtOnce + goesDeadInTalk + mediaIsSilent == 0 && !isRestless
    }

    /// The media servers do all that is asked of them.
    var hasGoodMedia: Bool { mediaRefuses + mediaIsSilent + mediaHangsUp + answersEmpty == 0 }
}
