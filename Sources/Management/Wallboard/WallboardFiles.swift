import CWeb
import HTTPTypes
import Hummingbird
import NIOCore

/// The files that the wallboard is made of. They hold no data of the call centre.
enum WallboardFiles {
    struct File: Sendable {
        let path: String
        let type: String
        let content: ByteBuffer
    }

    static let all: [File] = {
        var count = 0
        let first = cweb_files(&count)
        return UnsafeBufferPointer(start: first, count: count).map { file in
            let bytes = UnsafeBufferPointer(start: file.bytes, count: file.size).map { UInt8(bitPattern: $0) }
            return File(
                path: String(cString: file.path),
                type: String(cString: file.type),
                content: ByteBuffer(bytes: bytes)
            )
        }
    }()

    /// The page loads its own files and talks to its own origin, nothing else; it cannot be framed; no form is sent by the
    /// browser itself, so that a token never gets into a URL.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'"

    static func response(_ file: File) -> Response {
        let more = [
            ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
        ]
        // The files belong to one version of the program, and change with it.
        var fields: HTTPFields = [.contentType: file.type, .cacheControl: "no-cache"]
        for (name, value) in more {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(status: .ok, headers: fields, body: .init(byteBuffer: file.content))
    }
}
