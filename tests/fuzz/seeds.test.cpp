// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include "fuzz/features.hpp"
#include "fuzz/given_candidates.hpp"
#include "fuzz/interactions.hpp"
#include "fuzz/safetensors.hpp"
#include "fuzz/search_file.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

namespace {

/// Runs every seed, cut at every byte, and with every byte left out or made another. The memory is of the input's exact size, so that a
/// sanitizer sees a byte read beyond it.
void run_seeds(const char* target, bool (*read)(std::string_view)) {
  const auto run = [&](const std::string& text) {
    const auto exact = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), exact.get());
    return read({exact.get(), text.size()});
  };
  int good = 0, bad = 0;
  const std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path() / "seeds" / target;
  REQUIRE(std::filesystem::is_directory(folder));
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    INFO(entry.path());
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string seed{std::istreambuf_iterator<char>(in), {}};
    CHECK_NOTHROW(++(run(seed) ? good : bad));
    for (std::size_t at = 0; at < seed.size(); ++at) {
      std::string changed = seed;
      CHECK_NOTHROW(run(seed.substr(0, at)));
      CHECK_NOTHROW(run(changed.erase(at, 1)));
      changed = seed;
      for (const char other : {'\n', '"', '0', '9', '\t', '\x80'}) {
        changed[at] = other;
        CHECK_NOTHROW(run(changed));
      }
    }
  }
  CHECK(good > 0);
  CHECK(bad > 0);
}

}  // namespace

TEST_CASE("seeds of the fuzz targets are read or refused, and so is what is near them", "[fuzz]") {
  run_seeds("features", fuzz_features);
  run_seeds("given_candidates", fuzz_given_candidates);
  run_seeds("interactions", fuzz_interactions);
  run_seeds("safetensors", fuzz_safetensors);
  run_seeds("search_file", fuzz_search_file);
}
