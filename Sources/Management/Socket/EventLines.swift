import NIOCore
import Synchronization

/// What an event is on the Unix socket: a JSON-RPC notification a line.
enum EventLines {
    /// `{"jsonrpc":"2.0","method":"agent","params":{"number":7,"time":…,"agent_id":…}}`, for a sign of life the method
    /// `alive`, at the end of a reader who was too slow `lost`.
    static func buffer(_ delivery: EventSubscription.Delivery) -> ByteBuffer {
        var bytes: [UInt8] = []
        switch delivery {
        case .events(let events):
            for numbered in events {
                append(numbered.event.kind, numbered.json, to: &bytes)
            }
        case .quiet: append("alive", [:], to: &bytes)
        case .lost(let count): append("lost", EventSubscription.lossReport(count), to: &bytes)
        }
        return ByteBuffer(bytes: bytes)
    }

    private static func append(_ method: String, _ params: JSONValue, to bytes: inout [UInt8]) {
        let notification: JSONValue = ["jsonrpc": "2.0", "method": .string(method), "params": params]
        notification.write(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }
}

/// A connection that may turn into a stream of events.
final class WatchingConnection: Sendable {
    private let events: EventHub
    private let current = Mutex<EventSubscription?>(nil)

    init(_ events: EventHub) { self.events = events }

    var subscription: EventSubscription? { current.withLock { $0 } }

    /// Subscribes, once: who asks again gets what he has.
    @Sendable func watch(_ filter: EventFilter) -> Bool {
        current.withLock { current in
            if current == nil { current = events.subscribe(filter) }
            return current != nil
        }
    }
}
