import Testing

@Suite("Hydra's OAuth2Api")
struct OperationTests {
    @Test("has 28 operations")
    func operationsAreCounted() {
        #expect(Operations.all.count == 28)
    }
}
