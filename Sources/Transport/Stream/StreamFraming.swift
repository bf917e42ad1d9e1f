internal import SIP

/// Cuts a stream of bytes into SIP messages by Content-Length (RFC 3261 sections 18.3 and 7.5).
///
///     framing.append(bytes)
///     while let piece = framing.next() { … }
///
/// Line ends between messages are keep-alives (RFC 5626 section 4.4.1). After `.broken` the stream has no more boundaries: the
/// connection is to be closed.
struct StreamFraming {
    /// What the stream is made of.
    enum Piece: Equatable {
        case message([UInt8])
        /// CRLF where a message might begin: two are a ping, one is a pong.
        case lineEnd
        /// The header of a message whose end cannot be known, to be refused with this status: it has no Content-Length, or
        /// several, or is too large.
        case broken(head: [UInt8], status: UInt16)
    }

    /// Bytes of the largest message.
    static let largestMessage = MessageLimits.standard.bytes

    private var bytes: [UInt8] = []
    /// Where the next message begins.
    private var start = 0
    /// No end of a header was found before this.
    private var scanned = 0
    /// Length of the message that has begun, where its header is complete.
    private var awaited: Int?

    /// Whether a message has begun and is not complete.
    var isPartial: Bool { bytes.count > start }

    mutating func append(_ more: some Collection<UInt8>) {
        if start > 0 {
            bytes.removeSubrange(..<start)
            scanned = max(0, scanned - start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next piece; nil if more bytes are needed.
    mutating func next() -> Piece? {
        guard start < bytes.count else { return nil }
        if let awaited { return cut(awaited) }
        if let lineEnd = skipLineEnd() { return lineEnd ? .lineEnd : nil }
        scanned = max(scanned, start)
        guard let bodyStart = endOfHeader() else {
            guard bytes.count - start > Self.largestMessage else { return nil }
            return broken(513, upTo: start + Self.largestMessage)
        }
        guard let length = contentLength(upTo: bodyStart) else { return broken(400, upTo: bodyStart) }
        guard length <= Self.largestMessage - (bodyStart - start) else { return broken(513, upTo: bodyStart) }
        awaited = bodyStart - start + length
        return cut(bodyStart - start + length)
    }

    private mutating func cut(_ length: Int) -> Piece? {
        guard bytes.count - start >= length else { return nil }
        defer {
            start += length
            scanned = start
            awaited = nil
        }
        return .message(Array(bytes[start..<start + length]))
    }

    private mutating func broken(_ status: UInt16, upTo end: Int) -> Piece {
        defer { start = bytes.count }
        return .broken(head: Array(bytes[start..<min(end, bytes.count)]), status: status)
    }

    /// True: a line end stood at the beginning; false: half of one does; nil: none.
    private mutating func skipLineEnd() -> Bool? {
        if bytes[start] == 0x0A {
            start += 1
            return true
        }
        guard bytes[start] == 0x0D else { return nil }
        guard start + 1 < bytes.count else { return false }
        guard bytes[start + 1] == 0x0A else { return nil }
        start += 2
        return true
    }

    /// The offset behind the empty line; nil if there is none yet.
    private mutating func endOfHeader() -> Int? {
        var offset = scanned
        while let feed = bytes[offset...].firstIndex(of: 0x0A) {
            offset = feed + 1
            if offset < bytes.count, bytes[offset] == 0x0A { return offset + 1 }
            if offset + 1 < bytes.count, bytes[offset] == 0x0D, bytes[offset + 1] == 0x0A { return offset + 2 }
        }
        // The line end before the empty line may be the last that has come.
        scanned = max(start, bytes.count - 3)
        return nil
    }

    /// The one value of Content-Length in the header; nil if it is absent, no number, or there are two that differ. A line that begins
    /// with a blank goes on with the value of the line before (RFC 3261 section 7.3.1), as the parser of messages has it: what is a
    /// header field to the one must be one to the other.
    private func contentLength(upTo end: Int) -> Int? {
        var found: Int?
        var value: ArraySlice<UInt8>?
        for line in bytes[start..<end].split(separator: 0x0A) {
            if line.first.map({ $0 == 0x20 || $0 == 0x09 }) ?? false {
                if let before = value {
                    let more = line.trimmed
                    // Between two parts of a number stands a blank: it is none.
                    value = before.isEmpty ? more : more.isEmpty ? before : []
                    if value?.isEmpty == true, !(before.isEmpty && more.isEmpty) { return nil }
                }
                continue
            }
            guard take(value, into: &found) else { return nil }
            value = nil
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            if Self.isContentLength(line[..<colon].trimmed) { value = line[(colon + 1)...].trimmed }
        }
        return take(value, into: &found) ? found : nil
    }

    /// Notes the value of a Content-Length; false if it is no number, or another than the one before.
    private func take(_ value: ArraySlice<UInt8>?, into found: inout Int?) -> Bool {
        guard let value else { return true }
        guard let number = Self.number(value), found == nil || found == number else { return false }
        found = number
        return true
    }

    private static func isContentLength(_ name: ArraySlice<UInt8>) -> Bool {
        let name = name.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        return name == [UInt8(ascii: "l")] || name.elementsEqual("content-length".utf8)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count <= 10 else { return nil }
        var number = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            number = number * 10 + Int(digit - 0x30)
        }
        return number
    }
}

extension ArraySlice<UInt8> {
    /// Without blanks and CR on either side.
    fileprivate var trimmed: ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var slice = drop(while: isBlank)
        while let last = slice.last, isBlank(last) { slice.removeLast() }
        return slice
    }
}
