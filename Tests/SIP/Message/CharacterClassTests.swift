import SIP
import Testing

@Suite("Character classes")
struct CharacterClassTests {
    static let alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    static let mark = "-_.!~*'()"

    struct Expected: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var characters: CharacterClass
        var spelled: String

        init(_ name: String, _ characters: CharacterClass, _ spelled: String) {
            testDescription = name
            self.characters = characters
            self.spelled = spelled
        }
    }

    @Test(
        "The bitmaps are the sets of RFC 3261 section 25.1",
        arguments: [
            Expected("token", .token, alphanumeric + "-.!%*_+`'~"),
            Expected("host", .host, alphanumeric + "-._"),
            Expected("user", .user, alphanumeric + mark + "&=+$,;?/" + "#"),
            Expected("password", .password, alphanumeric + mark + "&=+$,"),
            Expected("URI parameter", .parameter, alphanumeric + mark + "[]/:&+$"),
            Expected("telephone", .telephone, "0123456789abcdefABCDEF+-.()*#"),
        ]
    )
    func bitmaps(expected: Expected) {
        let spelled = Set(expected.spelled.utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(expected.characters.contains(byte) == spelled.contains(byte), "\(byte)")
        }
    }
}
