import OAuthModel

extension HydraClient {
    /// Makes a call and gives its answer when the call accepts its status.
    ///
    /// Idempotent calls are tried again while the network fails or the server says that it is briefly away.
    func perform(_ call: Call) async throws(HydraClientError) -> Answer {
        try await self.perform(
            call, at: try self.base(call.side, for: call.operation).url(call.path, query: call.query))
    }

    func perform(_ call: Call, at url: String) async throws(HydraClientError) -> Answer {
        var call = call
        if call.side == .admin, let token = self.configuration.adminToken {
            let secret = SecretBytes(token.bytes)
            call.fields.append(("Authorization", "Bearer " + secret.text))
            call.secrets.append(secret)
        }
        try Self.check(call)
        let deadline = ContinuousClock.now + self.configuration.timeout
        var pause = Self.firstPause
        var retriesLeft = call.isIdempotent ? self.configuration.retriesMax : 0
        while true {
            let failure: HydraClientError
            do throws(HydraClientError) {
                let answer = try await self.connections.send(
                    call, to: url, bytesMax: self.configuration.responseBytesMax, within: deadline - .now)
                self.configuration.observer?(call.operation, answer.status)
                guard !call.accepts(answer.status) else { return answer }
                failure = HydraClientError(refusing: answer, to: call)
            } catch {
                failure = error
            }
            // Half of the pause is left to chance, so that many clients do not come back at once.
            let wait = failure.retryAfter ?? pause * Double.random(in: 0.5...1)
            guard retriesLeft > 0, failure.isTransient, wait < deadline - .now else { throw failure }
            retriesLeft -= 1
            pause = min(pause * 2, Self.pauseMax)
            do {
                try await Task.sleep(for: wait)
            } catch {
                throw Self.givenUp(call)
            }
        }
    }

    /// Refuses what must not be sent: bytes that end a field (RFC 9110 §5.5), and anything for a task that is over.
    private static func check(_ call: Call) throws(HydraClientError) {
        guard call.fields.allSatisfy({ $0.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }) else {
            throw HydraClientError(
                .request, .invalidArgument, operation: call.operation,
                message: "a token or a cookie has characters that no field may have")
        }
        guard !Task.isCancelled else { throw Self.givenUp(call) }
    }

    private static func givenUp(_ call: Call) -> HydraClientError {
        HydraClientError(.transport, .cancelled, operation: call.operation, message: "the call was given up")
    }

    /// The first wait before a second try; doubled for each further one.
    private static let firstPause = Duration.milliseconds(100)
    /// As long as a call may last by default: whoever allows longer ones is not kept waiting for minutes.
    private static let pauseMax = Duration.seconds(10)
}

extension HydraClient {
    /// Makes a call whose answer holds nothing to read.
    func conclude(_ call: Call) async throws(HydraClientError) {
        let answer = try await self.perform(call)
        guard !HydraClientError.isError(answer.body) else { throw HydraClientError(refusing: answer, to: call) }
    }

    /// Makes a call and reads the body of its answer, which must have a text of this name.
    func value<Value: JSONMapped>(of call: Call, requiring name: String? = nil) async throws(HydraClientError) -> Value
    {
        let answer = try await self.perform(call)
        return try self.read(answer, of: call, requiring: name)
    }

    func read<Value: JSONMapped>(
        _ answer: Answer, of call: Call, requiring name: String? = nil
    ) throws(HydraClientError) -> Value {
        let value = try self.json(answer, of: call)
        do throws(MemberProblem) {
            return try Value(reading: value, requiring: name)
        } catch {
            throw Self.unexpectedMember(error, of: call, status: answer.status)
        }
    }

    func json(_ answer: Answer, of call: Call) throws(HydraClientError) -> JSONValue {
        let value: JSONValue
        do throws(JSONError) {
            let limits = JSONLimits(depth: JSONLimits.depthMax, bytes: self.configuration.responseBytesMax)
            value = try JSONReader.read(answer.body, limits: limits)
        } catch {
            throw HydraClientError(
                .decoding, .notJSON, operation: call.operation, message: "the answer is not JSON (\(error.reason))",
                status: answer.status, cause: error)
        }
        // Read as what was asked for it would be a value in which everything is missing.
        guard !HydraClientError.isError(value) else { throw HydraClientError(refusing: answer, to: call) }
        return value
    }

    static func unexpectedMember(_ problem: MemberProblem, of call: Call, status: Int?) -> HydraClientError {
        HydraClientError(
            .decoding, .unexpectedMember, operation: call.operation, message: problem.description, status: status)
    }

    /// A path with a value of the caller's as its last step, or one before it.
    static func path(
        _ prefix: String, _ value: String, _ rest: String = "", for operation: String
    ) throws(HydraClientError) -> String {
        guard let segment = BaseURL.segment(value) else {
            throw HydraClientError(
                .request, .invalidArgument, operation: operation, message: "an id cannot be empty or a dot segment")
        }
        return prefix + segment + rest
    }
}
