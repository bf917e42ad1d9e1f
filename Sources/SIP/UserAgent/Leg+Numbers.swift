/// CSeqs of the peer: each tag that an unanswered INVITE was answered with is a dialog of its own to him, with numbers of its own
/// (RFC 3261 sections 12.1.2 and 12.2.2).
extension Leg {
    /// Notes the CSeq of a request of the peer's; false if one with that number, or a higher one, has come in its dialog.
    func takesNumber(of request: Message) -> Bool {
        let number = request.cseq.number
        guard let tag = request.to.tag, let place = placeAmongEarlier(tag, of: request) else {
            if let last = dialog.remoteCSeq, number <= last { return false }
            dialog.remoteCSeq = number
            return true
        }
        if earlierCSeqs.indices.contains(place) {
            if let last = earlierCSeqs[place], number <= last { return false }
            earlierCSeqs[place] = number
        }
        return true
    }

    /// Forgets a tag from before the one of now, if it is one.
    func forgetEarlier(_ tag: ByteRange, of request: Message) -> Bool {
        guard let place = placeAmongEarlier(tag, of: request) else { return false }
        earlierTags.remove(at: place)
        if earlierCSeqs.indices.contains(place) { earlierCSeqs.remove(at: place) }
        return true
    }

    private func placeAmongEarlier(_ tag: ByteRange, of request: Message) -> Int? {
        guard phase == .invited, !earlierTags.isEmpty, let token = Token(parsing: request.bytes[tag]) else {
            return nil
        }
        return earlierTags.firstIndex(of: token)
    }
}
