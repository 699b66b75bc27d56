import Glibc

/// Holds the product to a rule: where it is broken, the process ends and libFuzzer keeps the input.
func insist(_ holds: Bool, _ rule: @autoclosure () -> String) {
    if !holds { end("finding: \(rule())") }
}

/// The value, which a rule says is there.
func insist<Value>(_ value: Value?, _ rule: @autoclosure () -> String) -> Value {
    guard let value else { end("finding: \(rule())") }
    return value
}

/// Says why and stops the process as a crash does.
///
/// A trap of an optimised build would say nothing.
func end(_ message: String) -> Never {
    let line = Array("\(message)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    abort()
}
