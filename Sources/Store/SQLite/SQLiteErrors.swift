import GRDB

extension StoreError {
    /// An error while the file was in use: another try may help, unless it is this one record.
    init(using name: String, _ error: any Error) {
        self.init(name, error) { code in
            switch code {
            case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG: .refused
            // Tables or columns are missing.
            case .SQLITE_ERROR: .unusable
            default: .unavailable
            }
        }
    }

    /// An error while the file was being opened.
    init(opening name: String, _ error: any Error) {
        self.init(name, error) { _ in .unusable }
    }

    private init(_ name: String, _ error: any Error, kind: (ResultCode) -> Kind) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError:
            self.init(kind(error.resultCode), database: name, Self.problem(error))
        default: self.init(.unavailable, database: name, "\(error)")
        }
    }

    private static func problem(_ error: DatabaseError) -> String {
        let message = error.message ?? "error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return "is locked by another program; end its transaction"
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN:
            return "cannot be written (\(message)); the user of callcenterd needs the file and its directory"
        case .SQLITE_FULL:
            return "the disk is full; make room"
        case .SQLITE_IOERR:
            return "cannot be read or written (\(message)); see to the disk"
        case .SQLITE_CORRUPT:
            return "is damaged (\(message)); restore it from a copy"
        case .SQLITE_NOTADB:
            return "is no SQLite database; move the file away, or choose another one"
        case .SQLITE_MISUSE:
            return "is closed"
        default:
            return message
        }
    }
}
