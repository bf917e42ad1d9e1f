import CallCenter

/// What a call-detail record is in `cc_cdrs`: the columns of the reference and ours (CALLS.md section 5), in this
/// order.
enum RecordColumns {
    static let table = "cc_cdrs"
    /// Two records with the same values here are one record.
    static let key = ["call_uuid", "offer_number"]

    private static let columns: [(name: String, value: @Sendable (CallDetailRecord) -> ColumnValue)] = [
        ("caller", { .text($0.caller) }),
        ("received_timestamp", { .text(CivilTime($0.received).description) }),
        ("wait_time", { .integer(seconds($0.wait)) }),
        ("pickup_time", { .integer(seconds($0.pickup)) }),
        ("talk_time", { .integer(seconds($0.talk)) }),
        ("flow_id", { .text($0.flowID) }),
        ("agent_id", { $0.agentID.isEmpty ? .null : .text($0.agentID) }),
        ("call_type", { .integer(Int64($0.callType.rawValue)) }),
        ("rejected", { .integer(Int64($0.refusals)) }),
        ("fstats", { .integer(Int64($0.facts.rawValue)) }),
        ("cid", { .integer(Int64($0.callNumber)) }),
        ("media", { .integer(Int64($0.media.rawValue)) }),
        ("call_uuid", { .text($0.callUUID) }),
        ("offer_number", { .integer(Int64($0.offerNumber)) }),
        // A clock that was set back gives 0.
        ("wait_ms", { .integer(max(0, $0.wait)) }),
        ("pickup_ms", { .integer(max(0, $0.pickup)) }),
        ("talk_ms", { .integer(max(0, $0.talk)) }),
        ("caller_uri", { .text($0.callerURI) }),
        ("called_uri", { .text($0.calledURI) }),
        ("sip_status", { .integer(Int64($0.sipStatus)) }),
        ("cause", { .text($0.cause) }),
        ("ended_by", { .text($0.endedBy.rawValue) }),
        ("transferred_to", { $0.transferredTo.map(ColumnValue.text) ?? .null }),
        // A Call-ID holds no space (RFC 3261 section 25.1, callid).
        ("call_ids", { .text($0.callIDs.joined(separator: " ")) }),
    ]

    static let names = columns.map(\.name)

    static func values(of record: CallDetailRecord) -> [ColumnValue] { columns.map { $0.value(record) } }

    /// What a record is known by, without the caller.
    static func key(of record: CallDetailRecord) -> String {
        let known = key + ["cid", "flow_id", "received_timestamp"]
        return columns.filter { known.contains($0.name) }.map { "\($0.name)=\($0.value(record))" }
            .joined(separator: " ")
    }

    /// Every column with its value, for the log line of a record that no database took.
    static func text(of record: CallDetailRecord) -> String {
        columns.map { "\($0.name)=\($0.value(record))" }.joined(separator: " ")
    }

    /// Whole seconds, rounded down.
    private static func seconds(_ time: Milliseconds) -> Int64 { max(0, time) / 1_000 }
}
