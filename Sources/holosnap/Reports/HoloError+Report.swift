import HoloEngine
import HoloReports

extension HoloError {
  /// What happened, where, and what to do about it, in one line unless a compiler had more to say.
  ///
  /// Names are made printable one by one, so that a line break in one cannot pass for one of ours.
  func message(withRemedy: Bool) -> String {
    let place = place.text
    return message + (place.isEmpty ? "" : " (\(place))") + (withRemedy ? remedy.map { " — \($0)" } ?? "" : "")
  }
}

extension HoloError.Place {
  fileprivate var text: String {
    let extent = offset.map { offset in
      length.map { "\($0) \($0 == 1 ? "byte" : "bytes") at offset \(offset)" } ?? "offset \(offset)"
    }
    let parts = [path?.printable, region.map { "region \($0.printable)" }, chunk.map { "chunk \($0)" }, extent]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }
}

extension JSON {
  init(_ error: HoloError) {
    self = [
      "code": JSON(error.code.name),
      "message": JSON(error.message),
      "path": JSON(error.place.path),
      "region": JSON(error.place.region),
      "chunk": JSON(error.place.chunk),
      "offset": JSON(error.place.offset),
      "length": JSON(error.place.length),
      "remedy": JSON(error.remedy),
    ]
  }

  init(_ problem: Problem) {
    self = [
      "path": JSON(problem.path),
      "region": JSON(problem.region),
      "chunk": JSON(problem.chunk),
      "offset": JSON(problem.offset),
      "length": JSON(problem.length),
      "kind": JSON(problem.kind),
      "message": JSON(problem.message),
      "remedy": JSON(problem.remedy),
    ]
  }

  init(_ problems: [Problem]) { self = .array(problems.map { JSON($0) }) }
}

extension Problem {
  /// As an error would say it.
  var error: HoloError { HoloError(self) }
}
