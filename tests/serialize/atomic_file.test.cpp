// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/files.hpp"

#include <kindred/serialize/safetensors.hpp>
#include <kindred/serialize/safetensors_writer.hpp>

#include <chrono>
#include <cmath>
#include <iterator>
#include <thread>

#ifdef KINDRED_POSIX_FILES
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif

using namespace kindred;

namespace {

/// A folder of its own, removed with all that is in it.
class TempFolder {
 public:
  TempFolder() : mark_(""), path_(mark_.name() + ".folder") { std::filesystem::create_directory(path_); }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {})); }

 private:
  TempFile mark_;
  std::filesystem::path path_;
};

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A table of a million numbers that are all `version`, given in pieces.
void write_version(const std::filesystem::path& path, std::uint32_t version) {
  SafetensorsWriter writer;
  writer.add("table", DType::u32, {1000, 1000}, [version](const Sink& sink) {
    const std::vector<std::uint32_t> row(1000, version);
    for (int r = 0; r < 1000; ++r) sink(std::as_bytes(std::span(row)));
  });
  writer.write(path);
}
/// Throws unless the file is whole and of one version.
std::uint32_t version_of(const std::filesystem::path& path) {
  const SafetensorsFile file = SafetensorsFile::map(path);
  const Tensor& table = file.at("table");
  std::uint32_t first = 0;
  std::memcpy(&first, table.bytes.data(), sizeof(first));
  if (std::memcmp(table.bytes.data(), table.bytes.data() + 4, table.bytes.size() - 4) != 0) throw ParseError("mixed");
  return first;
}

}  // namespace

TEST_CASE("a file is replaced as a whole, or not at all and without a trace", "[serialize]") {
  const TempFolder folder;
  const auto path = folder / "a";
  write_atomically(path, "old");
  CHECK(content_of(path) == "old");
  {
    AtomicFile file(path);
    const std::string big(200'000, 'x');
    file.write(std::as_bytes(std::span("012", 3)));
    file.write(std::as_bytes(std::span(big)));
    file.write(std::as_bytes(std::span("789", 3)));
    file.patch(1, std::as_bytes(std::span("AB", 2)));
    file.write(std::as_bytes(std::span("!", 1)));
    CHECK(content_of(path) == "old");
    CHECK(folder.files() == 2);
    file.commit();
    CHECK(content_of(path) == "0AB" + big + "789!");
  }
  CHECK(folder.files() == 1);
  write_atomically(path, "old");
  SafetensorsWriter writer;
  writer.add("x", DType::u8, {100'000}, [](const Sink& sink) {
    sink(std::vector<std::byte>(70'000));
    throw std::domain_error("no more");
  });
  CHECK_THROWS_AS(writer.write(path), std::domain_error);
  CHECK(content_of(path) == "old");
  CHECK(folder.files() == 1);

  std::filesystem::create_directory(folder / "b");
  CHECK(
      message_of([&] { write_atomically(folder / "b", ""); }).starts_with((folder / "b").string() + ": must be replaceable: "));
  CHECK(folder.files() == 2);
  CHECK(message_of([&] { write_atomically(folder / "no/where", ""); }).find(": must be created: No such file") !=
        std::string::npos);
}

#ifdef KINDRED_POSIX_FILES

namespace {

/// Runs f in a child process, which ends with what f returns, or 99 if it throws.
template <class F>
pid_t start(F&& f) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    _exit(f());
  } catch (...) {
    _exit(99);
  }
}
int end_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("a new file has the rights of any new file, a link stays one, and parts that were left are no hindrance",
          "[serialize]") {
  const TempFolder folder;
  const mode_t mask = umask(027);
  write_atomically(folder / "a", "1");
  umask(mask);
  struct stat facts{};
  REQUIRE(stat((folder / "a").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0640);
  std::filesystem::create_symlink("a", folder / "link");
  write_atomically(folder / "link", "2");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(content_of(folder / "a") == "2");
  // In a container a process has the number of the one before it that was killed, and so the names of its parts.
  for (int k = 0; k < 40; ++k) std::ofstream(folder / ("a.part-" + std::to_string(getpid()) + "-" + std::to_string(k)).c_str());
  write_atomically(folder / "a", "3");
  CHECK(content_of(folder / "a") == "3");
}

TEST_CASE("on a full disk the old file stays, and the error names the part and the cause", "[serialize]") {
  const TempFolder folder;
  const auto path = folder / "a";
  write_version(path, 1);
  const int end = end_of(start([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    for (const rlim_t limit : {0U, 10U, 100'000U, 3'999'999U}) {
      rlimit most{};
      getrlimit(RLIMIT_FSIZE, &most);
      most.rlim_cur = limit;
      setrlimit(RLIMIT_FSIZE, &most);
      try {
        write_version(path, 2);
        return 1;
      } catch (const std::system_error& error) {
        const std::string text = error.what();
        if (error.code() != std::errc::file_too_large || !text.starts_with(path.string() + ".part-") ||
            text.find(": must be written: ") == std::string::npos) {
          return 2;
        }
      }
      if (folder.files() != 1 || version_of(path) != 1) return 3;
    }
    return 0;
  }));
  CHECK(end == 0);
}

TEST_CASE("a process killed at any moment of writing leaves the old file or the new one", "[serialize]") {
  constexpr std::uint32_t rounds = 200;
  const TempFolder folder;
  const auto path = folder / "a";
  write_version(path, 0);
  using Clock = std::chrono::steady_clock;
  const auto timed = [&] {
    const auto begin = Clock::now();
    CHECK(end_of(start([&] { return write_version(path, 0), 0; })) == 0);
    return Clock::now() - begin;
  };
  const auto whole = std::min({timed(), timed(), timed()});
  std::uint32_t now = 0, killed = 0, parts = 0, news = 0;
  for (std::uint32_t k = 1; k <= rounds; ++k) {
    const pid_t child = start([&] { return write_version(path, k), 0; });
    // By the golden ratio: moments spread evenly over one and a half times as long as it takes.
    const double part = k * 0.6180339887 - std::floor(k * 0.6180339887);
    std::this_thread::sleep_for(std::chrono::duration_cast<Clock::duration>(whole * (1.5 * part)));
    kill(child, SIGKILL);
    killed += end_of(child) == -SIGKILL;
    parts += folder.files() > 1;
    for (const auto& entry : std::filesystem::directory_iterator(path.parent_path())) {
      if (entry.path() != path) std::filesystem::remove(entry.path());
    }
    std::uint32_t found = rounds + 1;
    CHECK_NOTHROW(found = version_of(path));
    CHECK((found == now || found == k));
    news += found == k;
    now = found;
  }
  UNSCOPED_INFO(killed << " of " << rounds << " were killed before their end, " << parts << " left a part, " << news
                       << " files are new");
  CHECK(killed > rounds / 10);
  CHECK(parts > 0);
  CHECK(news > 0);
}

TEST_CASE("two processes that map a file share its pages", "[serialize]") {
  if (!std::filesystem::exists("/proc/self/smaps")) {
    WARN("SKIPPED: needs /proc/self/smaps to see which pages are shared");
    return;
  }
  const TempFile path("");
  write_version(path.path(), 5);
  int ready[2], done[2];
  REQUIRE((pipe(ready) == 0 && pipe(done) == 0));
  char byte = 0;
  const pid_t other = start([&] {
    close(done[1]);
    const SafetensorsFile file = SafetensorsFile::map(path.path());
    if (write(ready[1], "", 1) != 1) return 1;
    return static_cast<int>(read(done[0], &byte, 1));  // 0 when the other end is closed
  });
  REQUIRE(read(ready[0], &byte, 1) == 1);
  const SafetensorsFile file = SafetensorsFile::map(path.path());
  long resident = 0, proportional = 0;
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ') && line.find(':') > line.find(' ')) inside = line.ends_with(path.name());
    if (inside && line.starts_with("Rss:")) resident += std::stol(line.substr(4));
    if (inside && line.starts_with("Pss:")) proportional += std::stol(line.substr(4));
  }
  for (const int end : {done[1], done[0], ready[0], ready[1]}) close(end);
  CHECK(end_of(other) == 0);
  INFO(resident << " kB resident, " << proportional << " kB of them this process's share");
  CHECK(resident >= 3900);
  CHECK(proportional <= resident * 6 / 10);
}

#endif
