import Glibc
import Store

extension DatabaseURL {
    /// Runs what opens, uses and closes this database. If it is a file, root does so as the owner of its folder: what is made is then
    /// his, whose service is to use it, and a link that he has laid there leads no further than he may go himself.
    func asOwner<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
        guard case .sqlite(let path) = self, geteuid() == 0 else { return try body() }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        var status = stat()
        guard stat(folder, &status) == 0, status.st_uid != 0 else { return try body() }
        let mask = umask(0o077)
        defer { umask(mask) }
        var group = status.st_gid
        guard setgroups(1, &group) == 0, setegid(group) == 0, seteuid(status.st_uid) == 0 else {
            let problem = "cannot act as uid \(status.st_uid), who owns \(folder)"
            throw StoreError(.unusable, database: "\(self)", problem)
        }
        defer {
            // Real and saved IDs are still root's, so that neither can be refused.
            _ = seteuid(0)
            _ = setegid(0)
        }
        return try body()
    }
}
