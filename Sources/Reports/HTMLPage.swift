internal import Media

/// One HTML file that needs nothing else: pictures and plots lie in it, and there is no script.
public struct HTMLPage: Sendable {
  /// What the window is called.
  public var title: String
  /// CSS beside what all pages share.
  public var sheet: String
  /// What it shows, as HTML.
  public var body: String

  /// A page.
  public init(title: String, sheet: String = "", body: String) {
    self.title = title
    self.sheet = sheet
    self.body = body
  }

  /// Writes the page; it appears when it is whole.
  ///
  /// - Throws: `MediaError` where it cannot be written, or exists and is not to be replaced.
  public func write(to path: String, replace: Bool) throws {
    let file = try AtomicFile(target: path, replace: replace)
    try file.write(Array(text.utf8))
    try file.commit()
  }

  /// The file's text.
  public var text: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>\(HTMLPage.escaped(title))</title>
    <style>
    \(HTMLPage.commonSheet)
    \(sheet)
    </style>
    </head>
    <body>
    \(body)</body>
    </html>

    """
  }

  /// Text as HTML shows it.
  public static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }

  private static let commonSheet = """
    :root { color-scheme: light dark }
    body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
    h2 { margin-top: 2.5rem; font-size: 1.15rem }
    h3 { font-size: 1rem; margin: 2rem 0 .25rem; overflow-wrap: anywhere }
    .scroll { overflow-x: auto }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums }
    th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap }
    th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left }
    .strip { display: flex; gap: 4px; overflow-x: auto; margin: 4px 0 }
    svg { max-width: 100%; height: auto }
    figure { margin: .5rem 0 }
    figcaption, .facts { opacity: .8; font-size: .9rem }
    """
}
