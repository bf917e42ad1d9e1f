import SIP

/// What is played to a caller, from the address that he called.
enum Part {
    /// `sip:NAME@`: the file NAME.wav, once and then BYE, or for ever.
    case sound(Sound, loops: Bool)
    /// `sip:agent-NAME@`: an agent of the sample centre. Rings a moment, answers, talks a while, hangs up.
    case agent(Sound)

    private static let agentPrefix = "agent-"
    private static let loopPrefixes = ["queue", "hold", "music"]

    /// nil if nobody here has that name.
    ///
    /// A sound loops if its name begins with `queue`, `hold` or `music`, or the address has the parameter `loop`.
    init?(calling uri: URI, in library: SoundLibrary) {
        guard uri.scheme != .other, let user = uri.user else { return nil }
        let name = String(decoding: user, as: UTF8.self)
        if let sound = library[name] {
            let loops = Self.loopPrefixes.contains { name.hasPrefix($0) } || uri.parameter(named: "loop") != nil
            self = .sound(sound, loops: loops)
        } else if name.hasPrefix(Self.agentPrefix), name != Self.agentPrefix {
            self = .agent(library["agent"] ?? .chime)
        } else {
            return nil
        }
    }

    var sound: Sound {
        switch self {
        case .sound(let sound, _), .agent(let sound): sound
        }
    }

    /// An agent's sound is repeated for as long as he talks.
    var loops: Bool {
        switch self {
        case .sound(_, let loops): loops
        case .agent: true
        }
    }
}
