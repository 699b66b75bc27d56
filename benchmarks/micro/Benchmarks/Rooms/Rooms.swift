import Benchmark
import Operations

/// The same operations under `swift package benchmark`: percentiles, instructions, comparisons with an earlier run.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .cpuUser, .throughput], warmupIterations: 3, scalingFactor: .kilo,
        maxDuration: .seconds(1), maxIterations: 1_000)
    let operations: [Operation]
    do {
        operations = try Operations.all()
    } catch {
        fatalError("the operations cannot be made: \(error)")
    }
    for operation in operations {
        Benchmark(operation.name) { benchmark in
            let count = benchmark.scaledIterations.count
            guard try operation.run(count) == count else { benchmark.error("it did not come out as it should"); return }
        }
    }
}
