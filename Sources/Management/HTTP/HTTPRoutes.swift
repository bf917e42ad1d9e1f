import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What there is under which path, and who gets it.
struct HTTPRoutes: Sendable {
    let control: BoundedControl
    let access: Access
    let metrics: MetricsPage
    let events: EventPage
    let wallboard: WallboardPage
    /// nil: `http.mi` is off.
    let commands: CommandPage?
    /// Whether the cookie may say that it only goes over TLS.
    let isSecure: Bool
    let wrongTokens: RefusalLog

    func router() -> Router<HTTPContext> {
        let router = Router(context: HTTPContext.self, options: .autoGenerateHeadEndpoints)
        router.get("healthz") { _, _ -> Response in Self.page(of: await control.health()) }
        router.get("readyz") { _, _ -> Response in Self.page(of: await control.readiness()) }
        router.get("metrics") { request, context -> Response in
            guard access.protectsMetrics else { return try await metrics.respond(to: request) }
            return try await admit(request, context, .read) { _ in try await metrics.respond(to: request) }
        }
        router.get("events") { request, context -> Response in
            try await admit(request, context, .read, isOpenHere: true) { _ in
                events.respond(to: request) {
                    access.permits(request, context, .read, isOpenHere: true)
                }
            }
        }
        for file in WallboardFiles.all {
            router.get(RouterPath(file.path)) { request, context -> Response in
                access.mayHavePage(request, context)
                    ? WallboardFiles.response(file)
                    : .text(.forbidden, "only with http.token_file, or from this machine")
            }
        }
        router.get("snapshot") { request, context -> Response in
            try await admit(request, context, .read, isOpenHere: true) {
                await wallboard.respond(to: request, from: $0)
            }
        }
        if access.tokens != nil {
            router.post("session") { request, context -> Response in
                try await admit(request, context, .read) { _ in begin(request) }
            }
            router.delete("session") { request, context -> Response in
                try await admit(request, context, .read) { _ in
                    Response(status: .noContent, headers: [.setCookie: cookie("", "; Max-Age=0")])
                }
            }
        }
        if let commands {
            router.post("mi") { request, context -> Response in
                try await admit(request, context, .read) { try await commands.respond(to: request, from: $0) }
            }
            router.get("mi") { _, _ -> Response in
                Response.text(.methodNotAllowed, "commands are sent with POST", [.allow: "POST"])
            }
        }
        return router
    }

    private func admit(
        _ request: Request,
        _ context: HTTPContext,
        _ scope: Scope,
        isOpenHere: Bool = false,
        _ respond: (Requester) async throws -> Response
    ) async throws -> Response {
        let requester: Requester
        do throws(Access.Denial) {
            requester = try access.requester(request, context, needs: scope, isOpenHere: isOpenHere)
        } catch {
            if error.isWrongToken { wrongTokens.note("wrong token", from: context.peer) }
            let challenge: HTTPFields = error.status == .unauthorized ? [.wwwAuthenticate: "Bearer"] : [:]
            return .text(error.status, error.reason, challenge)
        }
        return try await respond(requester)
    }

    /// Gives a browser its token as a cookie, which no page can read and no other site can use.
    private func begin(_ request: Request) -> Response {
        guard let value = request.headers[.authorization], let token = value.split(separator: " ").last else {
            return .text(.unauthorized, "expected a token: Authorization: Bearer TOKEN", [.wwwAuthenticate: "Bearer"])
        }
        return Response(
            status: .noContent,
            headers: [.setCookie: cookie(String(token), ""), .cacheControl: "no-store"]
        )
    }

    private func cookie(_ value: String, _ more: String) -> String {
        "\(Access.cookie)=\(value); Path=/; HttpOnly; SameSite=Strict\(isSecure ? "; Secure" : "")\(more)"
    }

    private static func page(of health: Health) -> Response {
        switch health {
        case .good: .text(.ok, "ok")
        case .fair(let reason): .text(.ok, "ok, but \(reason)")
        case .bad(let reason): .text(.serviceUnavailable, reason)
        }
    }
}
