import StreamIO
import Testing

@testable import sigstreamd

/// Classes N (N, L), S (A) and V (V), of which V goes before S before N.
private func labeller(
  _ rule: WindowLabelling.Rule, margin: Int = 0, _ annotations: [(Int, String)]
) -> WindowLabeller {
  let classes = [("N", ["N", "L"]), ("S", ["A"]), ("V", ["V"])].map { WindowLabelling.Class(name: $0, symbols: $1) }
  let labelling = WindowLabelling(classes: classes, rule: rule, priority: [2, 1, 0], marginSamples: margin)
  return WindowLabeller(labelling, annotations: annotations.map { Annotation(sample: $0, symbol: $1) })
}

@Test func theWorstOfAWindowsAnnotationsIsTheFirstInThePriority() {
  let labeller = labeller(.worst, [(10, "N"), (20, "A"), (30, "L"), (40, "V"), (50, "N")])
  #expect(labeller.label(start: 0, end: 15) == "N")
  #expect(labeller.label(start: 0, end: 35) == "S")
  #expect(labeller.label(start: 0, end: 60) == "V")
  #expect(labeller.classIndex(start: 0, end: 60) == 2)
}

@Test func theMajorityIsTheClassWithMostAnnotations() {
  let labeller = labeller(.majority, [(10, "N"), (20, "V"), (30, "L"), (40, "V"), (50, "A"), (60, "A")])
  #expect(labeller.label(start: 0, end: 35) == "N", "two symbols of one class count together")
  #expect(labeller.label(start: 0, end: 45) == "V", "the priority decides between as many")
  #expect(labeller.label(start: 45, end: 65) == "S")
}

@Test func theCentreIsTheNearestAnnotation() {
  let labeller = labeller(.centre, [(0, "N"), (4, "A"), (5, "V"), (9, "N")])
  #expect(labeller.label(start: 0, end: 10) == "S", "4 and 5 are as near to the centre, 4.5: the earlier one")
  #expect(labeller.label(start: 0, end: 11) == "V")
  #expect(labeller.label(start: 0, end: 9) == "S")
  #expect(labeller.label(start: 6, end: 30) == "N")
}

@Test func aWindowEndsBeforeItsEnd() {
  let labeller = labeller(.worst, [(10, "N"), (20, "V")])
  #expect(labeller.label(start: 10, end: 20) == "N")
  #expect(labeller.label(start: 11, end: 20) == nil)
  #expect(labeller.label(start: 20, end: 21) == "V")
  #expect(labeller.label(start: 21, end: 100) == nil)
}

@Test func annotationsInTheMarginsDoNotCount() {
  let labeller = labeller(.worst, margin: 3, [(10, "V"), (13, "N"), (16, "N"), (17, "V")])
  #expect(labeller.label(start: 10, end: 20) == "N")
  #expect(labeller.label(start: 7, end: 17) == "V")
  #expect(labeller.label(start: 17, end: 22) == nil)
  #expect(labeller.label(start: 12, end: 17) == nil, "margins that leave nothing")
}

@Test func annotationsThatStandForNoClassDoNotCount() {
  let labeller = labeller(.majority, [(10, "+"), (11, "~"), (12, "V"), (13, "+")])
  #expect(labeller.label(start: 0, end: 20) == "V")
  #expect(labeller.label(start: 0, end: 12) == nil)
  #expect(labeller.label(start: 13, end: 20) == nil)
}

@Test func annotationsMayComeInAnyOrder() {
  let labeller = labeller(.worst, [(30, "V"), (10, "N"), (20, "A")])
  #expect(labeller.label(start: 0, end: 25) == "S")
}
