import SIP

/// A dialog, or an attempt at one, as a station of the simulation sees it.
final class Session {
    enum Phase { case early, up, over }

    let callID: String
    let localTag: String
    var remoteTag: String
    /// From and To of our requests, without tags.
    let local: String
    let remote: String
    var target: String
    /// The user part of the caller's URI, which all legs of one call have in common.
    let caller: String
    let isOurs: Bool

    var phase = Phase.early
    var localCSeq = 0
    var remoteCSeq: UInt32 = 0
    /// The peer's INVITE that has no final response of ours yet.
    var pending: StationServer?
    /// Our 2xx that has had no ACK yet.
    var unacknowledged: StationServer?
    /// Our INVITE that has no final response yet.
    var inFlight: StationClient?
    /// ACKs of ours by CSeq, for 2xx that come again.
    var acknowledgements: [UInt32: String] = [:]
    /// The first INVITE has been answered and acknowledged.
    var isEstablished = false

    /// What the peer described last.
    var remoteSDP: SessionDescription?
    var history = SDPHistory()
    private(set) var sdpVersion = 0
    private var lastContent = ""
    var isHolding = false
    /// Types of the media lines so far, by position.
    var mediaTypes = ["audio"]

    init(
        callID: String,
        localTag: String,
        remoteTag: String,
        local: String,
        remote: String,
        target: String,
        caller: String,
        isOurs: Bool
    ) {
        self.callID = callID
        self.localTag = localTag
        self.remoteTag = remoteTag
        self.local = local
        self.remote = remote
        self.target = target
        self.caller = caller
        self.isOurs = isOurs
    }

    var isQuiet: Bool { phase == .up && inFlight == nil && pending == nil && unacknowledged == nil }

    /// A description of ours; `offer` if it answers one. The session name tells whose it is.
    func describe(_ name: String, port: UInt16, answering offer: SessionDescription?) -> String {
        if let offer {
            mediaTypes = offer.media.map { String(decoding: offer.bytes[$0.type], as: UTF8.self) }
        }
        var content = "s=\(name)\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        for (index, type) in mediaTypes.enumerated() {
            let isRefused = index > 0 || offer?.media[index].port == 0
            content += "m=\(type) \(isRefused ? 0 : port) RTP/AVP \(type == "video" ? 31 : 0)\r\n"
            if isHolding, !isRefused { content += "a=sendonly\r\n" }
        }
        if content != lastContent {
            sdpVersion += 1
            lastContent = content
        }
        return "v=0\r\no=\(name) 1 \(sdpVersion) IN IP4 127.0.0.1\r\n" + content
    }
}

extension SessionDescription {
    /// Whether it puts the other side on hold.
    var isHeld: Bool { String(decoding: bytes, as: UTF8.self).contains("a=sendonly") }
}

/// What was described to one peer: holds the rules of RFC 3264 section 8 against it.
struct SDPHistory {
    private var sessionID = ""
    private var version: UInt64 = 0
    private var content = ""
    private var lines = 0
    private var cseq: UInt32 = 0

    /// What is wrong with the next description; nil if nothing is.
    /// `cseq` is that of the peer's request that it came in; nil if it came in a response.
    mutating func objection(to description: SessionDescription, cseq: UInt32?, answering offered: Int?) -> String? {
        if let cseq {
            // Overtaken by a later one on its way.
            guard cseq >= self.cseq else { return nil }
            self.cseq = cseq
        }
        let text = String(decoding: description.bytes, as: UTF8.self)
        let words = String(decoding: description.bytes[description.origin.line], as: UTF8.self).split(separator: " ")
        guard words.count == 6, let newVersion = UInt64(words[2]) else { return "o= cannot be read" }
        let rest = text.split(separator: "\r\n").filter { !$0.hasPrefix("o=") }.joined(separator: "\n")
        defer {
            (sessionID, version, content) = (String(words[1]), newVersion, rest)
            lines = max(lines, description.media.count)
        }
        if let offered, description.media.count != offered {
            return "\(description.media.count) media lines answer \(offered)"
        }
        guard !sessionID.isEmpty else { return nil }
        if sessionID != words[1] { return "the session of o= changed" }
        if newVersion < version { return "the version of o= fell" }
        if newVersion == version, rest != content { return "another content under the same version of o=" }
        if description.media.count < lines { return "media lines vanished" }
        return nil
    }
}
