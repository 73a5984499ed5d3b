import Testing

@testable import Fetching

@Suite struct AnswerTests {
  @Test func headersOfTheLastAnswerCount() {
    var headers = ResponseHeaders()
    for line in [
      "HTTP/1.1 200 Connection established\r\n", "Content-Length: 7\r\n", "\r\n", "HTTP/2 206\r\n", "ETag:  W/\"a:b\" \r\n",
      "content-range: bytes 100-199/200\r\n", "Content-Length: 100\r\n", "Retry-After: soon\r\n", "nonsense\r\n", "\r\n",
    ] { headers.add(line) }
    #expect(headers.status == 206)
    #expect(headers.length == 100)
    #expect(headers.rangeStart == 100 && headers.rangeTotal == 200)
    #expect(headers.entityTag == "W/\"a:b\"")
    #expect(headers.retryAfter == nil)
  }

  @Test(arguments: [("bytes */77", 77), ("bytes 0-1/*", nil), ("items 0-1/9", nil), ("bytes", nil), ("bytes 1-2/-3/4", nil)])
  func contentRange(value: String, total: Int64?) {
    var headers = ResponseHeaders()
    headers.add("Content-Range: \(value)\r\n")
    #expect(headers.rangeTotal == total)
  }

  @Test func onlyStrongValidatorsAreSent() {
    #expect(PartNotes(address: "a", entityTag: "\"1\"", lastModified: "d").validator == "\"1\"")
    #expect(PartNotes(address: "a", entityTag: "W/\"1\"", lastModified: "d").validator == "d")
    #expect(PartNotes(address: "a", entityTag: "W/\"1\"").validator == nil)
  }

  @Test(arguments: ["ftp://a/b", "file:///etc/passwd", "/etc/passwd", "http://", "a b", "", "https:///x"])
  func addressesThatAreNotFetched(text: String) {
    #expect(throws: FetchError.self) { try Address(text) }
  }

  @Test func redirectsKeepEncryption() throws {
    let secure = try Address("https://a/b")
    let open = try Address("http://name:secret@a/b")
    #expect(try open.redirected(to: "https://c/d").isSecure)
    #expect(open.shown == "http://a/b")
    #expect(throws: FetchError.redirect(address: "https://a/b", to: "http://c", reason: "it leaves encryption")) {
      try secure.redirected(to: "http://c")
    }
    #expect(throws: FetchError.self) { try open.redirected(to: "file:///etc/passwd") }
  }

  @Test(arguments: [
    ("a.jpg", EntryName.picture("a.jpg")), ("./x//y/A.JPEG", .picture("x/y/A.JPEG")), ("x/", .other), ("x/.a.jpg", .other),
    ("a.txt", .other), ("jpg", .other), ("", .other), ("/a.jpg", .unsafe), ("x/../a.jpg", .unsafe), ("..", .unsafe),
    ("c:\\a.jpg", .unsafe), ("a\n.jpg", .unsafe),
  ])
  func entryNames(name: String, expected: EntryName) {
    #expect(EntryName(name) == expected)
  }

  @Test(arguments: [
    (0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (999_949, "1.0 MB"), (574_673_361, "575 MB"),
    (19_336_861_798, "19 GB"),
  ])
  func sizesForPeople(bytes: Int64, text: String) {
    #expect(byteText(bytes) == text)
  }
}
