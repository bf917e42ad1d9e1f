/// Requests of ours inside a dialog that are no INVITE: sent, remembered until their final response, and told apart by what they
/// are for.
extension UserAgent {
    /// False if it could not be sent; nothing will be heard of it then.
    @discardableResult
    mutating func sendRequest(
        _ method: Method,
        on leg: Leg,
        purpose: Leg.Purpose,
        body: MessageBody? = nil,
        fields: [Leg.Field] = [],
        maxForwards: UInt8 = 70,
        attempts: Int = 0
    ) -> Bool {
        guard leg.requests.count < Leg.maximumRequests, let destination = leg.dialog.nextHop,
            let (transaction, branch) = transactions.reserveClient(owner: leg.id.owner)
        else { return false }
        leg.dialog.localCSeq += 1
        let proofs = authorization(for: method, on: leg)
        let request = leg.dialog.request(
            method,
            cseq: leg.dialog.localCSeq,
            branch: branch,
            product: configuration.product,
            body: body,
            maxForwards: maxForwards
        ) { writer in
            if method == .update { writeSessionTimer(of: leg, to: &writer) }
            for field in fields + proofs { field.write(to: &writer) }
        }
        leg.requests.append(
            Leg.Request(
                transaction: transaction,
                method: method,
                purpose: purpose,
                body: body,
                fields: fields,
                maxForwards: maxForwards,
                attempts: attempts
            )
        )
        start(
            transaction,
            method,
            request,
            to: destination,
            from: leg.dialog.listener,
            facts: RequestFacts(
                sequence: leg.dialog.localCSeq,
                callID: leg.dialog.callID,
                hasBody: body.map { !$0.bytes.isEmpty } ?? false
            ),
            heardFrom: leg.dialog.heardFrom,
            elsewhere: leg.dialog.elsewhere
        )
        return true
    }

    /// A response to one of them; `nil` if none came: then `status` says what that counts as.
    mutating func answered(
        _ transaction: ClientTransactionID,
        by response: Message?,
        status: Int,
        of leg: Leg
    ) {
        guard status == Self.unreachable || status >= 200,
            let index = leg.requests.firstIndex(where: { $0.transaction == transaction })
        else { return }
        let request = leg.requests.remove(at: index)
        guard !leg.isAbandoned else {
            if case .passing(let original) = request.purpose { passed(original, status: 480) }
            return
        }
        if case .acknowledging(let acknowledged) = request.purpose {
            if learn(from: response, status: status, attempts: request.attempts, of: leg) {
                sendPrack(acknowledged, of: leg, attempts: request.attempts + 1)
            }
            return
        }
        if learn(from: response, status: status, attempts: request.attempts, of: leg),
            sendRequest(
                request.method,
                on: leg,
                purpose: request.purpose,
                body: request.body,
                fields: request.fields,
                maxForwards: request.maxForwards,
                attempts: request.attempts + 1
            )
        {
            return
        }
        switch request.purpose {
        case .refresh:
            guard let response else {
                if status == 408 { lose(leg) }
                return
            }
            refreshed(by: response, status: status, of: leg)
        case .probe: probed(status: status, of: leg)
        case .passing(let original):
            // His dialog is alive, whatever has become of the other.
            let isGone = status == 408 || status == 481
            passed(original, status: isGone ? 480 : status)
            // RFC 3261 section 12.2.1.2. Whoever has not acknowledged our 2xx may not have it yet, and knows no dialog.
            if isGone, !leg.$accepted { lose(leg) }
        case .notification, .acknowledging: break
        }
    }
}

extension Leg {
    /// A request of ours that has no final response yet.
    struct Request {
        let transaction: ClientTransactionID
        let method: Method
        let purpose: Purpose
        let body: MessageBody?
        let fields: [Field]
        var maxForwards: UInt8 = 70
        /// How often it was sent again because it was challenged.
        let attempts: Int
    }

    enum Purpose {
        /// An UPDATE that refreshes the session.
        case refresh
        /// An OPTIONS that asks whether the peer is alive.
        case probe
        /// A NOTIFY: whatever its answer, at most the subscription ends with it (RFC 5057 section 5.1).
        case notification
        /// What came on another leg.
        case passing(PeerRequest)
        /// A PRACK, which belongs to an early dialog.
        case acknowledging(ReliableResponse)

        var isProbe: Bool {
            if case .probe = self { true } else { false }
        }
    }

    /// A header field of a request of ours.
    struct Field {
        let name: HeaderName
        /// The name of one that we have no case for.
        var spelling: [UInt8] = []
        let value: [UInt8]

        func write(to writer: inout MessageWriter) {
            if name == .other {
                writer.field(named: spelling, value)
            } else {
                writer.field(name, value)
            }
        }
    }

    /// More requests than that at once are not sent on one leg.
    static let maximumRequests = 16
}
