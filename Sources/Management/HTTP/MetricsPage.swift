import CZlib
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Telemetry

/// `GET /metrics`: what Prometheus reads, in the format and encoding that the client likes best.
///
/// `?name=callcenter_flow_*&flow=support&agent=anna` picks metrics, flows and agents, each as often as one likes.
struct MetricsPage: Sendable {
    /// Pages under way, from the question to the last byte taken: what slow readers may cost.
    private let underWay = Budget(limit: 8)
    /// Bytes of a page that are handed on at a time.
    private static let piece = 256 << 10
    /// Names in one request.
    private static let maximumNames = 200

    let control: BoundedControl

    func respond(to request: Request) async throws -> Response {
        let filter: MetricFilter
        switch Self.filter(request.uri) {
        case .success(let value): filter = value
        case .failure(let problem): return .text(.badRequest, problem.message)
        }
        guard underWay.take() else {
            return .text(.serviceUnavailable, "\(underWay.limit) pages are under way", [.retryAfter: "1"])
        }
        let page: Page
        do throws(ControlError) {
            page = Page(underWay, try await body(request.headers, filter))
        } catch {
            underWay.giveBack()
            return .text(.serviceUnavailable, error.message)
        }
        var fields = page.fields
        fields[.cacheControl] = "no-store"
        fields[.vary] = "Accept, Accept-Encoding"
        return Response(
            status: .ok,
            headers: fields,
            body: .init(contentLength: page.parts.reduce(0) { $0 + $1.count }) { writer in
                // It is held, and counted, until it is taken.
                try await Self.write(page.parts) { try await writer.write($0) }
                try await writer.finish(nil)
            }
        )
    }

    /// Hands on the bytes of all parts, in pieces: memory of that size is at hand, that of a buffer for all would come from the system each time.
    private static func write(_ parts: [[UInt8]], _ hand: (ByteBuffer) async throws -> Void) async throws {
        var buffer = ByteBufferAllocator().buffer(capacity: piece)
        for part in parts {
            var rest = part[...]
            while !rest.isEmpty {
                let next = rest.prefix(piece - buffer.readableBytes)
                buffer.writeBytes(next)
                rest = rest.dropFirst(next.count)
                guard buffer.readableBytes == piece else { continue }
                try await hand(buffer)
                buffer.clear()
            }
        }
        if buffer.readableBytes > 0 { try await hand(buffer) }
    }

    private func body(
        _ fields: HTTPFields,
        _ filter: MetricFilter
    ) async throws(ControlError) -> (fields: HTTPFields, parts: [[UInt8]]) {
        let format = Negotiation.format(fields)
        let snapshot = try await control.snapshot()
        var answer: HTTPFields = [.contentType: format.contentType]
        guard Negotiation.takesGzip(fields) else {
            return (answer, PrometheusText.pages(snapshot, as: format, filter: filter))
        }
        let text = PrometheusText.render(snapshot, as: format, filter: filter)
        guard let small = Self.gzip(text) else { return (answer, [text]) }
        answer[.contentEncoding] = "gzip"
        return (answer, [Array(small.readableBytesView)])
    }

    /// Fast rather than small; a page of metrics shrinks to a twentieth all the same.
    static func gzip(_ bytes: [UInt8]) -> ByteBuffer? {
        var output = ByteBufferAllocator().buffer(capacity: czlib_gzip_bound(bytes.count))
        let count = output.writeWithUnsafeMutableBytes(minimumWritableBytes: 0) { room in
            czlib_gzip(bytes, bytes.count, room.bindMemory(to: UInt8.self).baseAddress, room.count, 1)
        }
        return count > 0 ? output : nil
    }

    private struct Problem: Error {
        var message: String
    }

    private static func filter(_ uri: URI) -> Result<MetricFilter, Problem> {
        var filter = MetricFilter()
        for (key, value) in uri.queryParameters {
            let value = String(value)
            switch key {
            case "name", "name[]", "name%5B%5D": filter.names.append(value)
            case "flow", "flow[]": filter.flows.append(value)
            case "agent", "agent[]": filter.agents.append(value)
            default: return .failure(Problem(message: "no parameter of this name; expected name, flow or agent"))
            }
        }
        guard filter.names.count + filter.flows.count + filter.agents.count <= maximumNames else {
            return .failure(Problem(message: "at most \(maximumNames) names"))
        }
        if filter.unknownName != nil {
            return .failure(Problem(message: "no metric has this name; a * at the end stands for any rest"))
        }
        return .success(filter)
    }

    /// A page that counts as under way as long as anybody holds it.
    private final class Page: Sendable {
        let fields: HTTPFields
        /// What there is to be sent, one after the other.
        let parts: [[UInt8]]
        private let underWay: Budget

        init(_ underWay: Budget, _ content: (fields: HTTPFields, parts: [[UInt8]])) {
            self.underWay = underWay
            fields = content.fields
            parts = content.parts
        }

        deinit { underWay.giveBack() }
    }
}

extension Response {
    /// A line of text.
    static func text(_ status: HTTPResponse.Status, _ line: String, _ fields: HTTPFields = [:]) -> Response {
        var fields = fields
        fields[.contentType] = "text/plain; charset=utf-8"
        fields[.cacheControl] = "no-store"
        return Response(status: status, headers: fields, body: .init(byteBuffer: ByteBuffer(string: "\(line)\n")))
    }
}
