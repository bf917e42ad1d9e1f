import SIP

extension ProvisioningRow {
    private static let expectedURI = "a SIP URI such as sip:name@192.0.2.1:5060"

    /// A SIP or SIPS URI, or nil if there is none. A wrong one is named when it is loaded, not when a call needs it.
    func uri(_ column: String) throws(RowProblem) -> String? {
        guard let text = try text(column) else { return nil }
        let scheme: URIRanges.Scheme
        do throws(GrammarError) {
            scheme = try URI(parsing: Array(text.utf8)).scheme
        } catch {
            throw RowProblem("\(column): \(ColumnValue.text(text)) is no SIP URI: \(error)")
        }
        guard scheme == .sip || scheme == .sips else {
            throw RowProblem(column, .text(text), expected: Self.expectedURI)
        }
        return text
    }

    /// A SIP or SIPS URI that may not be missing.
    func requiredURI(_ column: String) throws(RowProblem) -> String {
        guard let uri = try uri(column) else {
            throw RowProblem("\(column): is empty; expected \(Self.expectedURI)")
        }
        return uri
    }
}
