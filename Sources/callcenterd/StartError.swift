import Glibc
import Management
import Store
import Transport

/// Why the daemon cannot start or go on, with the exit status that says what kind of trouble it is (sysexits.h).
struct StartError: Error, CustomStringConvertible {
    let description: String
    let status: Int32
    /// What the system said, where that is known.
    var errno: Int32?

    /// A socket, a file or another resource of the system cannot be had.
    static func system(_ what: String) -> StartError { StartError(description: what, status: EX_OSERR) }

    static func configuration(_ what: String) -> StartError { StartError(description: what, status: EX_CONFIG) }

    /// Puts the errors of the shells into words for the person at the terminal.
    init(_ error: any Error) {
        switch error {
        case let error as StartError: self = error
        case let error as BindError:
            self = .system("sip.listen: \(error)")
            errno = error.code
        case let error as TLSProblem: self = .configuration("\(error)")
        case let error as ManagementError:
            self = error.trouble == .unusable ? .configuration("\(error)") : .system("\(error)")
        case let error as StoreError: self = .system("db_url: \(error)")
        default: self.init(description: "\(error)", status: EX_SOFTWARE)
        }
    }

    private init(description: String, status: Int32) {
        self.description = description
        self.status = status
    }
}

extension BindError {
    /// The errno behind it, if there is one.
    fileprivate var code: Int32? {
        switch self {
        case .addressInUse: EADDRINUSE
        case .addressNotAvailable: EADDRNOTAVAIL
        case .notPermitted: EACCES
        case .system(_, _, let code): code
        case .notUDP, .tooManyListeners: nil
        }
    }
}
