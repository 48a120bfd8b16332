import Testing

@testable import sigstreamd

@Suite struct YAMLDocumentTests {
  /// Lists of two, each of the one before: `steps` of them stand for 2^steps values.
  private static func doubling(_ steps: Int) -> String {
    "l0: &l0 [ a, a ]\n" + (1...steps).map { "l\($0): &l\($0) [ *l\($0 - 1), *l\($0 - 1) ]\n" }.joined()
  }

  @Test(arguments: ["l64: *l40\n", "? *l40\n: x\n"]) func aliasesThatMultiplyAreRefusedAtOnce(last: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try YAMLDocument.parse(Self.doubling(40) + last, file: "f.yaml")
    }
    #expect(error?.message.contains("aliases") == true)
  }

  @Test func aliasesStandForWhatTheyName() throws {
    let entries = try YAMLDocument.parse(Self.doubling(4) + "x: *l0\n", file: "f.yaml").entries()
    #expect(try entries.last?.value.list().map { try $0.string() } == ["a", "a"])
  }

  @Test func aKeyTwiceIsRefusedHoweverItIsWritten() {
    #expect(throws: ConfigurationError.self) { try YAMLDocument.parse("a: 1\n\"a\": 2\n", file: "f.yaml").entries() }
  }
}
