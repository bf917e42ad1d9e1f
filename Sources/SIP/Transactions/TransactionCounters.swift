/// What the transaction layer has seen and done since it was made.
package struct TransactionCounters: Hashable, Sendable {
    /// New requests, without retransmissions.
    package internal(set) var requestsReceived = MethodCounts()
    package internal(set) var requestsSent = MethodCounts()
    /// Responses that belong to a transaction, without retransmissions of final ones other than 2xx to INVITE.
    package internal(set) var responsesReceived = StatusCounts()
    /// Responses sent for the first time.
    package internal(set) var responsesSent = StatusCounts()
    /// Requests and responses that came again and were dealt with here.
    package internal(set) var retransmissionsReceived: UInt64 = 0
    /// Messages sent again, by a timer or because the peer asked again.
    package internal(set) var retransmissionsSent: UInt64 = 0
    /// Client transactions that got no final response in time.
    package internal(set) var timeouts: UInt64 = 0
    /// Client transactions that ended because the peer could not be reached.
    package internal(set) var transportFailures: UInt64 = 0
    /// INVITE server transactions whose final response was never acknowledged.
    package internal(set) var missingAcks: UInt64 = 0
    /// Server transactions that the user agent did not answer in time: a defect above this layer.
    package internal(set) var unanswered: UInt64 = 0
    /// Responses that belong to no transaction and were dropped.
    package internal(set) var strayResponses: UInt64 = 0
    /// Requests for which there was no room, ours and those of peers.
    package internal(set) var refused: UInt64 = 0
}

/// A number for each method.
package struct MethodCounts: Hashable, Sendable {
    private var counts = [UInt64](repeating: 0, count: Method.allCases.count)

    package internal(set) subscript(method: Method) -> UInt64 {
        get { counts[Int(method.rawValue)] }
        set { counts[Int(method.rawValue)] = newValue }
    }

    package var total: UInt64 { counts.reduce(0, +) }
}

/// A number for each class of responses: 1 provisional, 2 success, to 6.
package struct StatusCounts: Hashable, Sendable {
    private var counts = [UInt64](repeating: 0, count: 6)

    /// The responses of a class, 1 to 6; 0 for any other.
    package subscript(statusClass: Int) -> UInt64 { 1...6 ~= statusClass ? counts[statusClass - 1] : 0 }

    mutating func add(_ status: UInt16) {
        guard 100..<700 ~= status else { return }
        counts[Int(status / 100) - 1] &+= 1
    }

    package var total: UInt64 { counts.reduce(0, +) }
}
