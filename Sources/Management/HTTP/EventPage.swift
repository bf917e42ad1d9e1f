import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// `GET /events`: agent and call events as server-sent events (HTML Living Standard, section 9.2).
///
/// `?kind=agent&agent=anna&flow=support` picks, each as often as one likes. There is no memory: a reader who comes back
/// (`Last-Event-ID`) gets what happens from then on.
struct EventPage: Sendable {
    let events: EventHub
    /// Between signs of life.
    let pause: Duration

    /// - Parameter mayWatch: asked again before anything is written: a stream may outlive the token that opened it.
    func respond(to request: Request, mayWatch: @escaping @Sendable () -> Bool) -> Response {
        var filter = EventFilter()
        for (key, value) in request.uri.queryParameters {
            let value = String(value)
            switch key {
            case "kind" where EventFilter.kindNames.contains(value): filter.kinds.append(value)
            case "kind":
                return .text(.badRequest, "no such kind; expected \(EventFilter.kindNames.joined(separator: " or "))")
            case "agent": filter.agentIDs.append(value)
            case "flow": filter.flowIDs.append(value)
            default: return .text(.badRequest, "no parameter of this name; expected kind, agent or flow")
            }
        }
        let fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        guard request.method == .get else { return Response(status: .ok, headers: fields) }
        guard let subscription = events.subscribe(filter) else {
            return .text(.serviceUnavailable, "too many watch events already", [.retryAfter: "30"])
        }
        return Response(
            status: .ok,
            headers: fields,
            body: .init { [pause] writer in
                // So that the reader knows at once that it is connected.
                try await writer.write(ByteBuffer(string: "retry: 5000\n: watching\n\n"))
                try await subscription.follow(pause: pause) { delivery in
                    guard mayWatch() else {
                        subscription.end()
                        return
                    }
                    try await writer.write(Self.buffer(delivery))
                }
                try await writer.finish(nil)
            }
        )
    }

    /// `event: agent`, `id: 7`, `data: {…}`; `event: lost` at the end of a reader who was too slow.
    private static func buffer(_ delivery: EventSubscription.Delivery) -> ByteBuffer {
        var bytes: [UInt8] = []
        switch delivery {
        case .events(let events):
            for numbered in events {
                bytes.append(contentsOf: "event: \(numbered.event.kind)\nid: \(numbered.number)\ndata: ".utf8)
                numbered.event.json.write(into: &bytes)
                bytes.append(contentsOf: "\n\n".utf8)
            }
        case .quiet: bytes.append(contentsOf: ": alive\n\n".utf8)
        case .lost(let count):
            bytes.append(contentsOf: "event: lost\ndata: ".utf8)
            EventSubscription.lossReport(count).write(into: &bytes)
            bytes.append(contentsOf: "\n\n".utf8)
        }
        return ByteBuffer(bytes: bytes)
    }
}
