import Glibc

/// What users of this machine are called.
enum UserName {
    /// `anna (uid 1000)`; `uid 1000` if nobody knows the name.
    static func of(_ user: UInt32) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
        else {
            return "uid \(user)"
        }
        return "\(String(cString: name)) (uid \(user))"
    }
}
