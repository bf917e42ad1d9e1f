import Foundation
import Glibc
import Synchronization

/// A PostgreSQL server of a test's own: a fresh cluster in a temporary folder, on a free port of the loopback, run by
/// another user when the tests are run by root (PostgreSQL refuses root). `stop` leaves nothing behind.
package final class PostgresServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Of Debian's package `postgresql-15`, or another version that is there.
    private static let programs = "/usr/lib/postgresql"
    private static let user = "callcenterd"

    private let binaries: String
    /// Data, log and Unix socket.
    private let folder: String
    package let port: UInt16
    private let process = Mutex<Program?>(nil)

    /// Makes the cluster and starts the server; it takes connections when this returns.
    package init() throws {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: Self.programs)) ?? []
        guard let version = versions.filter({ Int($0) != nil }).max(by: { (Int($0) ?? 0) < (Int($1) ?? 0) }) else {
            throw Failure(description: "PostgreSQL is not installed; apt-get install postgresql-15")
        }
        binaries = "\(Self.programs)/\(version)/bin"
        var template = Array("/tmp/callcenterd-postgres-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp: \(Program.error())") }
        folder = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        port = try Self.freePort()
        do {
            if let owner = Program.owner { chown(folder, owner.user, owner.group) }
            let settings = ["--auth=trust", "--username=\(Self.user)", "--encoding=UTF8", "--locale=C", "--no-sync"]
            let status = try Program(
                ["\(binaries)/initdb", "--pgdata=\(folder)/data", "--no-instructions"] + settings,
                log: "\(folder)/initdb.log"
            )
            .ended(within: 60)
            guard status == 0 else { throw Failure(description: "initdb ended with \(status): \(log("initdb"))") }
            try start()
        } catch {
            stop()
            throw error
        }
    }

    /// The URL of a database of this server.
    package func url(_ database: String = "postgres", parameters: String = "") -> String {
        "postgres://\(Self.user)@127.0.0.1:\(port)/\(database)\(parameters)"
    }

    /// The same through its Unix socket, which network namespaces do not part.
    package var socketURL: String { "postgres://\(Self.user)@/postgres?host=\(folder)&port=\(port)" }

    /// Starts the server, again after `crash` or `shutDown`, and waits until it takes connections.
    package func start() throws {
        let server = try Program(
            [
                "\(binaries)/postgres", "-D", "\(folder)/data", "-p", String(port), "-k", folder, "-h", "127.0.0.1",
                // What a crash of the machine would lose does not matter here.
                "-c", "fsync=off", "-c", "max_connections=50", "-c", "shared_buffers=16MB",
            ],
            log: "\(folder)/server.log"
        )
        process.withLock { $0 = server }
        var isUp = false
        _ = try Program.wait(atMost: 150) {
            isUp = try run("\(binaries)/pg_isready", ["-h", "127.0.0.1", "-p", String(port), "-t", "5"]).status == 0
            return isUp || !server.isAlive
        }
        guard isUp else { throw Failure(description: "PostgreSQL does not start: \(log("server"))") }
    }

    /// Restarts the server so that it takes connections over TLS alone, with this certificate and key (PEM).
    package func demandTLS(certificate: String, key: String) throws {
        let data = "\(folder)/data"
        for (source, name) in [(certificate, "server.crt"), (key, "server.key")] {
            let path = "\(data)/\(name)"
            try FileManager.default.copyItem(atPath: source, toPath: path)
            if let owner = Program.owner { chown(path, owner.user, owner.group) }
            chmod(path, 0o600)
        }
        try Data("hostssl all all 127.0.0.1/32 trust\n".utf8).write(to: URL(fileURLWithPath: "\(data)/pg_hba.conf"))
        let settings = URL(fileURLWithPath: "\(data)/postgresql.conf")
        try Data((String(contentsOf: settings, encoding: .utf8) + "\nssl = on\n").utf8).write(to: settings)
        try shutDown()
        try start()
    }

    /// The server ends its connections and stops, as at a restart of the machine.
    package func shutDown() throws { try end(by: SIGINT) }

    /// The server and all that work for it die at once, in the middle of whatever they do.
    package func crash() throws {
        process.withLock { $0?.signal(SIGSTOP) }
        let workers = self.workers
        for worker in workers { kill(worker, SIGKILL) }
        try end(by: SIGKILL)
        // Until the last of them has let go of the shared memory, no other server starts on these data.
        _ = Program.wait(atMost: 20) { !workers.contains(where: isRunning) }
    }

    /// The server answers nobody, but its sockets stay open.
    package func freeze() {
        process.withLock { $0?.signal(SIGSTOP) }
        for worker in workers { kill(worker, SIGSTOP) }
    }

    /// The end of `freeze`.
    package func thaw() {
        for worker in workers { kill(worker, SIGCONT) }
        process.withLock { $0?.signal(SIGCONT) }
    }

    /// Stops the server and removes everything.
    package func stop() {
        thaw()
        try? end(by: SIGQUIT)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs SQL with `psql`, as an administrator would.
    ///
    /// - Returns: the rows, columns joined by `|`, NULL as such.
    @discardableResult
    package func sql(_ statements: String, in database: String = "postgres") throws -> [String] {
        let options = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"]
        let result = try run(
            "\(binaries)/psql",
            options + ["--pset=null=NULL", "--dbname=\(url(database))", "--command=\(statements)"]
        )
        guard result.status == 0 else { throw Failure(description: "psql ended with \(result.status): \(result.text)") }
        return result.text.split(separator: "\n").map(String.init)
    }

    // MARK: - Processes

    private func end(by signal: Int32) throws {
        guard let server = process.withLock({ $0.take() }) else { return }
        server.signal(signal)
        if (try? server.ended(within: 20)) == nil {
            server.signal(SIGKILL)
            _ = try server.ended(within: 20)
        }
    }

    /// The children of the server: one for each connection, and some of its own.
    private var workers: [pid_t] {
        guard let server = process.withLock({ $0?.pid }) else { return [] }
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap(pid_t.init).filter { pid in
            let state = Self.state(of: pid)
            return state.count > 1 && pid_t(state[1]) == server
        }
    }

    /// Whether it has not ended, whoever is to hear of that.
    private func isRunning(_ pid: pid_t) -> Bool {
        guard let state = Self.state(of: pid).first else { return false }
        return state != "Z" && state != "X"
    }

    /// State, parent, and what else the kernel says of a process; nothing if there is none.
    private static func state(of pid: pid_t) -> [Substring] {
        guard let line = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return [] }
        // Behind the name, which may hold anything but ends with the last bracket.
        return Array(line[(line.lastIndex(of: ")") ?? line.startIndex)...].split(separator: " ").dropFirst())
    }

    private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
        let output = "\(folder)/\(UUID().uuidString).out"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let status = try Program([program] + arguments, log: output, asOwner: false).ended(within: 60)
        return (status, (try? String(contentsOfFile: output, encoding: .utf8)) ?? "")
    }

    private func log(_ name: String) -> String {
        String(((try? String(contentsOfFile: "\(folder)/\(name).log", encoding: .utf8)) ?? "").suffix(2_000))
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard status else { throw Failure(description: "no free port: \(Program.error())") }
        return UInt16(bigEndian: address.sin_port)
    }
}
