import Testing

@testable import sigstreamd

/// A feed against the model it names.
struct ModelSummaryTests {
  private let model = ModelSummary(
    labels: ["N", "V"], sampleRateHz: 360, windowSamples: 1024, channels: 1, identity: String(repeating: "a", count: 64)
  )

  private func feed(_ original: String = "", _ changed: String = "") throws -> FeedConfiguration {
    let text = original.isEmpty ? ConfigurationSample.text : ConfigurationSample.text.replacing(original, with: changed)
    return try #require(ConfigurationSample.parse(text).feeds.first)
  }

  private func message(_ feed: FeedConfiguration, _ model: ModelSummary) -> String? {
    do throws(ConfigurationError) {
      try feed.check(against: model)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func feedThatFitsPasses() throws {
    #expect(try message(feed(), model) == nil)
    var wide = model
    wide.channels = 12
    #expect(try message(feed("select: [ 2 ]", "select: [ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 ]"), wide) == nil)
  }

  @Test func anyRateFits() throws {
    #expect(try message(feed("sampleRate: 360", "sampleRate: 250"), model) == nil)
  }

  @Test func otherWindowIsRefusedAtItsLine() throws {
    #expect(
      try message(feed("length: 1024", "length: 512"), model)
        == "sigstreamd.yaml:21: feeds[0].window.length: windows of 512 samples, but the model "
        + "/etc/sigstreamd/models/own.safetensors takes 1024: write 'length: 1024'")
  }

  @Test func separateChannelsNeedAModelOfOne() throws {
    var wide = model
    wide.channels = 2
    let feed = try feed("channels: together", "channels: separate")
    #expect(message(feed, model) == nil)
    #expect(message(feed, wide)?.hasPrefix("sigstreamd.yaml:13: feeds[0].channels: 'separate' makes") == true)
  }
}
