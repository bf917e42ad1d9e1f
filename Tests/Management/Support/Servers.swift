import Foundation
import Logging
import Management
import NIOCore
import NIOPosix
import ServiceLifecycle

/// An empty folder that is gone afterwards. Its path is short, as those of sockets have to be.
func withTemporaryFolder<Answer>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (String) async throws -> Answer
) async throws -> Answer {
    let folder = FileManager.default.temporaryDirectory.path + "/mi-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// Runs a service until the body is done, then shuts it down gracefully and waits for its end.
///
/// - Parameter service: made with what it has to call, with its address, once it runs.
func withRunning<Address: Sendable, Answer>(
    _ service: (@escaping @Sendable (Address) -> Void) -> any Service,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Address) async throws -> Answer
) async throws -> Answer {
    let (addresses, running) = AsyncStream.makeStream(of: Address.self)
    let service = service { running.yield($0) }
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let group = ServiceGroup(configuration: .init(services: [service], logger: quiet))
    let task = Task {
        defer { running.finish() }
        try await group.run()
    }
    guard let address = await addresses.first(where: { _ in true }) else {
        try await task.value
        throw CancellationError()
    }
    let answer: Answer
    do {
        answer = try await body(address)
    } catch {
        await group.triggerGracefulShutdown()
        try await task.value
        throw error
    }
    await group.triggerGracefulShutdown()
    try await task.value
    return answer
}

/// The management socket of a daemon, in a folder of its own; the body gets its path.
func withMI<Answer>(
    _ control: BoundedControl,
    log: RecordedLog = RecordedLog(),
    events: EventHub = EventHub(),
    isolation: isolated (any Actor)? = #isolation,
    configure: (inout MIService.Configuration) -> Void = { _ in },
    _ body: (String) async throws -> Answer
) async throws -> Answer {
    try await withTemporaryFolder { folder in
        let path = folder + "/mi.sock"
        return try await withRunning { onRunning in
            mi(at: path, control, log: log, events: events, configure: configure) { onRunning(path) }
        } _: {
            try await body($0)
        }
    }
}

func mi(
    at path: String,
    _ control: BoundedControl,
    log: RecordedLog = RecordedLog(),
    events: EventHub = EventHub(),
    configure: (inout MIService.Configuration) -> Void = { _ in },
    onRunning: @escaping @Sendable () -> Void = {}
) -> MIService {
    var configuration = MIService.Configuration(path: path)
    configure(&configuration)
    return MIService(configuration: configuration, events: events, entry: entry(control, log, onRunning))
}

private func entry(
    _ control: BoundedControl,
    _ log: RecordedLog,
    _ onRunning: @escaping @Sendable () -> Void
) -> CommandEntry {
    CommandEntry(
        dispatcher: RPCDispatcher(registry: .standard(version: "0.1.0"), control: control, logger: log.logger),
        group: MultiThreadedEventLoopGroup.singleton,
        logger: log.logger,
        onRunning: onRunning
    )
}

/// The HTTP server of a daemon on a free port of the loopback; the body gets the port.
func withHTTP<Answer>(
    _ control: BoundedControl,
    log: RecordedLog = RecordedLog(),
    events: EventHub = EventHub(),
    tokens: TokenStore? = nil,
    isolation: isolated (any Actor)? = #isolation,
    configure: (inout HTTPService.Configuration) -> Void = { _ in },
    _ body: (Int) async throws -> Answer
) async throws -> Answer {
    var configuration = HTTPService.Configuration(host: "127.0.0.1", port: 0)
    configure(&configuration)
    return try await withRunning { onRunning in
        web(configuration, control, log: log, events: events, tokens: tokens, onRunning: onRunning)
    } _: {
        try await body($0)
    }
}

func web(
    _ configuration: HTTPService.Configuration,
    _ control: BoundedControl,
    log: RecordedLog,
    events: EventHub = EventHub(),
    tokens: TokenStore? = nil,
    onRunning: @escaping @Sendable (_ port: Int) -> Void
) -> HTTPService {
    HTTPService(
        configuration: configuration,
        control: control,
        dispatcher: RPCDispatcher(registry: .standard(version: "0.1.0"), control: control, logger: log.logger),
        events: events,
        tokens: tokens,
        group: MultiThreadedEventLoopGroup.singleton,
        logger: log.logger,
        onRunning: onRunning
    )
}

/// The FIFO of a daemon, in a folder of its own; the body gets the folder.
func withFIFO<Answer>(
    _ control: BoundedControl,
    log: RecordedLog = RecordedLog(),
    isolation: isolated (any Actor)? = #isolation,
    configure: (inout FIFOService.Configuration) -> Void = { _ in },
    _ body: (String) async throws -> Answer
) async throws -> Answer {
    try await withTemporaryFolder { folder in
        var configuration = FIFOService.Configuration(path: folder + "/mi.fifo")
        configure(&configuration)
        return try await withRunning { onRunning in
            FIFOService(configuration: configuration, entry: entry(control, log) { onRunning(folder) })
        } _: {
            try await body($0)
        }
    }
}

/// A token file with a reader and a controller; the body gets the store and the path.
func withTokens<Answer>(
    _ text: String = "# who may what\nwall read reader-reader-reader\n\ndesk\tcontrol control-control-control\n",
    isolation: isolated (any Actor)? = #isolation,
    _ body: (TokenStore, String) async throws -> Answer
) async throws -> Answer {
    try await withTemporaryFolder { folder in
        let path = folder + "/tokens"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        return try await body(try TokenStore(path: path), path)
    }
}

/// Sends one request that closes the connection; gives all that comes back.
func http(_ port: Int, _ line: String, _ fields: String = "", body: String = "") async throws -> String {
    try await TestConnection.with(.tcp(port: port)) { connection in
        try await connection.send("\(line) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(fields)\r\n\(body)")
        return try await connection.rest()
    }
}
