/// What can be fuzzed; the name of the program says which one runs, so that libFuzzer's own arguments stay as they are.
///
/// `deploy/fuzz` makes a link of each name to the one program.
enum FuzzTarget: String, CaseIterable, Sendable {
    case requestHead = "request-head"
    case responseHead = "response-head"
    case chunked
    case requestTarget = "request-target"
    case authorizationField = "authorization-field"
    case compactJWS = "compact-jws"
    case jwtClaims = "jwt-claims"
    case keySet = "key-set"
    case json
    case form
    case introspectionAnswer = "introspection-answer"
    case configuration
    case exchange

    /// Reads one input and ends the process where a rule is broken.
    func run(_ bytes: [UInt8]) {
        switch self {
        case .requestHead: RequestHeadTarget.run(bytes)
        case .responseHead: ResponseHeadTarget.run(bytes)
        case .chunked: ChunkedTarget.run(bytes)
        case .requestTarget: RequestTargetTarget.run(bytes)
        case .authorizationField: AuthorizationFieldTarget.run(bytes)
        case .compactJWS: CompactJWSTarget.run(bytes)
        case .jwtClaims: JWTClaimsTarget.run(bytes)
        case .keySet: KeySetTarget.run(bytes)
        case .json: JSONTarget.run(bytes)
        case .form: FormTarget.run(bytes)
        case .introspectionAnswer: IntrospectionAnswerTarget.run(bytes)
        case .configuration: ConfigurationTarget.run(bytes)
        case .exchange: ExchangeTarget.run(bytes)
        }
    }

    /// The target that this process is called after.
    static let chosen: FuzzTarget = {
        let name = CommandLine.arguments[0].split(separator: "/").last.map(String.init) ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: " ")
            end("no fuzz target is called `\(name)`; call the program by one of these names: \(names)")
        }
        return target
    }()
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
