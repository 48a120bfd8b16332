package import Classifier
import Foundation
import SwiftProtobuf

/// A model as an ONNX file, for other inference engines.
///
/// The graph takes raw samples `windows [B, C, L]`, for the input scaling is its first layer, and gives `logits` and
/// `probabilities` `[B, K]` and the `embedding` `[B, D]`. All samples count: there is no padding.
package struct ONNXExport: Sendable {
  package enum Batch: Sendable, Equatable {
    /// Any number of windows, by the name `batch`.
    case dynamic
    /// So many windows at every call; engines may then plan ahead.
    case fixed(Int)
  }

  /// Opsets that the graph can be written for. From 18 on mish is one node.
  package static let opsets = 17...23

  private let batch: Batch
  private let opset: Int
  private let program: (name: String, version: String)

  /// - Parameters:
  ///   - batch: windows per call, at least 1 where fixed.
  ///   - opset: one of ``opsets``.
  ///   - program: who makes the file.
  package init(batch: Batch, opset: Int, program: (name: String, version: String)) {
    precondition(Self.opsets.contains(opset) && batch != .fixed(0))
    self.batch = batch
    self.opset = opset
    self.program = program
  }

  /// The model does not fit into the format.
  package struct TooLarge: Error, CustomStringConvertible {
    package let description: String
  }

  /// The file's bytes; the same for the same model.
  package func encode(_ model: Model) throws(TooLarge) -> [UInt8] {
    let (parameters, most) = (model.architecture.parameterCount, 1 << 28)
    guard parameters < most else {
      throw TooLarge(description: "the model has \(parameters) parameters, an ONNX file less than 2 GiB of them")
    }
    do {
      return try message(model).serializedBytes()
    } catch {
      throw TooLarge(description: "the model does not fit into an ONNX file (\(error))")
    }
  }

  private func message(_ model: Model) -> ONNXModel {
    var message = ONNXModel()
    message.irVersion = Self.irVersion(opset: opset)
    message.producerName = program.name
    message.producerVersion = program.version
    message.docString =
      "windows: raw samples [batch, channels, samples]; the scaling of the input is part of the graph."
    message.opsetImport = [ONNXOperatorSet.with { $0.version = Int64(opset) }]
    message.metadataProps = properties(model)
    message.graph = graph(model)
    return message
  }

  private func graph(_ model: Model) -> ONNXGraph {
    let architecture = model.architecture
    let tokens = model.input.window / Architecture.samplesPerToken
    var builder = GraphBuilder(model, opset: opset)
    var x = builder.backbone(builder.scaled(GraphBuilder.Value(name: "windows"), model.input), architecture)
    for n in 0..<architecture.layers {
      x = builder.encoderLayer(x, "layers.\(n)", architecture, tokens: tokens)
    }
    let embedding = builder.pooled(x, output: "embedding")
    let logits = builder.classified(embedding, output: "logits")
    _ = builder.node("Softmax", [logits], "probabilities", .integer("axis", -1))
    return builder.graph(
      named: "sigstreamd", input: information("windows", [architecture.inputChannels, model.input.window]),
      outputs: [
        information("logits", [architecture.classes]), information("embedding", [architecture.dim]),
        information("probabilities", [architecture.classes]),
      ])
  }

  /// A float32 value of the graph's border: the batch, then `extents`.
  private func information(_ name: String, _ extents: [Int]) -> ONNXValueInfo {
    var type = ONNXTensorType()
    type.elemType = .float
    type.shape.dim = [
      ONNXDimension.with {
        switch batch {
        case .dynamic: $0.dimParam = "batch"
        case .fixed(let windows): $0.dimValue = Int64(windows)
        }
      }
    ]
    type.shape.dim += extents.map { extent in ONNXDimension.with { $0.dimValue = Int64(extent) } }
    return ONNXValueInfo.with {
      $0.name = name
      $0.type.tensorType = type
    }
  }

  /// What a program needs to use the answers, as strings; the labels are a JSON array.
  private func properties(_ model: Model) -> [ONNXProperty] {
    let labels = (try? JSONEncoder().encode(model.labels)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    let values =
      [
        ("identity", model.identity), ("labels", labels), ("sampleRate", "\(model.input.sampleRate)"),
        ("window", "\(model.input.window)"),
      ] + (model.input.filters.map { [("filters", $0)] } ?? [])
    return values.map { key, value in
      ONNXProperty.with {
        $0.key = key
        $0.value = value
      }
    }
  }

  /// The oldest version of the file format that an opset goes with, by ONNX's table of versions.
  private static func irVersion(opset: Int) -> Int64 {
    switch opset {
    case ...18: 8
    case 19, 20: 9
    case 21, 22: 10
    default: 11
    }
  }
}
