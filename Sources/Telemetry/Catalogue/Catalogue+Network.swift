import CallCenter

/// How the way in from the network fares: overload, floods, challenges, UDP, TCP and TLS.
extension Catalogue {
    static let network: [Statistic] = [
        Statistic(
            "ccg_sip_overloaded",
            .realtime,
            metric: "callcenter_sip_overloaded",
            states: ["no", "yes"],
            help: "1 while new calls are refused because there is too much to do.",
            .global { .gauge($0.process.admission.isOverloaded ? 1 : 0) }
        ),
        Statistic(
            "ccg_sip_overloads",
            .counter,
            metric: "callcenter_sip_overloads_total",
            help: "How often overload has begun.",
            .global { .count($0.process.admission.overloads) }
        ),
        Statistic(
            "ccg_sip_floods",
            .counter,
            metric: "callcenter_sip_flood_datagrams_total",
            help: "Requests and datagrams beyond what their source may send.",
            .global { .count($0.process.admission.flooding) }
        ),
        Statistic(
            "ccg_sip_challenges",
            .counter,
            metric: "callcenter_sip_challenges_total",
            help: "Requests of strangers that were answered with 401.",
            .global { .count($0.process.admission.challenged) }
        ),
        Statistic(
            "ccg_datagrams",
            .counter,
            metric: "callcenter_sip_datagrams_total",
            label: "direction",
            parts: ["received", "sent", "dropped", "overrun"],
            help: "SIP datagrams over UDP; dropped are those that could not be sent, overrun those that the kernel "
                + "threw away because we did not read them in time.",
            .global {
                let datagrams = $0.process.datagrams
                return .counts([
                    NamedCount("received", datagrams.received), NamedCount("sent", datagrams.sent),
                    NamedCount("dropped", datagrams.dropped), NamedCount("overrun", datagrams.overrun),
                ])
            }
        ),
        Statistic(
            "ccg_streams",
            .realtime,
            metric: "callcenter_sip_streams",
            help: "SIP connections over TCP and TLS.",
            .global { .gauge($0.process.streams.connections) }
        ),
        Statistic(
            "ccg_streams_opened",
            .counter,
            metric: "callcenter_sip_streams_opened_total",
            label: "by",
            parts: ["peer", "us"],
            help: "SIP connections over TCP and TLS, by who has made them.",
            .global {
                let streams = $0.process.streams
                return .counts([NamedCount("peer", streams.accepted), NamedCount("us", streams.connected)])
            }
        ),
        Statistic(
            "ccg_streams_failed",
            .counter,
            metric: "callcenter_sip_streams_failed_total",
            label: "reason",
            parts: ["connect", "handshake", "refused", "broken", "expired", "congested"],
            help: "SIP connections that came to nothing or were closed by us: not to be made, TLS failed, too many, "
                + "no SIP on it, silent, or not read by the peer.",
            .global {
                let streams = $0.process.streams
                return .counts([
                    NamedCount("connect", streams.connectFailures),
                    NamedCount("handshake", streams.handshakeFailures),
                    NamedCount("refused", streams.refused),
                    NamedCount("broken", streams.broken),
                    NamedCount("expired", streams.expired),
                    NamedCount("congested", streams.congested),
                ])
            }
        ),
        Statistic(
            "ccg_stream_messages",
            .counter,
            metric: "callcenter_sip_stream_messages_total",
            label: "direction",
            parts: ["received", "sent", "dropped"],
            help: "SIP messages over TCP and TLS; dropped are those that could not be sent.",
            .global {
                let streams = $0.process.streams
                return .counts([
                    NamedCount("received", streams.received), NamedCount("sent", streams.sent),
                    NamedCount("dropped", streams.dropped),
                ])
            }
        ),
    ]
}
