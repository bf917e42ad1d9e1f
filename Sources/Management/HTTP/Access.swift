import HTTPTypes
import Hummingbird
import NIOCore

/// What a request brings besides itself.
struct HTTPContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let peer: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress
    }
}

/// Who may have what (DESIGN.md section 3): without a token /metrics and the health pages only, and, where no tokens
/// are configured at all, what a peer on this machine may look at. A token is never looked for in a URL.
struct Access: Sendable {
    /// The cookie that carries a token for browsers.
    static let cookie = "callcenterd"

    /// nil: none are configured.
    var tokens: TokenStore?
    /// Whether /metrics asks for a token.
    var protectsMetrics = false

    /// Why somebody does not get something.
    struct Denial: Error {
        var status: HTTPResponse.Status
        var reason: String
        /// A token was shown, and it is nobody's.
        var isWrongToken = false
    }

    /// Who asks, for something that needs a token with this scope.
    ///
    /// - Parameter isOpenHere: without any tokens configured, peers on this machine get it all the same.
    func requester(
        _ request: Request,
        _ context: HTTPContext,
        needs scope: Scope,
        isOpenHere: Bool = false
    ) throws(Denial) -> Requester {
        guard let tokens else {
            guard isOpenHere, isFromHere(request, context) else {
                throw Denial(status: .forbidden, reason: "only with a token, and http.token_file names none")
            }
            return .unknown
        }
        guard let (token, isCookie) = Self.token(of: request.headers) else {
            throw Denial(status: .unauthorized, reason: "expected a token: Authorization: Bearer TOKEN")
        }
        guard let requester = tokens.requester(presenting: token) else {
            throw Denial(status: .unauthorized, reason: "this token is not known", isWrongToken: true)
        }
        // SameSite=Strict keeps other sites from using the cookie; a browser that does not know it still says whose
        // page asks.
        guard !isCookie || Self.isSameOrigin(request) else {
            throw Denial(status: .forbidden, reason: "a page of another site asks")
        }
        guard requester.scope >= scope else {
            throw Denial(status: .forbidden, reason: "needs the scope \(scope.rawValue)")
        }
        return requester
    }

    /// Whether whoever asked would get it now, as `requester` decides.
    func permits(_ request: Request, _ context: HTTPContext, _ scope: Scope, isOpenHere: Bool) -> Bool {
        (try? requester(request, context, needs: scope, isOpenHere: isOpenHere)) != nil
    }

    /// Whether the files of the wallboard are served, which hold no data: where there are tokens, to everybody, who needs them to
    /// sign in; else on this machine.
    func mayHavePage(_ request: Request, _ context: HTTPContext) -> Bool {
        tokens != nil || isFromHere(request, context)
    }

    /// The token in the field Authorization, else that of the cookie.
    private static func token(of fields: HTTPFields) -> (token: Substring.UTF8View, isCookie: Bool)? {
        if let value = fields[.authorization] {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            return (parts[1].utf8, false)
        }
        for value in fields[values: .cookie] {
            for pair in value.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                guard pair.hasPrefix("\(cookie)=") else { continue }
                return (pair.dropFirst(cookie.utf8.count + 1).utf8, true)
            }
        }
        return nil
    }

    private static func isSameOrigin(_ request: Request) -> Bool {
        if let origin = request.headers[.origin] {
            guard let host = request.head.authority, origin.hasSuffix("://\(host)") else { return false }
        }
        guard let name = HTTPField.Name("Sec-Fetch-Site"), let site = request.headers[name] else { return true }
        return site == "same-origin" || site == "none"
    }

    /// Whether the peer is a program of this machine that asks for itself: no proxy, and no page that has talked a
    /// browser into taking us for its own site, which would ask for that site by name.
    private func isFromHere(_ request: Request, _ context: HTTPContext) -> Bool {
        let proxies = ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"].compactMap { HTTPField.Name($0) }
        guard proxies.allSatisfy({ request.headers[$0] == nil }) else { return false }
        let host = (request.head.authority ?? "").lowercased()
        let name = host.hasPrefix("[") ? host : String(host.prefix { $0 != ":" })
        let isNamedHere = name == "localhost" || name.hasPrefix("[::1]") || Self.isLoopback(name)
        let address = context.peer?.ipAddress ?? ""
        return isNamedHere && (address.hasPrefix("127.") || address == "::1")
    }

    /// An address of 127.0.0.0/8, and not a name that only begins like one (127.example.com), which may lead anywhere.
    private static func isLoopback(_ name: String) -> Bool {
        name.hasPrefix("127.") && (try? SocketAddress(ipAddress: name, port: 0)) != nil
    }
}
