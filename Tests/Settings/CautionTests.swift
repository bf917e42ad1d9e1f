import Foundation
import Settings
import Testing

@Suite("What is right in a configuration, and yet hardly meant")
struct CautionTests {
    private func cautions(_ yaml: String, environment: [String: String] = [:]) throws -> [String] {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("c.yaml").path
            try Data(yaml.utf8).write(to: URL(fileURLWithPath: file))
            let configuration = try Configuration.load(file: file, checks: checks, environment: environment)
            return configuration.cautions(file: file, environment: environment)
                .map { $0.description.replacingOccurrences(of: file, with: "c.yaml") }
        }
    }

    static let files: [(yaml: String, cautions: [String])] = [
        ("", []),
        (
            "sip:\n  untrusted: challenge\n",
            [
                "c.yaml:2: sip.untrusted: challenge lets nobody in, as there are no sip.users; expected some, or reject"
            ]
        ),
        ("sip: {untrusted: challenge, users: [{username: a, password: secret}]}", []),
        (
            """
            sip:
              users:
                - {username: a, password: secret}
                - {username: b, password: secret}
                - {username: a, password: other}
              credentials: [{username: a, password: secret}, {realm: "*", username: b, password: secret}]
            """,
            [
                "c.yaml:5: sip.users[2]: has the username of sip.users[0], whose password alone counts",
                "c.yaml:6: sip.credentials[1]: has the realm of sip.credentials[0], which alone is used",
            ]
        ),
        (
            """
            routes:
              - {match: "sip:help@*", flow: support}
              - {to: "sip:help@*", flow: support}
              - {header: X-Queue, match: "{flow}"}
              - {uri: "sip:help@*", flow: sales}
              - {header: x-queue, match: "{flow}"}
              - {header: X-Other, match: "{flow}"}
            """,
            [
                "c.yaml:5: routes[3]: has the pattern of routes[0], which takes all of its calls",
                "c.yaml:6: routes[4]: has the pattern of routes[2], which takes all of its calls",
            ]
        ),
    ]

    @Test("is said with the line and the key, and without passwords", arguments: files)
    func saysWhere(yaml: String, expected: [String]) throws {
        #expect(try cautions(yaml) == expected)
    }

    @Test("variables with our prefix that nobody reads are named, and what was meant; their values are not")
    func misspelt() throws {
        let variables = [
            "CALLCENTERD_DBURL": "secret", "CALLCENTERD_PASSWORD": "secret", "CALLCENTERD_SOCKET": "/x",
            "CALLCENTERD_CONFIG": "/x", "CALLCENTERD_ACC_DB_URL": "sqlite:/x", "PATH": "/bin",
        ]
        #expect(
            try cautions("", environment: variables) == [
                "environment: CALLCENTERD_DBURL: is read by nobody; did you mean CALLCENTERD_DB_URL?",
                "environment: CALLCENTERD_PASSWORD: is read by nobody; known are CALLCENTERD_DB_URL, "
                    + "CALLCENTERD_ACC_DB_URL, CALLCENTERD_RT_DB_URL, CALLCENTERD_SIP_USERS, CALLCENTERD_SIP_CREDENTIALS",
            ]
        )
    }

    @Test("logins of the environment are named by their variable")
    func ofEnvironment() throws {
        let users = "[{username: a, password: secret}, {username: a, password: secret}]"
        #expect(
            try cautions("", environment: ["CALLCENTERD_SIP_USERS": users]) == [
                "environment: CALLCENTERD_SIP_USERS: sip.users[1] has the username of sip.users[0], "
                    + "whose password alone counts"
            ]
        )
    }
}
