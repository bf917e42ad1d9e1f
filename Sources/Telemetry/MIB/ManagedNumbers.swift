import CallCenter

/// The last number in the OID of each object: its place in these lists, from 1.
///
/// Managers all over the world remember these numbers. So a new object goes to the end, and one that is gone leaves its
/// place to `-`. An object that is in the catalogue and not here is a failing test.
enum ManagedNumbers {
    static let scalars = List(
        ManagedObjects.scalars,
        order: """
            ccgBuild ccgStartTime ccgDiscontinuityTime ccgInternalDispatching ccgFlows ccgAgents
            ccgIncalls ccgAwt ccgLoad ccgDistributedIncalls ccgAnsweredIncalls ccgAbandonnedIncalls ccgOnholdCalls
            ccgFreeAgents ccgLoggedAgents ccgQueuedCalls ccgOfferingCalls ccgTalkingCalls ccgLongestWait
            ccgRestoredCalls ccgRepairs
            ccgFailedIncallsDissuaded ccgFailedIncallsMaxWait ccgFailedIncallsOverflow ccgFailedIncallsOperator
            ccgFailedIncallsMedia ccgFailedIncallsInternal
            ccgHandleCall1 ccgHandleCallMinus1 ccgHandleCallMinus2 ccgHandleCallMinus3 ccgHandleCallMinus4
            ccgHandleCallMinus5 ccgRejectedAdmissionsUntrusted ccgRejectedAdmissionsOverloaded ccgMediaFailures
            ccgLoopDelayCount ccgLoopDelaySum ccgSipTransactions ccgSipDialogs ccgSipParseErrors ccgSipTimeouts
            ccgSipRetransmissionsReceived ccgSipRetransmissionsSent
            ccgSipRequestsReceivedINVITE ccgSipRequestsReceivedACK ccgSipRequestsReceivedBYE
            ccgSipRequestsReceivedCANCEL ccgSipRequestsReceivedOPTIONS ccgSipRequestsReceivedREGISTER
            ccgSipRequestsReceivedPRACK ccgSipRequestsReceivedUPDATE ccgSipRequestsReceivedINFO
            ccgSipRequestsReceivedREFER ccgSipRequestsReceivedNOTIFY ccgSipRequestsReceivedSUBSCRIBE
            ccgSipRequestsReceivedMESSAGE ccgSipRequestsReceivedPUBLISH ccgSipRequestsReceivedOther
            ccgSipRequestsSentINVITE ccgSipRequestsSentACK ccgSipRequestsSentBYE ccgSipRequestsSentCANCEL
            ccgSipRequestsSentOPTIONS ccgSipRequestsSentREGISTER ccgSipRequestsSentPRACK ccgSipRequestsSentUPDATE
            ccgSipRequestsSentINFO ccgSipRequestsSentREFER ccgSipRequestsSentNOTIFY ccgSipRequestsSentSUBSCRIBE
            ccgSipRequestsSentMESSAGE ccgSipRequestsSentPUBLISH ccgSipRequestsSentOther
            ccgSipResponsesReceived1xx ccgSipResponsesReceived2xx ccgSipResponsesReceived3xx
            ccgSipResponsesReceived4xx ccgSipResponsesReceived5xx ccgSipResponsesReceived6xx
            ccgSipResponsesSent1xx ccgSipResponsesSent2xx ccgSipResponsesSent3xx ccgSipResponsesSent4xx
            ccgSipResponsesSent5xx ccgSipResponsesSent6xx
            ccgStoreBacklog ccgCdrsWritten ccgCdrsLost ccgProvisioningStale
            ccgSnmpConnected ccgSnmpConnectFailures ccgSnmpRequests ccgNotificationsSent ccgNotificationsSuppressed
            ccgCdrsRefused ccgStoreUp ccgJournalBytes ccgJournalDamaged ccgJournalFailing
            ccgSipOverloaded ccgSipOverloads ccgSipFloods ccgSipChallenges ccgStreams ccgStreamsOpenedPeer
            ccgStreamsOpenedUs ccgStreamsFailedConnect ccgStreamsFailedHandshake ccgStreamsFailedRefused
            ccgStreamsFailedBroken ccgStreamsFailedExpired ccgStreamsFailedCongested
            ccgStreamMessagesReceived ccgStreamMessagesSent ccgStreamMessagesDropped
            ccgDatagramsReceived ccgDatagramsSent ccgDatagramsDropped ccgDatagramsOverrun ccgProtectionMismatches
            ccgConnectionsRefusedHttp ccgConnectionsRefusedMi
            """
    )

    /// 1 is `ccfIndex`, which is not readable by itself.
    static let flows = List(
        ManagedObjects.flows,
        order: """
            -
            ccfId ccfPriority ccfSkill ccfQueuedCalls ccfOnholdCalls ccfOfferingCalls ccfTalkingCalls
            ccfLoggedAgents ccfFreeAgents ccfLoad ccfLongestWait ccfEtw ccfAwt ccfServiceLevel
            ccfIncalls ccfDistIncalls ccfAnswIncalls ccfAbanIncalls ccfOnholdIncalls ccfAnswInTime ccfRestoredCalls
            ccfFailedIncallsDissuaded ccfFailedIncallsMaxWait ccfFailedIncallsOverflow ccfFailedIncallsOperator
            ccfFailedIncallsMedia ccfFailedIncallsInternal
            ccfWaitTimeCount ccfWaitTimeSum ccfRingTimeCount ccfRingTimeSum ccfTalkTimeCount ccfTalkTimeSum
            ccfServiceLevelThreshold ccfAverageCallDuration ccfRemoved
            """
    )

    /// 1 is `ccaIndex`, which is not readable by itself.
    static let agents = List(
        ManagedObjects.agents,
        order: """
            -
            ccaId ccaLoggedIn ccaState ccaStateAge ccaFlow ccaWrapupLeft ccaDistIncalls ccaAnswIncalls ccaAbanIncalls
            ccaAtt
            ccaRefusalsBusy ccaRefusalsNoAnswer ccaRefusalsDeclined ccaRefusalsUnreachable ccaRefusalsRedirected
            ccaRefusalsMedia ccaRefusalsFailed
            ccaLocation ccaSkills ccaStateSince ccaRemoved ccaNoAnswerLogoffs
            """
    )

    /// Objects by number.
    struct List<Subject: Sendable>: Sendable {
        struct Entry: Sendable {
            let number: UInt32
            let object: ManagedObject<Subject>
        }

        /// In ascending order of the numbers.
        let entries: [Entry]
        /// Objects that have no number yet.
        let unnumbered: [String]
        /// By number: the position in `entries`, -1 where there is none.
        private let positions: [Int]

        init(_ objects: [ManagedObject<Subject>], order: String) {
            let names = order.split(whereSeparator: \.isWhitespace)
            var entries: [Entry] = []
            var positions = [-1]
            for (place, name) in names.enumerated() {
                let object = objects.first { $0.name == name }
                positions.append(object == nil ? -1 : entries.count)
                if let object { entries.append(Entry(number: UInt32(clamping: place + 1), object: object)) }
            }
            self.entries = entries
            self.positions = positions
            unnumbered = objects.map(\.name).filter { !names.contains($0[...]) }
        }

        subscript(number: UInt32) -> ManagedObject<Subject>? {
            guard number < positions.count, positions[Int(number)] >= 0 else { return nil }
            return entries[positions[Int(number)]].object
        }

        /// Position of the first entry whose number is this one or a later one; behind the last one if there is none.
        func position(notBelow number: UInt32) -> Int {
            guard number < positions.count else { return entries.count }
            return positions[Int(number)...].first { $0 >= 0 } ?? entries.count
        }

        func number(of name: String) -> UInt32? { entries.first { $0.object.name == name }?.number }
    }
}
