import SIP

/// The little that stations need to write messages of their own.
extension [UInt8] {
    init(_ text: StaticString) {
        self.init()
        append(text)
    }

    mutating func line(_ name: StaticString, _ value: [UInt8]) {
        append(name)
        append(contentsOf: value)
        append("\r\n")
    }

    mutating func line(_ name: StaticString, _ value: ArraySlice<UInt8>) {
        append(name)
        append(contentsOf: value)
        append("\r\n")
    }

    mutating func append(number: Int) { append(decimal: UInt64(Swift.max(0, number))) }

    /// The last header fields, and the body.
    mutating func finish(_ body: [UInt8]?) {
        if let body {
            append("Content-Type: application/sdp\r\nContent-Length: ")
            append(number: body.count)
            append("\r\n\r\n")
            append(contentsOf: body)
        } else {
            append("Content-Length: 0\r\n\r\n")
        }
    }
}

extension ArraySlice<UInt8> {
    /// The index behind the first occurrence of a text; nil if there is none. The generic search of the library takes ten times as long.
    func end(of text: StaticString) -> Int? {
        let length = text.utf8CodeUnitCount
        return text.withUTF8Buffer { wanted in
            guard let first = wanted.first else { return startIndex }
            var start = startIndex
            while start + length <= endIndex {
                if self[start] == first, (1..<length).allSatisfy({ self[start + $0] == wanted[$0] }) {
                    return start + length
                }
                start += 1
            }
            return nil
        }
    }
}

extension Collection<UInt8> {
    /// The decimal number behind so many bytes; nil if there is none.
    func number(behind prefix: Int) -> Int? {
        guard count > prefix, count < prefix + 18 else { return nil }
        var value = 0
        for byte in dropFirst(prefix) {
            guard byte.isDigit else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// FNV-1a.
    var digest: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in self { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}

/// The port and the kind of one media line.
struct MediaLine: Equatable {
    let type: [UInt8]
    let isRefused: Bool
}

/// What a station reads in a session description: with an eye of its own, not the core's.
struct Description {
    let bytes: [UInt8]
    private(set) var media: [MediaLine] = []
    /// Of the first medium's `i=`: who described himself.
    private(set) var name: ArraySlice<UInt8> = []
    /// The value of `o=`, and where its line is.
    private(set) var origin: ArraySlice<UInt8> = []
    private(set) var originLine = 0..<0
    /// Puts the other side on hold.
    private(set) var isHeld = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            let next = Swift.min(end + 1, bytes.count)
            let last = end > start && bytes[end - 1] == 0x0D ? end - 1 : end
            if last - start >= 2, bytes[start + 1] == UInt8(ascii: "=") { read(bytes[start..<last], start..<next) }
            start = next
        }
    }

    private mutating func read(_ line: ArraySlice<UInt8>, _ range: Range<Int>) {
        let value = line.dropFirst(2)
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "o"):
            origin = value
            originLine = range
        case UInt8(ascii: "i"): if media.count == 1 { name = value }
        case UInt8(ascii: "m"):
            let words = value.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard words.count > 1 else { return }
            media.append(MediaLine(type: Array(words[0]), isRefused: words[1].elementsEqual([UInt8(ascii: "0")])))
        case UInt8(ascii: "a"): if spells(value, "sendonly") { isHeld = true }
        default: break
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// What was described to one peer: holds the rules of RFC 3264 section 8 against it.
struct SDPHistory {
    private var sessionID: ArraySlice<UInt8> = []
    private var version = -1
    private var last: Description?
    private var lines = 0
    /// As it was before the last description.
    private var linesBefore = 0
    private var cseq: UInt32 = 0

    /// The last description was an offer that came to nothing: the session is what it was before.
    mutating func offerFailed() { lines = linesBefore }

    /// What is wrong with the next description; nil if nothing is.
    /// `cseq` is that of the peer's request that it came in; nil if it came in a response.
    mutating func objection(to description: Description, cseq: UInt32?, answering offered: Int?) -> String? {
        if let cseq {
            // Overtaken by a later one on its way.
            guard cseq >= self.cseq else { return nil }
            self.cseq = cseq
        }
        let words = description.origin.split(separator: UInt8(ascii: " "))
        guard words.count == 6, let newVersion = words[2].number(behind: 0) else { return "o= cannot be read" }
        let (oldID, oldVersion, old, oldLines) = (sessionID, version, last, lines)
        (sessionID, version, last) = (words[1], newVersion, description)
        linesBefore = oldLines
        lines = max(lines, description.media.count)
        if let offered, description.media.count != offered {
            return "\(description.media.count) media lines answer \(offered)"
        }
        guard let old else { return nil }
        if oldID != words[1] { return "the session of o= changed" }
        if newVersion < oldVersion { return "the version of o= fell" }
        if newVersion == oldVersion, !description.equalsBesidesOrigin(old) {
            return "another content under the same version of o="
        }
        if description.media.count < oldLines { return "media lines vanished" }
        return nil
    }
}

extension Description {
    fileprivate func equalsBesidesOrigin(_ other: Description) -> Bool {
        bytes[..<originLine.lowerBound] == other.bytes[..<other.originLine.lowerBound]
            && bytes[originLine.upperBound...] == other.bytes[other.originLine.upperBound...]
    }
}
