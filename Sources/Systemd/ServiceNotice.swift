/// One thing that a service tells its manager (sd_notify(3)).
package enum ServiceNotice: Sendable, Equatable {
    /// Everything is open, or a reload is over.
    case ready(status: String)
    /// One line for `systemctl status`.
    case status(String)
    /// The part that does the work is alive.
    case watchdog
    /// A reload begins; `microseconds` is CLOCK_MONOTONIC at that moment, so that the manager can tell which READY ends it.
    case reloading(microseconds: UInt64)
    case stopping(status: String)
    /// Starting or stopping takes longer: wait this much more before giving up.
    case extendTimeout(microseconds: UInt64)
    /// A descriptor that comes with it is to be kept over restarts.
    case store(name: String)
    /// Descriptors kept under this name are to be closed.
    case forget(name: String)
    /// The service ends because of an error: the system's own number for it, or the one that comes closest.
    case failed(errno: Int32, status: String)

    /// The lines of the protocol.
    var assignments: String {
        switch self {
        case .ready(let status): "READY=1\nSTATUS=\(Self.line(status))"
        case .status(let status): "STATUS=\(Self.line(status))"
        case .watchdog: "WATCHDOG=1"
        case .reloading(let microseconds): "RELOADING=1\nMONOTONIC_USEC=\(microseconds)"
        case .stopping(let status): "STOPPING=1\nSTATUS=\(Self.line(status))"
        case .extendTimeout(let microseconds): "EXTEND_TIMEOUT_USEC=\(microseconds)"
        case .store(let name): "FDSTORE=1\nFDNAME=\(Self.line(name))"
        case .forget(let name): "FDSTOREREMOVE=1\nFDNAME=\(Self.line(name))"
        case .failed(let errno, let status): "ERRNO=\(errno)\nSTATUS=\(Self.line(status))"
        }
    }

    /// A status has one line: what follows a line break would be read as another assignment.
    private static func line(_ text: String) -> String {
        String(text.map { $0.isNewline || $0 == "\0" ? " " : $0 })
    }
}
