import CPostgres

extension StoreError {
    /// What a result says that is an error.
    ///
    /// - Parameter result: nil if the connection broke before there was one.
    init(_ name: String, result: OpaquePointer?, connection: OpaquePointer) {
        guard let result, let state = Self.field("C", of: result) else {
            let message = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
            self.init(connecting: name, message)
            return
        }
        let message = Self.field("M", of: result) ?? "error \(state)"
        switch (state.prefix(2), state) {
        // untranslatable_character, character_not_in_repertoire
        case (_, "22P05"), (_, "22021"):
            self.init(.refused, database: name, message)
            detail = .unencodable(Self.character(in: message))
        case (_, "55P03"):
            self.init(.unavailable, database: name, "is locked by another session; end its transaction")
            detail = .locked
        // Bad data, a constraint, a limit, or what a trigger says.
        case ("22", _), ("23", _), ("54", _), ("P0", _):
            self.init(.refused, database: name, message)
        case (_, "42P01"), (_, "42703"), (_, "42P10"):
            self.init(.unusable, database: name, "\(message); to create what is missing: ccctl db migrate")
        case (_, "42501"):
            self.init(.unusable, database: name, "\(message); give the user of the URL the right to it")
        case ("42", _), ("0A", _), ("28", _), ("3D", _), ("3F", _):
            self.init(.unusable, database: name, message)
        case (_, "25006"):
            self.init(.unavailable, database: name, "is read-only: \(message)")
        default:
            self.init(.unavailable, database: name, message)
        }
    }

    /// A connection that could not be had, or broke.
    init(connecting name: String, _ message: String) {
        let lines = message.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
            .joined(separator: "; ")
        self.init(.unavailable, database: name, lines.isEmpty ? "the connection broke" : lines)
    }

    /// What the server says that it cannot write: `character with byte sequence 0xe6 0x97 0xa5 in encoding …`, in any language.
    private static func character(in message: String) -> String? {
        guard let bytes = message.firstMatch(of: /(?:0x[0-9a-fA-F]{2} ?)+/) else { return nil }
        let text = String(
            decoding: bytes.output.split(separator: " ").compactMap { UInt8($0.dropFirst(2), radix: 16) },
            as: UTF8.self
        )
        return text.isEmpty || text.contains("\u{FFFD}") ? nil : text
    }

    /// A field of an error by its letter (PG_DIAG_SQLSTATE and others, libpq manual 34.3.1).
    private static func field(_ letter: Unicode.Scalar, of result: OpaquePointer) -> String? {
        PQresultErrorField(result, Int32(letter.value)).map { String(cString: $0) }
    }
}
