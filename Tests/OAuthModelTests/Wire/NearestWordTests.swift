import OAuthModel
import Testing

@Suite struct NearestWordTests {
    @Test(
        "A word that is nearly a known one is suggested",
        arguments: [
            ("scope", "scopes"), ("time-out", "timeout"), ("Upstream", "upstream"),
            ("autorization_server", "authorization_server"),
        ])
    func suggests(word: String, nearest: String) {
        let known = ["scopes", "timeout", "upstream", "authorization_server", "path"]
        #expect(NearestWord.remedy(for: word, among: known) == "did you mean `\(nearest)`?")
    }

    @Test("A word that resembles none is answered with all of them")
    func listsKnownWords() {
        #expect(NearestWord.remedy(for: "colour", among: ["name", "paths"]) == "known are `name`, `paths`")
    }

    @Test("Where nothing is known there is nothing to suggest")
    func knowsNone() { #expect(NearestWord.remedy(for: "colour", among: []) == "leave it out") }

    @Test("Of very many the first two dozen are shown, and how many more there are", arguments: [24, 25, 50])
    func showsTheFirst(count: Int) {
        let known = (0..<count).map { "member-number-\($0)" }
        let remedy = NearestWord.remedy(for: "x", among: known)
        #expect(remedy.split(separator: ", ").count == 24)
        #expect(remedy.hasSuffix(count > 24 ? "`member-number-23` and \(count - 24) more" : "`member-number-23`"))
    }
}
