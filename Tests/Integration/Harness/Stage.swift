import Foundation
import Glibc
import Synchronization
import Testing

/// Where a test plays: a folder of its own and the programs that it has started. Everything is stopped and removed at the
/// end; when the test has failed, the ends of all logs go into the message of its first issue and the folder stays.
final class Stage: Sendable {
    @TaskLocal static var current: Stage?

    /// The stage of the running test.
    ///
    /// - Throws: if the test's suite lacks the trait `.staged`.
    static func here() throws -> Stage {
        struct NoStage: Error {}
        guard let current else { throw NoStage() }
        return current
    }

    let folder: URL
    private let children = Mutex<[ChildProcess]>([])
    private let sources = Mutex<[URL]>([])
    private let failures = Mutex(0)
    private let hasFloor = Mutex(true)

    fileprivate init() throws {
        // Short, because the path of a Unix socket may have 107 bytes.
        var template = Array("/tmp/callcenterd-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Socket.Failure(call: "mkdtemp", errno: errno) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        folder = URL(fileURLWithPath: path, isDirectory: true)
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Starts a program that ends with the test.
    ///
    /// - Parameter inheriting: see `ChildProcess`.
    func start(
        _ name: String,
        _ program: String,
        _ arguments: [String],
        inheriting descriptors: [Int32] = []
    ) -> ChildProcess {
        let child = ChildProcess(name, program, arguments, in: folder, inheriting: descriptors)
        children.withLock { $0.append(child) }
        quote(child.output)
        return child
    }

    /// Quotes the end of this file if the test fails.
    func quote(_ file: URL) { sources.withLock { $0.append(file) } }

    /// Lets another test begin: for waits that take long and load nothing. Does nothing the second time.
    func leaveFloor() async {
        let had = hasFloor.withLock { had in
            defer { had = false }
            return had
        }
        if had { await Floor.shared.leave() }
    }

    fileprivate func strike() async {
        for child in children.withLock({ $0 }).reversed() { await child.stop() }
        if failures.withLock({ $0 }) == 0 { try? FileManager.default.removeItem(at: folder) }
        await leaveFloor()
    }

    fileprivate func annotate(_ issue: Issue) -> Issue {
        let count = failures.withLock { count in
            count += 1
            return count
        }
        guard count == 1 else { return issue }
        var issue = issue
        let logs = sources.withLock { $0 }.compactMap { file -> String? in
            guard let data = try? Data(contentsOf: file), !data.isEmpty else { return nil }
            // Without the status line of baresip, which comes ten times a second. sipp writes its errors without line ends, each
            // with date and time before it.
            let lines = String(decoding: data, as: UTF8.self)
                .replacing(/\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\.\d+\t/) { "\n\($0.output)" }
                .split(whereSeparator: \.isNewline)
                .filter { !$0.contains("(bit/s)") }
            return "--- \(file.lastPathComponent) (the last of \(lines.count) lines)\n"
                + lines.suffix(25).map { $0.prefix(300) }.joined(separator: "\n")
        }
        issue.comments.append(Comment(rawValue: "kept in \(folder.path)\n" + logs.joined(separator: "\n")))
        return issue
    }
}

/// How many tests act at the same time: as many as a small machine can play without missing a beat. Tests that only wait
/// for a transaction to die have left the floor.
private actor Floor {
    static let shared = Floor(places: max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) { self.places = places }

    func enter() async {
        if places > 0 {
            places -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty {
            places += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}

/// Gives each test of a suite its `Stage`.
struct StageTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        await Floor.shared.enter()
        let stage = try Stage()
        let logs = IssueHandlingTrait.compactMapIssues { stage.annotate($0) }
        try await Stage.$current.withValue(stage) {
            try await logs.provideScope(for: test, testCase: testCase) {
                // Recorded here, where the logs can still be added.
                do { try await function() } catch { Issue.record(error) }
            }
        }
        await stage.strike()
    }
}

extension Trait where Self == StageTrait {
    static var staged: Self { StageTrait() }
}
