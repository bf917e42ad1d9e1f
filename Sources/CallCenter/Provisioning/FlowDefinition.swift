/// A flow (queue) as it is provisioned: one row of `cc_flows`, names and meaning as in the reference manual, 1.2.2.
/// What is asked for each call comes first, side by side (see `FlowEntry`).
package struct FlowDefinition: Sendable, Equatable {
    /// Unique name, case-sensitive.
    package var id: String
    /// A smaller number is more urgent.
    package var priority: Int
    /// Upper limit of every agent's wrap-up after a call of this flow; nil: no limit.
    package var maxWrapup: Milliseconds?
    /// An answer within this time counts as in time; nil: the global threshold.
    package var serviceLevelThreshold: Milliseconds?
    package var onNoAgents: NoAgentsPolicy
    /// A flow ID or SIP URI where callers go when nobody comes.
    package var overflowURI: String?
    package var dissuading: Dissuading?
    /// What an agent must be able to do to serve this flow.
    package var skill: String
    /// Put before the caller's name on the agent's display.
    package var prependCID: String?
    /// SIP URI of the welcome; nil: callers go straight to distribution.
    package var messageWelcome: String?
    /// SIP URI of the endless music on hold.
    package var messageQueue: String
    /// SIP URI that an agent hears before he is connected.
    package var messageFlowID: String?
    /// Longest wait before the call is given up; nil: the global `max_wait`.
    package var maxWait: Milliseconds?

    /// Whether callers who overflow go to a SIP URI, and not to a flow.
    package static func isAddress(_ target: String) -> Bool {
        let scheme = target.prefix { $0 != ":" }.lowercased()
        return target.contains(":") && (scheme == "sip" || scheme == "sips")
    }

    /// What is wrong with `overflowURI`, for people; nil: nothing.
    ///
    /// - Parameter isThere: whether there is a flow of an ID.
    package func overflowProblem(isThere: (String) -> Bool) -> String? {
        guard let target = overflowURI, !Self.isAddress(target) else { return nil }
        let outcome = "its callers are refused when they would overflow"
        if target == id { return "overflow_uri is the flow itself: \(outcome)" }
        return isThere(target) ? nil : "overflow_uri: there is no flow \"\(target)\": \(outcome)"
    }

    /// What tells callers that waiting may be in vain (CALLS.md section 3).
    package struct Dissuading: Sendable, Equatable {
        /// SIP URI of the message.
        package var message: String
        /// End the call after the message.
        package var hangsUp: Bool
        /// After this time on hold; nil: never.
        package var onHoldThreshold: Milliseconds?
        /// On arrival, if the estimated wait is longer; nil: never.
        package var estimatedWaitThreshold: Milliseconds?
        /// On arrival, if as many calls wait; nil: never.
        package var queueSizeThreshold: Int?

        package init(
            message: String,
            hangsUp: Bool = false,
            onHoldThreshold: Milliseconds? = nil,
            estimatedWaitThreshold: Milliseconds? = nil,
            queueSizeThreshold: Int? = nil
        ) {
            self.message = message
            self.hangsUp = hangsUp
            self.onHoldThreshold = onHoldThreshold
            self.estimatedWaitThreshold = estimatedWaitThreshold
            self.queueSizeThreshold = queueSizeThreshold
        }
    }

    /// Where waiting callers go when the last agent of their flow logs off.
    package enum NoAgentsPolicy: String, Sendable {
        case keep, overflow
    }

    package init(
        id: String,
        priority: Int = 256,
        skill: String,
        prependCID: String? = nil,
        maxWrapup: Milliseconds? = nil,
        messageWelcome: String? = nil,
        messageQueue: String,
        messageFlowID: String? = nil,
        dissuading: Dissuading? = nil,
        maxWait: Milliseconds? = nil,
        overflowURI: String? = nil,
        onNoAgents: NoAgentsPolicy = .keep,
        serviceLevelThreshold: Milliseconds? = nil
    ) {
        self.id = id
        self.priority = priority
        self.skill = skill
        self.prependCID = prependCID
        self.maxWrapup = maxWrapup
        self.messageWelcome = messageWelcome
        self.messageQueue = messageQueue
        self.messageFlowID = messageFlowID
        self.dissuading = dissuading
        self.maxWait = maxWait
        self.overflowURI = overflowURI
        self.onNoAgents = onNoAgents
        self.serviceLevelThreshold = serviceLevelThreshold
    }
}
