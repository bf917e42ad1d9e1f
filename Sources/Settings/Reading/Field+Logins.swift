extension Field {
    /// An entry of `sip.users` or `sip.credentials`. No complaint shows a password.
    func login(withRealm: Bool) -> Configuration.Login? {
        let shape =
            withRealm ? "{realm: REALM, username: NAME, password: PASSWORD}" : "{username: NAME, password: PASSWORD}"
        guard isMapping else { return complain("is no login; expected \(shape)") }
        let section = Section(self, known: withRealm ? ["realm", "username", "password"] : ["username", "password"])
        guard let username = section["username"]?.scalar, let password = section["password"]?.scalar,
            !username.isEmpty, !password.isEmpty
        else { return complain("has no username or no password; expected \(shape)") }
        guard username.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ":") }) else {
            return complain("has a username that cannot be used; expected no ':' and no control characters in it")
        }
        return Configuration.Login(
            realm: section["realm"]?.scalar ?? "*",
            username: username,
            password: password
        )
    }
}
