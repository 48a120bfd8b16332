import CAllocationCounter
import Logging
import StreamIO
import Testing
import Windowing

@testable import sigstreamd

/// What a window costs in allocations once all storage is there.
@Suite(.enabled(if: ac_is_counting())) struct AllocationTests {
  /// The live path on this thread, one step after the other.
  struct Path: ~Copyable {
    static let batch = 8
    var processor: FeedProcessor
    let queue: BatchQueue
    let worker: Worker
    let publisher: Publisher
    let socket: ZeroMQSocket
    var workerMemory: Worker.Memory
    var publisherMemory = Publisher.Memory()
    private let format: FeedConfiguration.Format
    private var place = 0

    init(_ format: FeedConfiguration.Format) throws {
      self.format = format
      let socket = try ZeroMQSocket(ZeroMQContext(), .publish)
      try socket.bind("tcp://127.0.0.1:*")
      var feed = try PipelineHarness.feed()
      feed.window = .init(lengthSamples: 16, hopSamples: 16)
      feed.format = format
      let (clock, logger, counters) = (PipelineClock.system, Logger(label: "test"), FeedCounters(feed: "ecg"))
      let live = LiveFeed(place: 0, counters: counters)
      let queue = BatchQueue(
        BatchLanes(feeds: [LaneFeed()], maximumBatch: Self.batch, maximumDelayNanoseconds: 0, capacity: 100),
        clock: clock)
      processor = FeedProcessor(feed, channels: 1, counters: counters, clock: clock, logger: logger) {
        _ = queue.append(PendingWindow(feed: live, stream: $0, window: $1), samples: $3)
      }
      let models = ModelLanes(["m": ConstantClassifier.model])
      worker = Worker(
        number: 0, models: models, queue: queue,
        pulse: WorkerPulse(workers: 1, trialInterval: .seconds(5), clock: clock),
        times: StageTimes(), clock: clock, logger: logger, output: { _ in })
      workerMemory = Worker.Memory()
      publisher = Publisher(
        OutputConfiguration(endpoint: .defaultOutput), keys: .none, times: StageTimes(),
        losses: LossLog(clock: clock, logger: logger), feeds: { [live] }, timing: PipelineTiming(), clock: clock,
        logger: logger, onHeartbeat: { _ in },
        recycle: { _ in })
      self.socket = socket
      self.queue = queue
    }

    /// A message of the stream that completes as many windows as a batch has.
    mutating func message() -> MessageBytes {
      let frames = 16 * Self.batch
      defer { place += frames }
      let payload = [UInt8](repeating: 0, count: 4 * frames)
      switch format {
      case .array:
        return MessageBytes(
          header:
            #"{"dtype":"float32","shape":[\#(frames),1],"source":"bed-3","start":\#(place),"t_us":1700000000000000}"#,
          payload: payload)
      case .openEphys:
        return FeedProcessorTests.openEphys(channel: 12, start: place, count: frames, rate: 1000)
      case .gnuRadio:
        let offset = withUnsafeBytes(of: UInt64(place).littleEndian) { Array($0) }
        // A tag, symbol and null, of no source.
        let tag = offset + [0x02, 0, 1, 0x41, 0x06, 0x01]
        let header = [0xF0, 0x5F, 0x01] + offset + [1, 0, 0, 0, 0, 0, 0, 0] + tag
        return MessageBytes([Array("bed-3".utf8), header + payload])
      case .raw: return MessageBytes([payload])
      }
    }

    /// Takes a message through all steps.
    ///
    /// - Returns: the allocations of each.
    mutating func run() -> (feed: UInt64, queue: UInt64, worker: UInt64, publisher: UInt64) {
      let message = message()
      let start = ac_allocations()
      processor.process(message)
      let fed = ac_allocations()
      guard var batch = queue.nextBatch() else { return (.max, .max, .max, .max) }
      let taken = ac_allocations()
      worker.classify(&batch, &workerMemory)
      let classified = ac_allocations()
      publisher.publish(batch, socket, &publisherMemory)
      let published = ac_allocations()
      queue.recycle(&batch)
      return (
        fed - start, taken - fed + ac_allocations() - published, classified - taken, published - classified
      )
    }
  }

  /// Answers without a network, in the storage that it is given.
  struct ConstantClassifier: WindowClassifier {
    func tryOut() {}

    static let model = ServedModel(
      labels: ["N", "S", "V"], channels: 1, identity: "0123456789abcdef"
    ) {
      ConstantClassifier()
    }

    func classify(_ windows: [[Float]], into outcomes: inout [Classification]) {
      for index in windows.indices {
        outcomes[index].probabilities.removeAll(keepingCapacity: true)
        for _ in 0..<3 { outcomes[index].probabilities.append(windows[index][0] + 1 / 3) }
        (outcomes[index].anomaly, outcomes[index].pValue) = (1.31, 0.21)
      }
    }
  }

  @Test func theCounterCounts() {
    let before = ac_allocations()
    let array = [Int](repeating: 1, count: 1000)
    #expect(array.count == 1000 && ac_allocations() > before)
  }

  @Test func conditioningAllocatesNothing() throws {
    var stream = StreamWindower(
      geometry: WindowGeometry(lengthSamples: 16, hopSamples: 20, channels: 2), sampleRateHz: 360,
      conditioning: try SignalConditioning(from: 360, to: 250, filters: [.highpass(0.5, order: 2), .notch(50, q: 30)]))
    // 500 frames at 250 Hz: 25 windows of each message.
    let message = [Float](repeating: 1, count: 2 * 720)
    var windows = 0
    func allocations() -> UInt64 {
      let before = ac_allocations()
      stream.append(message.span, at: BlockPosition(arrivalMicroseconds: 0)) { _, _ in windows += 1 }
      return ac_allocations() - before
    }
    for _ in 0..<20 { _ = allocations() }
    #if DEBUG
      let expected = allocations()
    #else
      let expected = UInt64(0)
    #endif
    for _ in 0..<50 { #expect(allocations() == expected) }
    #expect(windows > 69 * 25)
  }

  static func formats() throws -> [FeedConfiguration.Format] {
    let layout = try #require(SampleLayout(elementType: "float32", channels: 1))
    return [.array, .openEphys, .gnuRadio(layout, hasTags: true), .raw(layout)]
  }

  /// Optimised, nothing at all: `swift test -c release -Xswiftc -enable-testing --filter AllocationTests`. Unoptimised
  /// code allocates for generics and closures wherever it goes, but never more from one window to the next.
  @Test(arguments: try formats())
  func aWindowAllocatesNothingOnItsWay(format: FeedConfiguration.Format) throws {
    var path = try Path(format)
    for _ in 0..<20 { _ = path.run() }
    #if DEBUG
      let expected = path.run()
    #else
      // libzmq copies the body of each result; topics are short enough to have no storage of their own.
      let expected = (feed: UInt64(0), queue: UInt64(0), worker: UInt64(0), publisher: UInt64(Path.batch))
    #endif
    for _ in 0..<50 {
      let allocations = path.run()
      #expect(allocations == expected)
    }
  }
}
