package import Dispatch

/// A timer whose handler runs on a queue of its own.
package struct BackgroundTimer: Sendable {
    // Objects of libdispatch may be used from any thread, which the compiler is told nowhere else.
    nonisolated(unsafe) private let source: any DispatchSourceTimer

    package init(on queue: DispatchQueue) { source = DispatchSource.makeTimerSource(queue: queue) }

    package func setEventHandler(_ handler: @escaping @Sendable () -> Void) {
        source.setEventHandler(handler: handler)
    }

    package func schedule(
        deadline: DispatchTime,
        repeating interval: DispatchTimeInterval,
        leeway: DispatchTimeInterval = .nanoseconds(0)
    ) {
        source.schedule(deadline: deadline, repeating: interval, leeway: leeway)
    }

    package func activate() { source.activate() }

    package func cancel() { source.cancel() }
}
