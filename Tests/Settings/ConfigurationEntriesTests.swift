import Foundation
import Testing

@testable import Settings

@Suite("What is in force, and where it comes from")
struct ConfigurationEntriesTests {
    private func entries(_ yaml: String, environment: [String: String] = [:]) throws -> [String: String] {
        let entries = try Configuration.entries(of: yaml, file: "c.yaml", environment: environment) { url in
            // As the store does: without the password.
            url.replacing("secret", with: "…")
        }
        #expect(entries.map(\.key) == ConfigurationKey.all.map(\.path))
        let pairs = entries.map { ($0.key, "\($0.value) (\($0.origin))") }
        return Dictionary(pairs) { first, _ in first }
    }

    @Test("what the file says has its line, all else is the default")
    func origins() throws {
        let shown = try entries("# x\nwrapup_time: 5\nsip:\n  trusted:\n    - 10.0.0.0/8\n    - 192.0.2.7\n")
        #expect(shown["wrapup_time"] == "5 (line 2)")
        #expect(shown["sip.trusted"] == "[10.0.0.0/8, 192.0.2.7] (line 4)")
        #expect(shown["sip.max_calls"] == "20000 (default)")
        #expect(shown["acc_db_url"] == "null (default)")
        #expect(shown["sip.listen"] == #"["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060"] (default)"#)
    }

    @Test("every default is shown, in an empty file and in a full one")
    func allDefaults() throws {
        for (key, text) in try entries("") {
            #expect(text.hasSuffix(" (default)") && !text.hasPrefix(" "), "\(key): \(text)")
        }
    }

    @Test("a mapping is shown with what it leaves at its default")
    func mapping() throws {
        #expect(
            try entries("handle_call_status: {-4: 603}")["handle_call_status"]
                == "{-4: 603, -1: 404, -2: 400, -3: 404, -5: 500} (line 1)"
        )
    }

    @Test("passwords are not shown")
    func passwords() throws {
        let shown = try entries(
            """
            db_url: sqlite:/secret
            sip:
              users: [{username: branch, password: secret}]
              credentials:
                - {realm: r, username: u, password: secret}
              outbound_proxy: "sip:user:secret@proxy"
            handle_call_status: {-3: "sip:mail:secret@192.0.2.9"}
            """,
            environment: ["CALLCENTERD_RT_DB_URL": "sqlite:/secret"]
        )
        for (key, text) in shown { #expect(!text.contains("secret"), "\(key)") }
        #expect(shown["sip.users"] == "[{username: branch, password: (hidden)}] (line 3)")
        #expect(shown["rt_db_url"] == "sqlite:/… (CALLCENTERD_RT_DB_URL)")
    }

    @Test("the environment replaces logins, too, and their passwords are not shown either")
    func logins() throws {
        let variables = [
            "CALLCENTERD_SIP_USERS": "[{username: branch, password: secret}]",
            "CALLCENTERD_SIP_CREDENTIALS": #"[{realm: r, username: "u", password: "secret"}]"#,
        ]
        let shown = try entries("sip: {users: [{username: other, password: x}]}", environment: variables)
        #expect(shown["sip.users"] == "[{username: branch, password: (hidden)}] (CALLCENTERD_SIP_USERS)")
        #expect(shown["sip.credentials"]?.contains("secret") == false)
        var configuration = Configuration()
        try EnvironmentOverrides.apply(variables, to: &configuration, checks: checks)
        #expect(configuration.sip.users.map(\.password) == ["secret"])
        #expect(configuration.sip.credentials.map(\.realm) == ["r"])
        let wrong = [
            "secret": "is no list; expected one as sip.users has it, such as [{username: NAME, password: PASSWORD}]",
            "[": "is no list; expected one as sip.users has it, such as [{username: NAME, password: PASSWORD}]",
            "[{username: a, password: b}, {username: secret}]":
                "sip.users[1] has no username or no password; expected {username: NAME, password: PASSWORD}",
        ]
        for (text, problem) in wrong {
            let error = #expect(throws: ConfigurationError.self) {
                try EnvironmentOverrides.apply(["CALLCENTERD_SIP_USERS": text], to: &configuration, checks: checks)
            }
            #expect(error?.description == "environment: CALLCENTERD_SIP_USERS: \(problem)")
        }
        #expect(configuration.sip.users.map(\.username) == ["branch"])
    }

    @Test("the environment replaces the addresses of databases, and is judged like the file")
    func environment() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("c.yaml").path
            try Data("db_url: sqlite:/file\n".utf8).write(to: URL(fileURLWithPath: file))
            let variables = [
                "CALLCENTERD_DB_URL": "sqlite:/a", "CALLCENTERD_ACC_DB_URL": "sqlite:/b", "CALLCENTERD_RT_DB_URL": "",
            ]
            let configuration = try Configuration.load(file: file, checks: checks, environment: variables)
            #expect(configuration.databaseURL == "sqlite:/a")
            #expect(configuration.recordsDatabaseURL == "sqlite:/b")
            #expect(configuration.runtimeDatabaseURL == nil)
            let error = try #require(throws: ConfigurationError.self) {
                try Configuration.load(file: file, checks: checks, environment: ["CALLCENTERD_DB_URL": "secret"])
            }
            #expect(
                error.description
                    == "environment: CALLCENTERD_DB_URL: is no database address; expected sqlite:/path"
            )
        }
    }
}
