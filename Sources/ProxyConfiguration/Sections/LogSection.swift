/// `log`: the log and the access log (SPEC §8).
package struct LogSection: ConfigurationSection {
    package static let title = "log"

    /// JSON lines for machines, text for a terminal.
    /// - `log.format` (word, optional, default: json): `json` or `text`
    static let format = ConfigurationKey.defaulted(
        "format", .choice(["json": LogSettings.Format.json, "text": .text]), "json",
        "JSON lines, or text for a terminal.")
    /// The least severe message that the log holds.
    /// - `log.level` (word, optional, default: info): `trace`, `debug`, `info`, `notice`, `warning`, `error` or
    ///   `critical`
    static let level = ConfigurationKey.defaulted(
        "level",
        .choice([
            "trace": LogSettings.Level.trace, "debug": .debug, "info": .info, "notice": .notice, "warning": .warning,
            "error": .error, "critical": .critical,
        ]), "info", "The least severe message that the log holds.")
    /// Where one line a request goes.
    /// - `log.access` (word or path, optional, default: stdout): `stdout`, `off`, or a file, opened again on SIGHUP
    static let access = ConfigurationKey.defaulted(
        "access", .text("`stdout`, `off` or a file", bytesMax: 4_096), "stdout",
        "Where one line a request goes: stdout, off or a file.")
    /// Which part of the allowed requests the access log holds; refusals are always there.
    /// - `log.sample_allowed` (number, optional, default: 1.0, range: 0…1)
    static let sampleAllowed = ConfigurationKey.defaulted(
        "sample_allowed", .fraction, "1.0", "Which part of the allowed requests the access log holds.")

    package static let keys: [any ConfigurationKeyDescription] = [format, level, access, sampleAllowed]

    let format: Written<LogSettings.Format>
    let level: Written<LogSettings.Level>
    let access: Written<String>
    let sampleAllowed: Written<Double>

    package init(reading reader: SectionReader) {
        self.format = reader.value(Self.format)
        self.level = reader.value(Self.level)
        self.access = reader.value(Self.access)
        self.sampleAllowed = reader.value(Self.sampleAllowed)
    }
}
