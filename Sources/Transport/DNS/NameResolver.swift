internal import CAres
internal import NIOPosix
internal import SIP
internal import Synchronization

/// Asks the domain name system by c-ares, on a thread of its own.
final class NameResolver: Sendable {
    /// Records, and for how many seconds they hold; nil: there was no answer.
    typealias Reply = @Sendable ([DNSMessage.Answer]?) -> Void

    private struct Request {
        let question: DNSQuestion
        let reply: Reply
    }

    private struct State {
        var requests: [Request] = []
        var isStopping = false
    }

    // Only its thread uses it, but for the wake-up, which is made for others.
    private struct Handle: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private let handle: Handle
    private let state = Mutex(State())
    private let thread = NIOThreadPool(numberOfThreads: 1)

    /// - Parameter servers: addresses with ports; empty: those of /etc/resolv.conf.
    /// - Throws: if c-ares cannot be had, or does not like the servers.
    init(servers: [Endpoint]) throws {
        struct Unavailable: Error, CustomStringConvertible {
            var description: String { "the name resolver cannot be started" }
        }
        let list = servers.map {
            $0.address.isIPv4 ? "\($0.address):\($0.port)" : "[\($0.address)]:\($0.port)"
        }.joined(separator: ",")
        guard let pointer = cc_ares_open(list.isEmpty ? nil : list, 1_500, 3) else { throw Unavailable() }
        handle = Handle(pointer: pointer)
        thread.start()
        thread.submit { _ in self.work() }
    }

    /// Asks, from any thread; the reply comes on the resolver's.
    func ask(_ question: DNSQuestion, reply: @escaping Reply) {
        let isStopping = state.withLock { state in
            if !state.isStopping { state.requests.append(Request(question: question, reply: reply)) }
            return state.isStopping
        }
        if isStopping { reply(nil) } else { cc_ares_wake(handle.pointer) }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        cc_ares_wake(handle.pointer)
    }

    private func work() {
        while true {
            let (requests, isStopping) = state.withLock { state in
                defer { state.requests = [] }
                return (state.requests, state.isStopping)
            }
            if isStopping {
                for request in requests { request.reply(nil) }
                break
            }
            for request in requests { start(request) }
            cc_ares_wait(handle.pointer)
        }
        // Answers what is open with nothing.
        cc_ares_close(handle.pointer)
        thread.shutdownGracefully { _ in }
    }

    private func start(_ request: Request) {
        let context = Unmanaged.passRetained(Context(reply: request.reply)).toOpaque()
        switch request.question.kind {
        case .address: cc_ares_addresses(handle.pointer, request.question.name, takeAnswer, context)
        case .srv: cc_ares_query(handle.pointer, request.question.name, 33, takeAnswer, context)
        case .naptr: cc_ares_query(handle.pointer, request.question.name, 35, takeAnswer, context)
        }
    }

    fileprivate final class Context {
        let reply: Reply

        init(reply: @escaping Reply) { self.reply = reply }
    }
}

/// Status values of c-ares that are an answer: there is no such name, or no such record.
private let negative: Set<Int32> = [1, 4]

/// What c-ares calls on the resolver's thread.
private nonisolated func takeAnswer(
    _ context: UnsafeMutableRawPointer?,
    _ status: Int32,
    _ message: UnsafePointer<UInt8>?,
    _ length: Int,
    _ addresses: UnsafePointer<cc_ares_address>?,
    _ count: Int
) {
    guard let context else { return }
    let reply = Unmanaged<NameResolver.Context>.fromOpaque(context).takeRetainedValue().reply
    guard status == 0 else { return reply(negative.contains(status) ? [] : nil) }
    if let message, length > 0 {
        reply(DNSMessage(Array(UnsafeBufferPointer(start: message, count: length))).answers)
    } else {
        reply(
            UnsafeBufferPointer(start: addresses, count: count).map {
                DNSMessage.Answer(
                    record: .address(IPAddress(high: $0.high, low: $0.low)),
                    timeToLive: $0.ttl
                )
            }
        )
    }
}
