import Management
import Testing

@Suite("JSON")
struct JSONTests {
    static let values: [(text: String, value: JSONValue)] = [
        ("null", JSONValue.null),
        (" true ", true),
        ("-0", 0),
        ("9223372036854775807", .integer(.max)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ("1.5e2", .number(150)),
        (#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, "a\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F600}"),
        ("\"\u{E9}\u{1F600}\"", "\u{E9}\u{1F600}"),
        ("[]", []),
        ("[1 , [2], {}]", [1, [2], .object([])]),
        (#"{"b":1,"a":{"c":null}}"#, ["b": 1, "a": ["c": .null]]),
    ]

    @Test("reads what RFC 8259 allows", arguments: values)
    func reads(text: String, value: JSONValue) throws {
        #expect(try JSONReader.read(Array(text.utf8)) == value)
    }

    @Test(
        "refuses all else, saying what was expected and where",
        arguments: [
            ("", "expected a value, found the end at byte 0"),
            ("{", "expected a member name, found the end at byte 1"),
            (#"{"a":1,}"#, "expected a member name at byte 7"),
            (#"{"a" 1}"#, "expected ':' at byte 5"),
            ("[1 2]", "expected ',' or ']' at byte 3"),
            ("[1,]", "expected a value at byte 3"),
            ("1 1", "expected the end of the text at byte 2"),
            ("01", "expected the end of the text at byte 1"),
            ("1.", "expected a digit, found the end at byte 2"),
            ("1e999", "number out of range, found the end at byte 5"),
            ("+1", "expected a value at byte 0"),
            ("nul", "expected a value at byte 0"),
            ("'a'", "expected a value at byte 0"),
            ("\"a\nb\"", "control character in a string at byte 2"),
            ("\"a", "unfinished string, found the end at byte 2"),
            (#""\x""#, "unknown escape at byte 2"),
            (#""\u12g4""#, "expected four hexadecimal digits at byte 5"),
            (#""\ud800""#, "lone surrogate at byte 7"),
            (#""\ud800\u0041""#, "lone surrogate at byte 13"),
            (#""\udc00\ud800""#, "lone surrogate at byte 7"),
        ]
    )
    func refuses(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try JSONReader.read(Array(text.utf8)) }
        #expect(error?.description == message)
    }

    @Test("refuses strings that are not UTF-8")
    func refusesBrokenUTF8() {
        let error = #expect(throws: JSONError.self) { try JSONReader.read([0x22, 0xC3, 0x28, 0x22]) }
        #expect(error?.description == "string is not valid UTF-8 at byte 1")
    }

    @Test("nests as deep as the bound and no deeper", arguments: ["[", #"{"a":"#])
    func bounds(opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: opening, count: depth) + "0" + String(repeating: closing, count: depth)).utf8)
        }
        _ = try JSONReader.read(nested(JSONReader.maximumDepth))
        #expect(throws: JSONError.self) { try JSONReader.read(nested(JSONReader.maximumDepth + 1)) }
        #expect(throws: JSONError.self) { try JSONReader.read(nested(400_000)) }
    }

    static let texts: [(value: JSONValue, text: String)] = [
        (["b": 1, "a": [true, .null, .number(1.5)]], #"{"b":1,"a":[true,null,1.5]}"#),
        ("a\"\\\n\r\t\u{1}\u{1B}", #""a\"\\\n\r\t\u0001\u001b""#),
        ("\u{7F}\u{9B}\u{E9}", "\"\\u007f\\u009b\u{E9}\""),
        (.object([]), "{}"),
    ]

    @Test("writes one line, in order, that reads back as the same", arguments: texts)
    func writes(value: JSONValue, text: String) throws {
        #expect(value.text == text)
        #expect(try JSONReader.read(value.bytes) == value)
    }

    @Test("has no infinities, and counts that do not fit are the largest that do")
    func clamps() {
        #expect(JSONValue.number(.infinity).text == "null")
        #expect(JSONValue.count(UInt64.max) == .integer(.max))
    }
}
