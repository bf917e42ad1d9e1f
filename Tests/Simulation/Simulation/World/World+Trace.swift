import CallCenter
import Exchange
import SIP

/// What goes into the trace.
extension World {
    func note(_ text: String, about: [String] = []) { trace?.add(text, about: about, at: now) }

    func tell(
        _ bytes: [UInt8],
        _ station: Station,
        isOurs: Bool,
        _ first: Milliseconds?,
        _ copy: Milliseconds?
    ) {
        var line = String(decoding: bytes.prefix { $0 != 0x0D }.prefix(80), as: UTF8.self)
        if line.hasPrefix("SIP/2.0 ") { line = String(line.dropFirst(8)) }
        let cseq = bytes.value(of: "CSeq").map { String(decoding: $0.prefix(20), as: UTF8.self) } ?? "?"
        let caller = bytes.callers.first.map { " for \($0)" } ?? ""
        let fate = first.map { "\($0) ms" } ?? "lost"
        let twice = copy.map { ", again \($0) ms" } ?? ""
        let arrow = isOurs ? "core → \(station.label)" : "\(station.label) → core"
        note("\(arrow)  \(line)  [\(cseq)\(caller); \(fate)\(twice)]", about: [station.label] + bytes.callers)
    }

    func tell(_ notice: Notice) {
        let text = "\(notice)"
        var about: [String] = []
        switch notice {
        case .callArrived(_, _, _, let caller): about = [caller]
        case .callState(let number, _, _, let agent):
            about = [judge.shadow.call(number)?.caller, agent].compactMap(\.self)
        case .callAnswered(let number, _, let agent), .refused(let number, _, let agent, _, _):
            about = [judge.shadow.call(number)?.caller ?? "", agent]
        case .callEnded(let number, _, _, _, _), .mediaFailed(let number, _, _), .callOverflows(let number, _, _):
            about = [judge.shadow.call(number)?.caller ?? ""]
        case .agentChanged(let change): about = [change.agentID]
        case .agentLoggedOffForNoAnswer(let agent): about = [agent]
        default: break
        }
        note("       core: \(text)", about: about)
    }
}

extension [UInt8] {
    /// The value of the first header field of that name, which must be written like that.
    func value(of name: StaticString) -> ArraySlice<UInt8>? {
        var start = 0
        while let end = self[start...].firstIndex(of: 0x0D), end > start {
            let line = self[start..<end]
            let length = name.utf8CodeUnitCount
            if line.count > length + 2, line[start + length] == UInt8(ascii: ":"), spells(line.prefix(length), name) {
                return line.dropFirst(length + 2)
            }
            start = Swift.min(end + 2, count)
        }
        return nil
    }

    /// Callers that From and To name.
    var callers: [String] { ["From", "To"].compactMap { caller(in: $0) }.map { "c\($0)" } }

    /// The number of the caller whom a header field names: sip:c17@… Looked for in most datagrams, so nothing is copied.
    func caller(in field: StaticString) -> Int? {
        guard let line = value(of: field) else { return nil }
        let scheme: StaticString = "sip:c"
        let length = scheme.utf8CodeUnitCount
        var start = line.startIndex
        while start + length <= line.endIndex {
            if line[start] == UInt8(ascii: "s"), spells(line[start..<start + length], scheme) {
                return line[(start + length)...].prefix { $0.isDigit }.number(behind: 0)
            }
            start += 1
        }
        return nil
    }
}

extension DigestHashes {
    /// Of the right length, and no more: nobody in the simulation looks at what they say.
    static let simulated = DigestHashes(
        md5: { text in Array(text.digest.bigEndianBytes + text.digest.bigEndianBytes) },
        sha256: { text in (0..<4).flatMap { _ in text.digest.bigEndianBytes } }
    )
}

extension UInt64 {
    fileprivate var bigEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) } }
}
