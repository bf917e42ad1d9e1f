import ArgumentParser
import Glibc
import Settings

/// `--config`: where the daemon's configuration is, which also names its databases.
struct ConfigurationFile: ParsableArguments {
    static let defaultPath = "/etc/callcenterd/callcenterd.yaml"

    @Option(
        help: ArgumentHelp(
            "The daemon's configuration file; also by CALLCENTERD_CONFIG. (default: \(defaultPath))",
            valueName: "file"
        ),
        completion: .file()
    )
    var config: String?

    /// The option, else the environment, else the default.
    var path: String {
        if let config { return config }
        if let value = getenv("CALLCENTERD_CONFIG"), value.pointee != 0 { return String(cString: value) }
        return Self.defaultPath
    }

    /// What a command says that can do nothing with it.
    static func refusal(_ error: ConfigurationError) -> Failure {
        let isMissing = error.problems.contains { $0.line == 0 && $0.text.hasPrefix("cannot be read") }
        return .refused("\(error)\(isMissing ? "; --config, or CALLCENTERD_CONFIG, names another" : "")")
    }
}
