import Glibc
import Testing

@testable import sigstreamd

struct OpenFileLimitTests {
  private let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

  @Test func theLimitBecomesTheMostThatIsAllowed() {
    var limit = rlimit()
    #expect(getrlimit(files, &limit) == 0)
    limit.rlim_cur = limit.rlim_max - 1
    #expect(setrlimit(files, &limit) == 0)
    OpenFileLimit.raise()
    #expect(getrlimit(files, &limit) == 0)
    #expect(limit.rlim_cur == limit.rlim_max)
  }
}
