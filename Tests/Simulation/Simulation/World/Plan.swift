package import Exchange
import SIP
import CallCenter

/// What a seed stands for: how large the centre is, what the weather is like, and how everybody behaves.
package struct Plan: Sendable {
    package let seed: UInt64
    package let calls: Int
    package let temper: Temper
    package let weather: Weather
    let features: Features
    /// Whether `World.digest` is kept.
    package var keepsDigest = false

    let agentCount: Int
    var agents: Range<Int> { 0..<agentCount }
    let flowCount: Int
    let skillCount: Int
    /// How long each media server plays; nil: for ever. The last one is the music, the one before takes calls that no agent takes.
    let media: [ClosedRange<Milliseconds>?]
    /// Which of them says what dissuades and what agents are told, and which one takes calls that no agent takes.
    static let message = 2
    static let elsewhere = 3
    /// From one call to the next, at most.
    let pause: Milliseconds
    /// An agent whose location leads nowhere.
    let homeless: Int?
    /// The core is told to end somewhere in the middle.
    let isShutDown: Bool
    package let configuration: ExchangeConfiguration

    /// nil: as the seed has it.
    package init(seed: UInt64, calls: Int, temper: Temper? = nil, weather: Weather? = nil, dies: Bool? = nil) {
        self.seed = seed
        self.calls = calls
        var random = SeededGenerator(seed: seed)
        self.temper = temper ?? .any(&random)
        self.weather = weather ?? .any(&random)
        agentCount = random.number(2...16)
        flowCount = random.number(1...4)
        skillCount = random.number(1...flowCount)
        var features = Features.any(&random, isOrderly: self.temper.isOrderly)
        var later = SeededGenerator(seed: seed ^ 0x1A7E5)
        features.addLater(&later, isOrderly: self.temper.isOrderly)
        if let dies { features.dies = dies }
        self.features = features
        media = [500...4_000, 2_000...9_000, 300...3_000, 1_000...15_000, nil]
        // An agent has a call every 15 s or so: sometimes that is too little, sometimes too much.
        pause =
            30_000 / Milliseconds(agentCount) * (self.temper.isOrderly ? random.time(130...200) : random.time(70...160))
            / 100
        homeless = !self.temper.isOrderly && random.happens(10) ? random.number(0...agentCount - 1) : nil
        isShutDown = !self.temper.isOrderly && random.happens(5)
        var configuration = Self.configuration(&random, isOrderly: self.temper.isOrderly)
        if features.wantsPasswords {
            configuration.trusted = [IPNetwork("10.32.0.0/12")].compactMap(\.self)
            configuration.untrusted = .challenge
            configuration.users = [
                Doorman.User(username: "caller", password: String(decoding: Self.password, as: UTF8.self))
            ]
        }
        if features.strays > 0, let answer = Self.answer(&later) {
            configuration.answerByOutcome[.unknownFlow] = answer
        }
        // Shorter than some talks; what is due while there is no core is not worked out here.
        if features.longTalks > 0, !features.dies, later.happens(50) {
            configuration.maxCallDuration = later.time(130_000...220_000)
        }
        if features.refers > 0 { configuration.scenario.refer = Self.referring(&later) }
        self.configuration = configuration
    }

    private static func configuration(_ random: inout SeededGenerator, isOrderly: Bool) -> ExchangeConfiguration {
        var configuration = ExchangeConfiguration()
        // Callers and agents; who else has a place in a call proves it by its tags.
        configuration.trusted = [IPNetwork("10.16.0.0/12"), IPNetwork("10.32.0.0/12")].compactMap(\.self)
        if random.happens(20) { configuration.untrusted = .drop }
        // Short, so that there is something to refresh while callers wait.
        configuration.sessionExpires = random.happens(20) ? 0 : random.number(90...200)
        configuration.keepAlive = random.happens(20) ? 0 : random.time(10_000...60_000)
        configuration.credentials = [Credential(realm: "*", username: "callcenterd", password: "secret")]
        configuration.routes = Route.AgentLogin.allCases.compactMap { login in
            guard let pattern = try? RoutePattern("sip:\(login.rawValue)@*") else { return nil }
            return Route(pattern: pattern, flow: nil, agentLogin: login)
        }
        configuration.agentRingTimeout = random.time(8_000...20_000)
        configuration.maxWait = isOrderly ? 600_000 : 120_000
        configuration.welcomeMax = 30_000
        // What ends a call of which both sides have vanished.
        configuration.maxCallDuration = 1_200_000
        if random.happens(30) { configuration.queuePositionParameter = "pos" }
        configuration.policy.wrapupTime = random.time(0...3_000)
        configuration.policy.rejectOnNoAgents = !isOrderly && random.happens(20)
        if !isOrderly, random.happens(10) { configuration.policy.maxCalls = random.number(5...30) }
        configuration.policy.maxNoAnswer = random.happens(30) ? 3 : 0
        configuration.policy.reofferDelay = random.happens(20) ? 0 : random.time(500...6_000)
        return configuration
    }

    static let password = [UInt8]("secret")

    /// What becomes of those who call what is no flow.
    private static func answer(_ random: inout SeededGenerator) -> RoutingAnswer? {
        switch random.number(0...2) {
        case 0: URI("sip:f0@127.0.0.1:5060").map { .redirect($0) }
        case 1: URI("sip:m\(elsewhere)@\(Station.address(.media, elsewhere).address):5060").map { .bridge($0) }
        default: .status(404)
        }
    }

    /// Mostly REFERs are followed, and not to everywhere.
    private static func referring(_ random: inout SeededGenerator) -> Scenario.Refer {
        let policy = random.happens(80) ? Scenario.Refer.Policy.follow : random.happens(50) ? .relay : .refuse
        guard random.happens(70) else { return Scenario.Refer(policy: policy) }
        let allowed = ["sip:a*@*", "sip:m*@*"].compactMap { try? RoutePattern($0) }
        return Scenario.Refer(policy: policy, allowed: allowed)
    }

    /// What an answered caller may have to do without media at most: by the book the time of a hand-over, and longer where
    /// datagrams of several attempts in a row are lost.
    var longestSilence: Milliseconds {
        weather.loss == 0 && weather.reordering == 0 ? configuration.handOverTimeout : 60_000
    }

    /// How long he may be without anybody even being called for him, where media servers fail: the longest pause between two
    /// attempts, and one of them.
    var longestPause: Milliseconds { 30_000 + configuration.mediaAnswerTimeout + 60_000 }
}
