import SIP

/// What is played to a caller, from the address that he called.
struct Part {
    /// Once, before anything else: his place in the queue.
    var lead: [Sound] = []
    let sound: Sound
    /// For ever, or once and then BYE.
    let loops: Bool
    /// `sip:agent-NAME@`: an agent of the sample centre. Rings a moment, answers, talks a while, hangs up.
    var isAgent = false
    /// There is no such sound: silence is played in its place, for a caller who is refused would lose his queue.
    var isMissing = false

    private static let agentPrefix = "agent-"
    private static let loopPrefixes = ["queue", "hold", "music"]

    /// nil if the address names nothing.
    ///
    /// `sip:NAME@` is the file NAME.wav, `sip:FLOW/NAME@` that of the folder FLOW, or else NAME.wav. It loops if NAME begins with
    /// `queue`, `hold` or `music`, or the address has the parameter `loop`. The parameters `cc_pos` (calls ahead) and
    /// `cc_ewt` (seconds) are spoken before it.
    init?(calling uri: URI, in library: SoundLibrary) {
        guard uri.scheme != .other, let user = uri.user, !user.isEmpty else { return nil }
        let path = String(decoding: user, as: UTF8.self)
        let name = SoundLibrary.name(of: path)
        let found = library.sound(path)
        if found == nil, name.hasPrefix(Self.agentPrefix), name != Self.agentPrefix {
            self.init(sound: library["agent"] ?? .chime, loops: true, isAgent: true)
            return
        }
        func number(_ parameter: StaticString) -> Int? {
            uri.parameter(named: parameter).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
        }
        let prompts = Prompts(library, folder: SoundLibrary.folder(of: path))
        self.init(
            lead: prompts.announcement(ahead: number("cc_pos"), wait: number("cc_ewt")),
            sound: found ?? .silence,
            loops: Self.loopPrefixes.contains { name.hasPrefix($0) } || uri.parameter(named: "loop") != nil,
            isMissing: found == nil
        )
    }

    private init(lead: [Sound] = [], sound: Sound, loops: Bool, isAgent: Bool = false, isMissing: Bool = false) {
        self.lead = lead
        self.sound = sound
        self.loops = loops
        self.isAgent = isAgent
        self.isMissing = isMissing
    }
}
