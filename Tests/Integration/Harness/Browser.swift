import Patience
import Foundation
import Testing

/// Chromium without a screen, driven by chromedriver over WebDriver (W3C).
struct Browser {
    /// Whether both are installed; if not, tests that need them are skipped, and say so.
    static let isThere = ["chromium", "chromedriver"].allSatisfy { name in
        ["/usr/bin", "/usr/local/bin"].contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let stage: Stage
    private let port: UInt16
    private let session: String

    /// Starts a browser with an empty profile.
    static func start(on stage: Stage) async throws -> Browser {
        let port = try Ports.free()
        _ = stage.start("chromedriver", "chromedriver", ["--port=\(port)", "--allowed-ips=127.0.0.1"])
        try await eventually("chromedriver") { Ports.isBound(tcp: port) }
        // As root there is no sandbox to be had; a small /dev/shm would end it.
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
            "--user-data-dir=\(stage.path("profile"))", "--window-size=1280,800",
        ]
        let options: [String: Any] = [
            "browserName": "chrome", "goog:chromeOptions": ["args": arguments], "goog:loggingPrefs": ["browser": "ALL"],
        ]
        let start = Browser(stage: stage, port: port, session: "")
        let reply = try await start.send("POST", "", ["capabilities": ["alwaysMatch": options]])
        guard let session = (reply as? [String: Any])?["sessionId"] as? String else {
            throw Failure(description: "no session: \(reply)")
        }
        return Browser(stage: stage, port: port, session: session)
    }

    private init(stage: Stage, port: UInt16, session: String) {
        self.stage = stage
        self.port = port
        self.session = session
    }

    /// One command of WebDriver; gives its value.
    @discardableResult
    private func send(_ method: String, _ path: String, _ body: [String: Any]? = nil) async throws -> Any {
        let url = "http://127.0.0.1:\(port)/session" + (session.isEmpty ? "" : "/\(session)") + path
        var arguments = ["--silent", "--show-error", "--max-time", "120", "--request", method, url]
        if let body {
            // In a file, as an argument it would be seen in the list of processes.
            let file = stage.path("command-\(UUID().uuidString.prefix(8)).json")
            try JSONSerialization.data(withJSONObject: body).write(to: URL(fileURLWithPath: file))
            arguments += ["--header", "Content-Type: application/json", "--data", "@\(file)"]
        }
        let result = try await ChildProcess.run("webdriver", "curl", arguments, in: stage.folder, within: .seconds(150))
        guard let reply = try? JSONSerialization.jsonObject(with: Data(result.text.utf8)) as? [String: Any] else {
            throw Failure(description: "\(method) \(path): \(result.text.prefix(500))")
        }
        let value = reply["value"] ?? NSNull()
        if let problem = value as? [String: Any], let error = problem["error"] {
            throw Failure(description: "\(method) \(path): \(error): \(problem["message"] ?? "")")
        }
        return value
    }

    func open(_ url: String) async throws { try await send("POST", "/url", ["url": url]) }

    /// Runs the body of a function in the page; gives what it returns, as JSON has it.
    func run(_ script: String) async throws -> Any {
        try await send("POST", "/execute/sync", ["script": script, "args": [Any]()])
    }

    func text(_ script: String) async throws -> String { try await run(script) as? String ?? "" }

    func flag(_ script: String) async throws -> Bool { try await run(script) as? Bool ?? false }

    /// Waits until an expression is true in the page.
    func waits(for expression: String) async throws {
        try await eventually(expression, every: .milliseconds(200)) {
            try await flag("return Boolean(\(expression))")
        }
    }

    /// Clicks what a user would see.
    func click(_ selector: String) async throws {
        let element = try await send("POST", "/element", ["using": "css selector", "value": selector])
        guard let id = (element as? [String: String])?.values.first else {
            throw Failure(description: "no \(selector)")
        }
        try await send("POST", "/element/\(id)/click", [:])
    }

    /// Types into a field.
    func type(_ text: String, into selector: String) async throws {
        let element = try await send("POST", "/element", ["using": "css selector", "value": selector])
        guard let id = (element as? [String: String])?.values.first else {
            throw Failure(description: "no \(selector)")
        }
        try await send("POST", "/element/\(id)/value", ["text": text])
    }

    /// A size of the screen, and whether it is dark around.
    func appear(width: Int, height: Int, isDark: Bool) async throws {
        let metrics: [String: Any] = [
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
        ]
        try await send("POST", "/goog/cdp/execute", ["cmd": "Emulation.setDeviceMetricsOverride", "params": metrics])
        let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
        let media: [String: Any] = ["features": [scheme]]
        try await send("POST", "/goog/cdp/execute", ["cmd": "Emulation.setEmulatedMedia", "params": media])
    }

    /// A picture of what is seen, kept where `WALLBOARD_SCREENSHOTS` says, if it does.
    func photograph(_ name: String) async throws {
        guard let folder = ProcessInfo.processInfo.environment["WALLBOARD_SCREENSHOTS"] else { return }
        guard let picture = try await send("GET", "/screenshot") as? String, let data = Data(base64Encoded: picture)
        else {
            throw Failure(description: "no picture")
        }
        try data.write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
    }

    /// What the browser complained about since it was last asked.
    func complaints() async throws -> [String] {
        let entries = try await send("POST", "/se/log", ["type": "browser"]) as? [[String: Any]] ?? []
        return entries.filter { $0["level"] as? String == "SEVERE" }.map { "\($0["message"] ?? "")" }
    }

    func quit() async { _ = try? await send("DELETE", "") }
}
