internal import Foundation
internal import Imaging
internal import Media
internal import Reports

extension RunPage {
  /// Previews shown of each run; the first and the last are among them.
  private static let previewCount = 8
  /// Pixels of a preview's or painting's longer side.
  private static let previewSide = 420

  /// For each run its painting and its previews from left to right.
  var previews: String {
    let strips = runs.enumerated().map { index, run in strip(run, index) }.joined()
    return strips.isEmpty ? "" : "<h2>Previews</h2>\n" + strips
  }

  private func strip(_ run: LoggedRun, _ index: Int) -> String {
    let all = run.previews
    let count = min(RunPage.previewCount, all.count)
    let chosen = (0..<count).map { all[count == 1 ? 0 : $0 * (all.count - 1) / (count - 1)] }
    var figures = ""
    if let painting = run.painting { figures += figure(painting, "the painting") }
    for preview in chosen { figures += figure(preview.path, "step \(preview.step)") }
    guard !figures.isEmpty else { return "" }
    let title = runs.count > 1 ? "<h3>\(RunPage.swatch(index))\(HTMLPage.escaped(run.path))</h3>\n" : ""
    return title + "<div class=\"strip\">\(figures)</div>\n"
  }

  /// Nothing for a picture that cannot be read: a page on a run whose pictures are gone still shows its numbers.
  private func figure(_ path: String, _ caption: String) -> String {
    let side = Double(RunPage.previewSide)
    let picture = try? Picture(contentsOf: path) { width, height in
      let factor = min(1, side / Double(max(width, height)))
      return (max(1, Int(Double(width) * factor)), max(1, Int(Double(height) * factor)))
    }
    guard let picture, let element = try? HTMLPicture.element(picture.image, alternative: caption) else { return "" }
    return "<figure>\(element)<figcaption>\(HTMLPage.escaped(caption))</figcaption></figure>\n"
  }
}
