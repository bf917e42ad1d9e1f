import CallCenter
import SIP

/// The table of detail records behind a writer that fails: batches are refused, or taken while the writer believes they were not
/// and sends them again. The key makes that harmless (CALLS.md section 5).
struct RecordStore {
    struct Key: Hashable {
        let call: String
        let offer: Int
    }

    private var table: [Key: CallDetailRecord] = [:]
    private var backlog: [CallDetailRecord] = []
    private(set) var finals = 0
    private(set) var refusals = 0
    private(set) var answered = 0

    var backlogCount: Int { backlog.count }

    mutating func add(_ record: CallDetailRecord) { backlog.append(record) }

    /// One attempt of the writer's. What is wrong with the rows; empty if nothing is.
    mutating func write(failing percent: Int, _ random: inout SeededGenerator) -> [String] {
        guard !backlog.isEmpty else { return [] }
        let isLost = random.happens(percent)
        if isLost, random.happens(50) { return [] }
        var broken: [String] = []
        for record in backlog {
            let key = Key(call: record.callUUID, offer: record.offerNumber)
            if let known = table.updateValue(record, forKey: key) {
                if known != record {
                    broken.append("two records of call \(record.callNumber), offer \(record.offerNumber)")
                }
                continue
            }
            // A call that is handed on into another flow is one in each.
            if record.offerNumber == 0 || record.callType == .answered { finals += 1 }
            if record.callType == .refused { refusals += 1 }
            if record.callType == .answered { answered += 1 }
        }
        if !isLost { backlog.removeAll(keepingCapacity: true) }
        return broken
    }
}
