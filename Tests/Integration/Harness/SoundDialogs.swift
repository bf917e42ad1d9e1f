import Foundation
import Testing

/// Checks what the daemon sent to one sipp against the rules that hold for every dialog.
///
/// - An INVITE without SDP gets its answer in the ACK, one with SDP does not (RFC 3264 section 4, RFC 3261 section 13.2.1).
/// - CSeq of the daemon's requests rises (RFC 3261 section 12.2.1.1).
/// - Its SDP keeps user, session and address of o=; the version rises by one exactly when the content changes
///   (RFC 3264 section 8).
func expectSoundDialogs(_ log: [SIPLogEntry], sourceLocation: SourceLocation = #_sourceLocation) {
    var dialogs: [String: [SIPLogEntry]] = [:]
    for entry in log { dialogs[entry.callID, default: []].append(entry) }
    for (callID, entries) in dialogs {
        expectAnswersInACK(entries, callID, sourceLocation)
        expectRisingCSeq(entries, callID, sourceLocation)
        expectContinuousSDP(entries, callID, sourceLocation)
    }
}

private func expectAnswersInACK(_ entries: [SIPLogEntry], _ callID: String, _ sourceLocation: SourceLocation) {
    for ack in entries where ack.method == "ACK" && !ack.isSent {
        let number = ack.cseq.prefix { $0 != " " }
        let cseq = "\(number) INVITE"
        guard let invite = entries.first(where: { $0.method == "INVITE" && !$0.isSent && $0.cseq == cseq }),
            let answer = entries.first(where: { $0.status.map { $0 >= 200 } == true && $0.isSent && $0.cseq == cseq })
        else { continue }
        let expectsAnswer = invite.audioPort == nil && answer.status == 200
        #expect(
            (ack.audioPort != nil) == expectsAnswer,
            "ACK of \(cseq) in \(callID): SDP \(expectsAnswer ? "missing" : "uncalled for")",
            sourceLocation: sourceLocation
        )
    }
}

private func expectRisingCSeq(_ entries: [SIPLogEntry], _ callID: String, _ sourceLocation: SourceLocation) {
    var last = 0
    for request in entries where !request.isSent && request.method != nil {
        guard request.method != "ACK", request.method != "CANCEL",
            let number = Int(request.cseq.prefix { $0 != " " })
        else { continue }
        #expect(number >= last, "CSeq in \(callID)", sourceLocation: sourceLocation)
        last = number
    }
}

private func expectContinuousSDP(_ entries: [SIPLogEntry], _ callID: String, _ sourceLocation: SourceLocation) {
    var last: (owner: [Substring], version: Int, content: String)?
    // Only the dialog's own tag: towards an unanswered caller, several may begin.
    let tag = entries.last { !$0.isSent && ($0.status.map { $0 >= 200 && $0 < 300 } ?? true) }?.daemonTag
    for entry in entries where !entry.isSent && entry.audioPort != nil && entry.daemonTag == tag {
        let lines = entry.body.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        guard let owner = lines.first(where: { $0.hasPrefix("o=") })?.split(separator: " "), owner.count == 6,
            let version = Int(owner[2])
        else {
            Issue.record("SDP without a proper o= line in \(callID): \(entry.body)", sourceLocation: sourceLocation)
            return
        }
        let content = lines.filter { !$0.hasPrefix("o=") }.joined(separator: "\n")
        let identity = Array(owner[0...1] + owner[3...])
        if let last {
            #expect(identity == last.owner, "o= in \(callID)", sourceLocation: sourceLocation)
            let step = content == last.content ? 0 : 1
            #expect(
                version == last.version + step,
                "SDP version in \(callID): \(last.content)\n-- became --\n\(content)",
                sourceLocation: sourceLocation
            )
        }
        last = (identity, version, content)
    }
}

extension SIPLogEntry {
    /// The tag of the side that is not sipp: in requests from it in From, in its responses in To.
    fileprivate var daemonTag: String? {
        header(method == nil ? "To" : "From")?.firstMatch(of: /tag=([^;>]+)/).map { String($0.1) }
    }
}
