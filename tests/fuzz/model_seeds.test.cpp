// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include "fuzz/model_file.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

TEST_CASE("seeds of model files are loaded or refused, and so is what is near them", "[fuzz]") {
  const auto run = [](const std::string& text) {
    const auto exact = std::make_unique<char[]>(text.size());  // so that a sanitizer sees a byte read beyond it
    std::copy(text.begin(), text.end(), exact.get());
    return fuzz_model_file({exact.get(), text.size()});
  };
  const std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path() / "seeds/model_file";
  int good = 0, bad = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    INFO(entry.path());
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string seed{std::istreambuf_iterator<char>(in), {}};
    CHECK_NOTHROW(++(run(seed) ? good : bad));
    std::string changed = seed;
    for (std::size_t at = 0; at < seed.size(); at += 3) {
      CHECK_NOTHROW(run(seed.substr(0, at)));
      for (const char other : {'\0', '9', '\xFF'}) {
        changed[at] = other;
        CHECK_NOTHROW(run(changed));
      }
      changed[at] = seed[at];
    }
  }
  CHECK(good == 8);
  CHECK(bad == 1);
}
