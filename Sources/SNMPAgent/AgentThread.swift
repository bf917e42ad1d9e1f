import Glibc

/// A thread that runs one function to its end and gets no signals.
final class AgentThread: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    /// - Returns: whether it runs.
    func start() -> Bool {
        // A thread inherits the signals that are blocked. None is for this one: not those of the daemon, and not the
        // SIGPIPE of a master that has gone away.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        guard pthread_create(&thread, nil, agentThreadBody, context.toOpaque()) == 0 else {
            context.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    fileprivate func run() { body() }
}

private func agentThreadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<AgentThread>.fromOpaque(context).takeRetainedValue().run() }
    return nil
}
