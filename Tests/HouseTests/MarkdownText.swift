/// What the tests read out of a Markdown file.
struct MarkdownText {
    private let lines: [Substring]

    init(_ text: String) { self.lines = text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The contents of fenced blocks in one language.
    func blocks(_ language: String) -> [String] {
        var blocks: [String] = []
        var block: [Substring]?
        for line in self.lines {
            if line == "```" {
                if let lines = block { blocks.append(lines.joined(separator: "\n") + "\n") }
                block = nil
            } else if line == "```\(language)" {
                block = []
            } else {
                block?.append(line)
            }
        }
        return blocks
    }

    /// The cells of the table whose heading row holds these words, one list a row.
    func table(headed headings: [String]) -> [[String]] {
        let start = self.lines.firstIndex { Self.cells($0) == headings }
        guard let start else { return [] }
        return self.lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map(Self.cells)
    }

    /// Targets of links to files of the repository.
    var linkedFiles: [String] {
        self.lines.flatMap { line in
            line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
                rest.split(separator: ")", omittingEmptySubsequences: false).first.map(String.init)
            }
        }.filter { !$0.contains("://") && !$0.hasPrefix("#") }
    }

    /// Words in backticks.
    static func codeWords(in text: String) -> [String] {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    private static func cells(_ line: Substring) -> [String] {
        guard line.hasPrefix("|") else { return [] }
        return line.split(separator: "|").map { cell in
            var cell = cell[...]
            while cell.first == " " { cell.removeFirst() }
            while cell.last == " " { cell.removeLast() }
            return String(cell)
        }
    }
}
