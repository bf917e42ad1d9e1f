import Testing

@testable import ccctl

@Suite("Looking into JSON")
struct RawJSONTests {
    @Test("members and elements keep their order and their text")
    func looksInside() throws {
        let value = RawJSON(#" { "b" : [1, {"x":"}],"}, "two"] , "a":{ "c" : null } } "#)
        let members = try #require(value.members)
        #expect(members.map(\.name) == ["b", "a"])
        #expect(value["b"]?.elements?.map(\.source) == ["1", #"{"x":"}],"}"#, #""two""#])
        #expect(value["a"]?.source == #"{ "c" : null }"#)
        #expect(value["a"]?["c"]?.text == "")
        #expect(value["z"] == nil)
        #expect(RawJSON("[]").elements?.isEmpty == true)
        #expect(RawJSON("{}").members?.isEmpty == true)
    }

    @Test(
        "strings are read without quotes and escapes",
        arguments: [
            (#""plain""#, "plain"), (#""a\"b\\c\/d\n\t""#, "a\"b\\c/d\n\t"),
            (#""\u00e9\ud83d\ude00\ud83d\ude01x""#, "é😀😁x"),
            (#""\ud800""#, "\u{FFFD}"), (#""\uzz""#, "\u{FFFD}"), ("12.5", "12.5"), ("true", "true"), (#""""#, ""),
        ]
    )
    func readsStrings(source: String, text: String) {
        #expect(RawJSON(source).text == text)
    }

    @Test("what is written reads back", arguments: ["a1", "\"\\\n\u{1}\u{1B}é😀", ""])
    func quotes(text: String) {
        #expect(RawJSON(RawJSON.quoted(text)).text == text)
    }

    @Test(
        "what is no JSON harms nobody",
        arguments: ["", "{", #"{"a"#, #"{"a":"#, "[1,", "]", #""\"#, "{,}", "[[", "HTTP/1.1 400"]
    )
    func survives(text: String) {
        let value = RawJSON(text)
        _ = value.members
        _ = value.elements
        _ = value.text
        #expect(value["result"] == nil)
    }
}
