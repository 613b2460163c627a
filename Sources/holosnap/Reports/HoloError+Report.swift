import HoloEngine

extension HoloError {
  /// What happened, where, and what to do about it, in one line unless a compiler had more to say.
  ///
  /// Names are made printable one by one, so that a line break in one cannot pass for one of ours.
  func message(withRemedy: Bool) -> String {
    var printable = place
    printable.path = place.path?.printable
    printable.region = place.region?.printable
    let place = printable.description
    return message + (place.isEmpty ? "" : " (\(place))") + (withRemedy ? remedy.map { " — \($0)" } ?? "" : "")
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
  var error: HoloError {
    HoloError(
      .damaged, message, place: .init(path: path, region: region, chunk: chunk, offset: offset, length: length),
      remedy: remedy)
  }
}
