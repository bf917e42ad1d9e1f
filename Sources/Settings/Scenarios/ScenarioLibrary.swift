package import Exchange
import Foundation

/// The scenarios of a folder: every file in it whose name ends with `.yaml` is one (CALLS.md section 1).
package struct ScenarioLibrary: Sendable, Equatable {
    /// By name.
    package private(set) var scenarios: [String: Scenario] = [:]
    /// What is wrong with the files; those scenarios are not there.
    package private(set) var problems: [ConfigurationError.Problem] = []

    /// Reads a folder. One that is not there, or cannot be read, has no scenarios. The shipped one is known everywhere, so that a
    /// program that was never installed can run; a file of its name comes before it.
    package init(folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.sorted() where name.hasSuffix(".yaml") {
            let file = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            do throws(ConfigurationError) {
                let scenario = try Scenario.load(file: file)
                if scenarios[scenario.name] == nil {
                    scenarios[scenario.name] = scenario
                } else {
                    let text = "\"\(scenario.name)\" is the name of another file, too; expected one of its own"
                    problems.append(.init(file: file, line: 1, column: 1, key: "name", text: text))
                }
            } catch {
                problems += error.problems
            }
        }
        let shipped = Scenario()
        if scenarios[shipped.name] == nil { scenarios[shipped.name] = shipped }
    }

    /// Alphabetically.
    package var names: [String] { scenarios.keys.sorted() }
}

extension Scenario {
    /// Reads one file. Everything that is wrong with it is in the error.
    package static func load(file: String) throws(ConfigurationError) -> Scenario {
        let problems = ProblemList(file: file)
        guard let root = try Configuration.compose(Configuration.text(of: file), file: file) else {
            throw ConfigurationError(problems: [
                .init(file: file, line: 0, column: 0, key: "", text: "is empty; expected a scenario with a name")
            ])
        }
        let scenario = ScenarioReader().read(Field(root, path: "", line: 1, column: 1, problems: problems))
        guard problems.isEmpty, let scenario else { throw problems.error }
        return scenario
    }
}
