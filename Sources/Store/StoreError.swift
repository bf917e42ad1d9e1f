/// What went wrong with a database, for people: which one, where, and what to do. Never holds a password.
package struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What the caller can do about it.
    package enum Kind: Sendable {
        /// The address in the configuration cannot be used.
        case address
        /// Somebody has to act first: file, permissions, tables, version.
        case unusable
        /// Its file cannot be opened now: it may be mounted late, or put in order.
        case unopened
        /// Locked, full or away: worth another try.
        case unavailable
        /// The database takes other records, but not this one.
        case refused
    }

    /// What there is to do about it here, besides.
    enum Detail: Sendable, Equatable {
        /// Another session holds a lock.
        case locked
        /// The encoding of the database lacks a character: this one, if it says so.
        case unencodable(String?)
    }

    package var kind: Kind
    var detail: Detail?
    /// The database as people know it, such as `sqlite:/var/lib/callcenterd/callcenterd.db`; empty if there is none
    /// yet.
    package var database: String
    /// What was wrong and what was expected.
    package var problem: String

    package init(_ kind: Kind, database: String = "", _ problem: String) {
        self.kind = kind
        self.database = database
        self.problem = problem
    }

    package var description: String { database.isEmpty ? problem : "\(database): \(problem)" }
}
