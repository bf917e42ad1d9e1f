import Foundation
import Patience
import Testing

/// The wallboard in a real browser.
@Suite(
    "The wallboard in a browser",
    .staged,
    .enabled(if: Browser.isThere, "chromium and chromedriver are not installed: apt install chromium chromium-driver")
)
struct WallboardTests {
    static let sizes: [(name: String, width: Int, height: Int)] = [
        ("wall", 1920, 1080), ("desk", 1280, 800), ("phone", 390, 844),
    ]

    private func agents(_ count: Int, allAreIn: Bool = false) -> [Daemon.Agent] {
        (0..<count).map { index in
            .init(
                id: name(of: index),
                skills: index % 3 == 0 ? "selling" : "helping",
                port: 9,
                isLoggedIn: allAreIn || index % 5 != 0
            )
        }
    }

    /// `agent-007`.
    private func name(of agent: Int) -> String {
        "agent-" + String(repeating: "0", count: max(0, 3 - "\(agent)".count)) + "\(agent)"
    }

    private func centre(_ flows: [Daemon.Flow], _ agents: [Daemon.Agent]) async throws -> Daemon {
        let tokens = try TokenFile(on: Stage.here())
        var options = Daemon.Options()
        options.http = ", mi: true, token_file: \(tokens.path)"
        options.more = "reject_on_no_agents: false\nsnmp: {enabled: false}\n"
        return try await Daemon.start(flows: flows, agents: agents, options: options)
    }

    private func signIn(_ browser: Browser, _ daemon: Daemon, _ token: String) async throws {
        try await browser.open("http://127.0.0.1:\(daemon.httpPort)/")
        try await browser.waits(for: "document.getElementById('login').open")
        try await browser.type(token, into: "#token")
        try await browser.click("#login button.main")
        try await browser.waits(for: "!document.getElementById('main').hidden")
    }

    /// Every complaint but the one that brings the sign-in.
    private func expectNoComplaints(_ browser: Browser) async throws {
        let complaints = try await browser.complaints().filter { !$0.contains("401") }
        #expect(complaints.isEmpty, "\(complaints)")
    }

    /// What is hard to read or to reach: contrast below WCAG 2.1 AA, controls without names, a page that is too wide.
    private func faults(_ browser: Browser) async throws -> [String] {
        try await browser.run(Self.examination) as? [String] ?? ["no report"]
    }

    @Test("an empty centre is shown in all sizes, light and dark, readable, without a complaint of the browser")
    func empty() async throws {
        let daemon = try await centre([], [])
        let browser = try await Browser.start(on: daemon.stage)
        try await signIn(browser, daemon, TokenFile.reader)
        #expect(
            try await browser.text("return document.querySelector('#flows').closest('section').innerText").contains(
                "no flows"
            )
        )
        try await browser.waits(for: "document.getElementById('link').textContent.includes('live')")
        try await look(browser, "empty")
        try await expectNoComplaints(browser)
        await browser.quit()
    }

    private func look(_ browser: Browser, _ name: String) async throws {
        for (size, width, height) in Self.sizes {
            for isDark in [false, true] {
                try await browser.appear(width: width, height: height, isDark: isDark)
                try await browser.photograph("\(name)-\(size)-\(isDark ? "dark" : "light")")
                #expect(try await faults(browser).isEmpty, "\(size), dark: \(isDark)")
            }
        }
    }

    @Test("with 200 agents and waiting calls it is live, and a supervisor steers with a confirmation")
    func busy() async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 10), logsMessages: false)
        let daemon = try await centre(
            [
                .init(id: "sales", skill: "selling", queue: queue.port),
                .init(id: "vip", skill: "nobody-has-it", queue: queue.port),
            ],
            agents(200)
        )
        let browser = try await Browser.start(on: daemon.stage)
        try await signIn(browser, daemon, TokenFile.controller)
        #expect(try await browser.text("return location.href") == "http://127.0.0.1:\(daemon.httpPort)/")
        #expect(try await browser.text("return document.cookie").isEmpty)
        try await browser.waits(for: "document.querySelectorAll('#agents li').length === 160")
        try await browser.click("#all")
        try await browser.waits(for: "document.querySelectorAll('#agents li').length === 200")

        // A caller waits; the page hears of it by an event.
        try await browser.waits(for: "document.getElementById('link').textContent.includes('live')")
        let caller = Sipp.Caller(end: .stay)
        let callers = try Sipp.callers("c", caller, flows: ["vip"], to: daemon.port)
        try await browser.waits(
            for: "document.querySelector('#calls tbody tr td:nth-child(4)')?.textContent.includes('queued')"
        )
        try await browser.waits(
            for: "document.querySelector('#calls tbody tr td:nth-child(7)').textContent.includes('arrived → queued')"
        )
        try await look(browser, "busy")

        // An agent is logged off: a tile, a choice, a confirmation.
        try await browser.appear(width: 1280, height: 800, isDark: false)
        try await browser.type("agent-001", into: "#find")
        try await browser.waits(for: "document.querySelectorAll('#agents li').length === 1")
        try await browser.click("#agents .tile")
        try await browser.waits(for: "document.getElementById('steer').open")
        try await browser.click("#steer-choices button")
        #expect(
            try await browser.text("return document.getElementById('steer-text').textContent") == "Log agent-001 off?"
        )
        #expect(try await daemon.agents().first { $0.id == "agent-001" }?.loggedIn == "YES")
        try await browser.photograph("steer")
        #expect(try await faults(browser).isEmpty)
        try await browser.click("#steer-do")
        try await browser.waits(for: "document.querySelector('#agents .tile').className.includes('off')")
        #expect(try await daemon.agents().first { $0.id == "agent-001" }?.loggedIn == "NO")

        // The call is ended.
        try await browser.click("#calls tbody .steer button")
        try await browser.waits(for: "document.getElementById('steer').open")
        try await browser.click("#steer-choices button:last-child")
        try await browser.click("#steer-do")
        try await browser.waits(for: "!document.querySelector('#calls tbody tr:not(.ended)')")
        try await callers.finish()
        try await expectNoComplaints(browser)

        // Signing out takes the numbers away.
        try await browser.click("#sign")
        try await browser.waits(for: "document.getElementById('main').hidden")
        await browser.quit()
    }

    @Test("of calls that were there before the page, those that talk are told from those that ring")
    func ringsOrTalks() async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 10), logsMessages: false)
        let talker = try await Sipp.callee("talker", .answers(ring: 10), logsMessages: false)
        let ringer = try await Sipp.callee("ringer", .silent, logsMessages: false)
        let daemon = try await centre(
            [
                .init(id: "sales", skill: "selling", queue: queue.port),
                .init(id: "support", skill: "helping", queue: queue.port),
            ],
            [
                .init(id: "anna", skills: "selling", port: talker.port),
                .init(id: "bert", skills: "helping", port: ringer.port),
            ]
        )
        let browser = try await Browser.start(on: daemon.stage)
        try await signIn(browser, daemon, TokenFile.reader)
        let callers = try Sipp.callers("c", .init(end: .stay), flows: ["sales", "support"], to: daemon.port)
        try await eventually("one call to talk and one to ring") { () async throws -> Bool in
            let statistics = try await daemon.ccctl("stats", "ccg_talking_calls")
            guard statistics.text == "ccg_talking_calls = 1\n" else { return false }
            return try await daemon.calls().count { $0.State == "toagent" } == 2
        }
        // Opened anew, it has seen no event of them.
        try await browser.open("http://127.0.0.1:\(daemon.httpPort)/")
        let states = "[...document.querySelectorAll('#calls tbody tr')].map((row) => row.children[3].textContent)"
        try await browser.waits(for: "\(states).sort().join() === 'rings,talks'")
        try callers.process.requireAlive()
        await browser.quit()
    }

    /// `WALLBOARD_AGENTS=1000` measures with so many, for longer; every day it is fewer, and only that the page goes on.
    @Test("goes on drawing while twenty events a second come in")
    func frames() async throws {
        let wanted = ProcessInfo.processInfo.environment["WALLBOARD_AGENTS"].flatMap { Int($0) }
        let (count, seconds) = (min(wanted ?? 200, 1_000), wanted == nil ? 3 : 20)
        let daemon = try await centre([.init(id: "sales", skill: "selling", queue: 9)], agents(count, allAreIn: true))
        let browser = try await Browser.start(on: daemon.stage)
        try await signIn(browser, daemon, TokenFile.controller)
        try await browser.click("#all")
        try await browser.waits(for: "document.querySelectorAll('#agents li').length === \(count)")
        try await browser.waits(for: "document.getElementById('link').textContent.includes('live')")
        _ = try await browser.run(Self.stopwatch)
        try await changes(20 * seconds, of: count, on: daemon)
        let report = try await browser.text("return window.stopwatch()")
        print("wallboard, \(count) agents, 20 events/s for \(seconds) s: \(report)")
        #expect(report.hasPrefix("frames "), "\(report)")
        // Whoever was logged off as the last one is shown so.
        try await browser.type(name(of: (20 * seconds - 1) % count), into: "#find")
        try await browser.waits(for: "document.querySelector('#agents .tile')?.className.includes('off')")
        try await expectNoComplaints(browser)
        await browser.quit()
    }

    /// Agents are logged off and in, twenty a second, over one connection.
    private func changes(_ count: Int, of agents: Int, on daemon: Daemon) async throws {
        let requests = (0..<count).map { index in
            // Off, then in again, and so on; the last time off.
            let rounds = (count - 1 - index) / agents
            let body =
                #"{"jsonrpc":"2.0","id":1,"method":"cc_agent_login","params":["\#(name(of: index % agents))",\#(rounds % 2)]}"#
            return """
                url = "http://127.0.0.1:\(daemon.httpPort)/mi"
                header = "Authorization: Bearer \(TokenFile.controller)"
                header = "Content-Type: application/json"
                data = "\(body.replacing("\"", with: "\\\""))"
                output = "/dev/null"
                fail

                """
        }
        let file = daemon.stage.path("changes")
        try Data(requests.joined(separator: "next\n").utf8).write(to: URL(fileURLWithPath: file))
        let arguments = ["--silent", "--show-error", "--rate", "20/s", "--config", file]
        let limit = Duration.seconds(60 + count / 20)
        let result = try await ChildProcess.run("changes", "curl", arguments, in: daemon.stage.folder, within: limit)
        #expect(result.status == 0, "\(result.text)")
    }

    /// Runs in the page: notes the time from one frame to the next, and tasks that hold the page up for more than 50 ms.
    private static let stopwatch = """
        const times = [], tasks = [];
        let last = performance.now(), goes = true;
        const note = (time) => { times.push(time - last); last = time; if (goes) requestAnimationFrame(note); };
        requestAnimationFrame((time) => { last = time; requestAnimationFrame(note); });
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.duration))).observe({ type: "longtask" });
        window.stopwatch = () => {
          goes = false;
          const sorted = [...times].sort((one, other) => one - other);
          const share = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]?.toFixed(1);
          if (!sorted.length) return "no frames";
          return `frames ${sorted.length}, ms from one to the next: median ${share(0.5)}, 95 % ${share(0.95)}, 99 % ${share(0.99)}, `
            + `longest ${share(1)}; tasks above 50 ms: ${tasks.length}, longest ${Math.max(0, ...tasks).toFixed(0)} ms`;
        };
        return true;
        """

    /// Runs in the page.
    private static let examination = """
        const faults = [];
        const parse = (text) => {
          const parts = text.match(/[\\d.]+/g).map(Number);
          return { rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1 };
        };
        const light = (rgb) => {
          const linear = rgb.map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
          return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        };
        const ground = (node) => {
          for (let place = node; place; place = place.parentElement) {
            const colour = parse(getComputedStyle(place).backgroundColor);
            if (colour.alpha === 1) return colour.rgb;
          }
          return [255, 255, 255];
        };
        for (const node of document.querySelectorAll("body *")) {
          const style = getComputedStyle(node);
          const box = node.getBoundingClientRect();
          const hasText = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
          if (!hasText || box.width < 2 || box.right < 0 || style.visibility === "hidden") continue;
          const [one, other] = [light(parse(style.color).rgb), light(ground(node))];
          const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
          if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)}: ${node.tagName} ${node.className} ${node.textContent.slice(0, 30)}`);
        }
        const names = (node) => node.getAttribute("aria-label") || node.textContent.trim() || node.closest("label")?.textContent.trim();
        for (const node of document.querySelectorAll("button, input, a")) {
          if (node.offsetParent && !names(node)) faults.push(`no name: ${node.outerHTML.slice(0, 80)}`);
        }
        for (const node of document.querySelectorAll("svg")) {
          if (!node.getAttribute("aria-label")) faults.push("a picture without words");
        }
        const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
        if (new Set(ids).size !== ids.length) faults.push("an ID is there twice");
        for (const node of document.querySelectorAll("[aria-labelledby]")) {
          if (!document.getElementById(node.getAttribute("aria-labelledby"))) faults.push("a label is missing");
        }
        if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
          faults.push(`too wide: ${document.documentElement.scrollWidth} of ${document.documentElement.clientWidth}`);
        }
        return faults;
        """
}
