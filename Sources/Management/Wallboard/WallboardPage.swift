import CallCenter
import HTTPTypes
import Hummingbird
import NIOCore
import Telemetry

/// `GET /snapshot`: what the wallboard shows at one moment, as JSON. Times are milliseconds, ages rather than moments.
///
/// `?hour=1` adds the samples of the last hour.
struct WallboardPage: Sendable {
    let control: BoundedControl
    let history: WallboardHistory
    /// Whether there are tokens to sign in with.
    let hasTokens: Bool
    /// Whether /mi takes commands.
    let servesCommands: Bool
    /// Snapshots under way: what slow readers may cost.
    private let underWay = Budget(limit: 16)

    init(control: BoundedControl, history: WallboardHistory, hasTokens: Bool, servesCommands: Bool) {
        self.control = control
        self.history = history
        self.hasTokens = hasTokens
        self.servesCommands = servesCommands
    }

    func respond(to request: Request, from requester: Requester) async -> Response {
        guard underWay.take() else {
            return .text(.serviceUnavailable, "\(underWay.limit) snapshots are under way", [.retryAfter: "1"])
        }
        defer { underWay.giveBack() }
        let snapshot: Snapshot
        do throws(ControlError) {
            snapshot = try await control.snapshot()
        } catch {
            return .text(.serviceUnavailable, error.message)
        }
        let wantsHour = request.uri.queryParameters.contains { $0.key == "hour" }
        var members = WallboardReport(snapshot, alive: await control.health(), ready: await control.readiness()).members
        let now = HealthReport.now
        members.append(.init("you", you(requester)))
        members.append(.init("sample", WallboardHistory.Sample(snapshot.center, at: now).json))
        if wantsHour { members.append(.init("hour", .array(history.samples.map(\.json)))) }
        var bytes: [UInt8] = []
        JSONValue.object(members).write(into: &bytes)
        var fields: HTTPFields = [
            .contentType: "application/json", .cacheControl: "no-store", .vary: "Accept-Encoding",
        ]
        var buffer = ByteBuffer(bytes: bytes)
        if Negotiation.takesGzip(request.headers), let small = MetricsPage.gzip(bytes) {
            fields[.contentEncoding] = "gzip"
            buffer = small
        }
        return Response(status: .ok, headers: fields, body: .init(byteBuffer: buffer))
    }

    private func you(_ requester: Requester) -> JSONValue {
        var members: [JSONValue.Member] = []
        var steers = false
        if case .token(let name, let scope) = requester {
            members.append(.init("name", .string(name)))
            steers = scope == .control && servesCommands
        }
        return .object(members + [.init("steers", .bool(steers)), .init("can_sign_in", .bool(hasTokens))])
    }
}
