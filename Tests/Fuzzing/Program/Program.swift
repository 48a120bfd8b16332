import FuzzDriver

@testable import sigstreamd

/// The decoders of what is configured and asked for.
@main enum Program {
  static func main() {
    Fuzzer.run([configuration, dataset, catchUp, results] + keys)
  }

  private static let requests = [["REPLAY", "ecg/bed/3", "0", "10", "20"], ["SNAP"], ["SNAP", "ecg/bed"]].map {
    $0.map { Array($0.utf8) }
  }

  /// Requests for what was missed: the frames between separators.
  static let catchUp = Fuzzer("catch-up", seeds: requests.map(joined)) { bytes in
    let frames = parts(bytes).map { String(decoding: $0, as: UTF8.self) }
    do throws(CatchUpRequestError) {
      let request = try CatchUpRequest(frames)
      if case .replay(let feed, let stream, let epoch, let sequences) = request {
        let again = ["REPLAY", "\(feed)/\(stream)", "\(epoch)", "\(sequences.lowerBound)", "\(sequences.upperBound)"]
        require(try CatchUpRequest(again) == request, "a request that is written is read again")
      }
    } catch {
      require(!error.message.unicodeScalars.contains { $0.value < 32 }, "a message in one line")
    }
  }
}
