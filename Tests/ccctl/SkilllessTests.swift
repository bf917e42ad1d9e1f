import Testing

@testable import Store
@testable import ccctl

@Suite("Agents without skills")
struct SkilllessTests {
    @Test("agents whom no call can reach, having no skill, are found")
    func skillless() {
        func row(_ values: KeyValuePairs<String, String?>) -> ProvisioningEdit.Row {
            ProvisioningEdit.Row(values: values.map { ($0.key, $0.value) })
        }
        let rows = [
            row(["agentid": "new", "location": "sip:n@h"]), row(["agentid": "old", "location": "sip:n@h"]),
            row(["agentid": "blank", "skills": " , "]), row(["agentid": "none", "skills": nil]),
            row(["agentid": "able", "skills": "a,b"]), row(["agentid": "wrong"]),
        ]
        var report = ProvisioningEdit.Report()
        report.outcomes = [
            .init(id: "new", result: .added), .init(id: "old", result: .changed),
            .init(id: "blank", result: .unchanged),
            .init(id: "none", result: .changed), .init(id: "able", result: .added),
            .init(id: "wrong", result: .refused),
        ]
        #expect(Skillless.agents(of: report, rows: rows) == ["new", "blank", "none"])
        #expect(Skillless.note(["new", "blank"]) == "! no skills, so that no call will reach them: new, blank\n")
        #expect(Skillless.note([]) == "")
        let many = (0..<30).map { "a\($0)" }
        #expect(Skillless.note(many).hasSuffix("a18, a19 and 10 more\n"))
    }
}
