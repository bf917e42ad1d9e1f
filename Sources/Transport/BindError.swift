internal import Glibc
package import SIP

/// Why a listener could not be opened, in words for the person who starts the program.
package enum BindError: Error, Equatable {
    /// Another process, or another listener of ours, has the port.
    case addressInUse(Endpoint)
    /// No interface of this machine has the address.
    case addressNotAvailable(Endpoint)
    /// The port needs a privilege that the process does not have.
    case notPermitted(Endpoint)
    /// This transport carries UDP; the endpoint names another protocol.
    case notUDP(Endpoint)
    /// There are more listeners than a `ListenerID` can number.
    case tooManyListeners(count: Int, limit: Int)
    /// Anything else that the system refused: the call and its errno.
    case system(Endpoint, call: String, code: Int32)

    init(_ endpoint: Endpoint, call: String, code: Int32) {
        switch code {
        case EADDRINUSE: self = .addressInUse(endpoint)
        case EADDRNOTAVAIL: self = .addressNotAvailable(endpoint)
        case EACCES, EPERM: self = .notPermitted(endpoint)
        default: self = .system(endpoint, call: call, code: code)
        }
    }
}

extension BindError {
    /// The system's number for it (errno(3)).
    package var code: Int32 {
        switch self {
        case .addressInUse: EADDRINUSE
        case .addressNotAvailable: EADDRNOTAVAIL
        case .notPermitted: EACCES
        case .system(_, _, let code): code
        case .notUDP: EPROTONOSUPPORT
        case .tooManyListeners: EMFILE
        }
    }
}

extension BindError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .addressInUse(let endpoint):
            "address already in use: \(endpoint); another SIP server?"
        case .addressNotAvailable(let endpoint):
            "no such address on this machine: \(endpoint)"
        case .notPermitted(let endpoint):
            "not permitted to open \(endpoint); ports below 1024 need CAP_NET_BIND_SERVICE"
        case .notUDP(let endpoint):
            "cannot open \(endpoint): only udp is supported here"
        case .tooManyListeners(let count, let limit):
            "\(count) listeners, and no more than \(limit) are supported"
        case .system(let endpoint, let call, let code):
            "cannot open \(endpoint): \(call): \(String(cString: strerror(code)))"
        }
    }
}
