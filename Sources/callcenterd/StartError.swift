import Glibc
import Management
import Settings
import Store
import Transport

/// Why the daemon cannot start or go on, with the exit status that says what kind of trouble it is (sysexits.h).
struct StartError: Error, CustomStringConvertible {
    let description: String
    let status: Int32
    /// What the system said, or what comes closest: the service manager is told a number whatever has failed.
    let errno: Int32

    /// A socket, a file or another resource of the system cannot be had.
    static func system(_ what: String, errno: Int32 = EIO) -> StartError {
        StartError(description: what, status: EX_OSERR, errno: errno)
    }

    static func configuration(_ what: String) -> StartError {
        StartError(description: what, status: EX_CONFIG, errno: EINVAL)
    }

    /// Puts the errors of the shells into words for the person at the terminal.
    ///
    /// - Parameter file: the configuration file; a mistake in a file that it names begins with where it does so.
    init(_ error: any Error, file: String) {
        func place(_ key: String) -> String { Configuration.place(of: key, file: file).map { "\($0): " } ?? "" }
        switch error {
        case let error as StartError: self = error
        case let error as BindError: self = .system("sip.listen: \(error)", errno: error.code)
        case let error as TLSProblem: self = .configuration("\(place(error.key))\(error)")
        case let error as ManagementError:
            self =
                error.trouble == .unusable
                ? .configuration("\(place(error.key))\(error)") : .system("\(error)", errno: error.code)
        case let error as StoreError: self = .system("db_url: \(error)", errno: error.code)
        // What nobody has thought of: this process has no way on.
        default: self.init(description: "\(error)", status: EX_SOFTWARE, errno: ENOTRECOVERABLE)
        }
    }

    private init(description: String, status: Int32, errno: Int32) {
        self.description = description
        self.status = status
        self.errno = errno
    }
}

extension StoreError {
    fileprivate var code: Int32 {
        switch kind {
        case .address: EINVAL
        case .unusable, .unopened: ENOTSUP
        case .unavailable: EAGAIN
        case .refused: EIO
        }
    }
}
