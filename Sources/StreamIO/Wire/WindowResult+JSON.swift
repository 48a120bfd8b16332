package import Foundation

extension WindowResult {
  /// Appends the first frame: `label/<feed>/<stream>/`. The last slash keeps `…/bed-1/` from matching `bed-10`.
  package func appendTopic(to bytes: inout [UInt8]) {
    bytes.appendText("label/")
    bytes.appendText(feed)
    bytes.append(UInt8(ascii: "/"))
    bytes.appendText(stream)
    bytes.append(UInt8(ascii: "/"))
  }

  /// Appends the second frame: one line of JSON with its keys sorted. Every number must be finite.
  ///
  /// Written without an encoder, because there is one for each window: see `JSONValue`.
  package func appendBody(to bytes: inout [UInt8]) {
    bytes.appendMember("{\"age_us\":", ageMicroseconds)
    bytes.appendMember(",\"anomaly\":", anomaly)
    bytes.appendMember(",\"confidence\":", confidence)
    bytes.appendMember(",\"end\":", endSample)
    bytes.appendMember(",\"epoch\":", epoch)
    bytes.appendMember(",\"feed\":", feed)
    bytes.appendMember(",\"label\":", label)
    bytes.appendMember(",\"late\":", isLate)
    bytes.appendMember(",\"masked\":", isMasked)
    bytes.appendMember(",\"model\":", model)
    bytes.appendMember(",\"p_value\":", pValue)
    bytes.appendMember(",\"probabilities\":", probabilities)
    bytes.appendMember(",\"seq\":", sequence)
    bytes.appendMember(",\"sig\":", version)
    bytes.appendMember(",\"start\":", startSample)
    bytes.appendMember(",\"status\":", status.rawValue)
    bytes.appendMember(",\"stream\":", stream)
    bytes.appendMember(",\"t_end_us\":", endMicroseconds)
    bytes.appendMember(",\"t_pub_us\":", publishedMicroseconds)
    bytes.appendMember(",\"t_start_us\":", startMicroseconds)
    bytes.append(UInt8(ascii: "}"))
  }

  /// The first frame.
  package var topic: Data {
    var bytes: [UInt8] = []
    appendTopic(to: &bytes)
    return Data(bytes)
  }

  /// The second frame.
  package func encode() -> Data {
    var bytes: [UInt8] = []
    appendBody(to: &bytes)
    return Data(bytes)
  }
}
