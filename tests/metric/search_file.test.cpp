// SPDX-License-Identifier: MIT
#include <kindred/metric/search_file.hpp>

#include "support/catch.hpp"
#include "support/files.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

using namespace kindred;

namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a search file is written aside and then takes the old one's place", "[metric]") {
  const TempFile file("what was there");
  std::filesystem::path aside = file.path();
  aside += ".tmp";
  std::filesystem::create_directory(aside);  // so that writing aside must fail
  CHECK_THROWS_AS(write_search_file(file.path(), {}, {}), std::runtime_error);
  CHECK(content_of(file.path()) == "what was there");

  std::filesystem::remove(aside);
  write_search_file(file.path(), {}, {});
  CHECK(content_of(file.path()) != "what was there");
  CHECK_FALSE(std::filesystem::exists(aside));
}
