import Glibc
import Management
import SIP
import Settings
import Store
import Transport

/// The files that the configuration names. A start needs them all, so `--check` and a reload look at them before anything is
/// given up for the new configuration.
enum NamedFiles {
    /// Reads them, and keeps nothing.
    ///
    /// - Parameter file: the configuration file.
    /// - Throws: the first that cannot be used, by its key and by where that stands.
    static func check(_ configuration: Configuration, file: String) throws(StartError) {
        do {
            if let path = configuration.httpTokenFile { _ = try TokenStore(path: path) }
            try HTTPService.Configuration(configuration).tls?.check()
            if configuration.sip.listen.contains(where: { $0.transport == .tls }) {
                try TLSSettings(configuration.sip.tls).check()
            }
        } catch {
            throw StartError(error, file: file)
        }
        for folder in folders(configuration) where !folder.exists && !folder.isOfServiceManager {
            throw .configuration(described(folder, file))
        }
    }

    /// For a start: by now even the service manager has made its folders, and what is missing is better said before anything is opened.
    static func checkFolders(_ configuration: Configuration, file: String) throws(StartError) {
        for folder in folders(configuration) where !folder.exists {
            throw .system(described(folder, file), errno: ENOENT)
        }
    }

    /// What is right, and yet hardly meant: of the file, of the environment, and of folders; a line each.
    static func cautions(_ configuration: Configuration, file: String) -> [String] {
        var lines = configuration.cautions(file: file).map(\.description)
        for folder in folders(configuration) where !folder.exists && folder.isOfServiceManager {
            lines.append(
                "\(described(folder, file)); the unit of systemd makes /run/callcenterd, without a folder a start fails"
            )
        }
        let parent = Folder(of: configuration.stateDirectory, key: "state_directory")
        if !parent.exists { lines.append("\(described(parent, file)); a start makes it if it may") }
        for folder in databaseFolders(configuration) where !folder.exists {
            lines.append("\(described(folder, file)); until then that database is away")
        }
        return lines
    }

    /// Those that must be there already.
    private static func folders(_ configuration: Configuration) -> [Folder] {
        var folders = [Folder(of: configuration.managementSocket, key: "mi.socket")]
        if let path = configuration.managementFIFO { folders.append(Folder(of: path, key: "mi.fifo")) }
        return folders.filter { !$0.isMade(with: configuration.stateDirectory) }
    }

    /// SQLite makes files, and no folders.
    private static func databaseFolders(_ configuration: Configuration) -> [Folder] {
        let urls = [
            ("db_url", configuration.databaseURL), ("acc_db_url", configuration.recordsDatabaseURL),
            ("rt_db_url", configuration.runtimeDatabaseURL),
        ]
        return urls.compactMap { key, url in
            guard case .sqlite(let path)? = url.flatMap({ try? DatabaseURL($0) }) else { return nil }
            let folder = Folder(of: path, key: key)
            return folder.isMade(with: configuration.stateDirectory) ? nil : folder
        }
    }

    private static func described(_ folder: Folder, _ file: String) -> String {
        let place = Configuration.place(of: folder.key, file: file).map { "\($0): " } ?? ""
        return "\(place)\(folder.key): \(folder.path): there is no folder \(folder.folder)"
    }

    /// Where something is to be made.
    private struct Folder {
        let key: String
        /// Of what is to be made.
        let path: String
        let folder: String

        init(of path: String, key: String) {
            self.key = key
            self.path = path
            folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        }

        var exists: Bool { folder.isEmpty || access(folder, F_OK) == 0 }

        /// Whether it is this folder of the state, which a start makes first, or one on the way to it.
        func isMade(with state: String) -> Bool { "\(state)/".hasPrefix("\(folder)/") }

        /// What lies below /run may be made by the service manager at the start only.
        var isOfServiceManager: Bool { folder.hasPrefix("/run/") }
    }
}
