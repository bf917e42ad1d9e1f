import SIP

/// How callers, agents and media servers behave: percentages of calls or occasions.
struct Temper {
    // Callers
    var impatient = 0
    var withoutOffer = 0
    var withVideo = 0
    var refusesReinvite = 0
    var slowReinvite = 0
    // Agents
    var agentRefuses = 0
    var agentNeverAnswers = 0
    var agentIsSilent = 0
    var answersCancel = 0
    var forks = 0
    var hangsUpAtOnce = 0
    var goesDeadInTalk = 0
    // Media servers
    var mediaRefuses = 0
    var mediaIsSilent = 0
    var mediaHangsUp = 0
    var mediaReinvites = 0
    // All
    var reinvites = 0
    var vanishes = 0
    /// Log-ins, log-offs and reloads while calls go on.
    var isRestless = false

    static let orderly = Temper(withoutOffer: 20, withVideo: 15)
    static let lively = Temper(withoutOffer: 20, withVideo: 15, slowReinvite: 20, mediaReinvites: 10, reinvites: 60)
    static let wild = Temper(
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
        isRestless: true
    )
}
