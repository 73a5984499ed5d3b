/// Shows how far an evaluation is, on a terminal only: what it has found is printed at the end.
enum EvaluationPrinter {
  static func started(_ sources: Int) {
    guard Terminal.isInteractive else { return }
    Terminal.write("judging \(sources) source\(sources == 1 ? "" : "s")\n")
  }

  static func progress(_ source: String, _ frames: Int, of total: Int?) {
    guard Terminal.isInteractive else { return }
    Terminal.clearLine()
    Terminal.write(frames == 0 ? source : "\(source)  frame \(frames)\(total.map { " of \($0)" } ?? "")")
  }
}
