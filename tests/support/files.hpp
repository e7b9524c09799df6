// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Files for tests: temporary ones, removed at the end of their scope, and the real data sets where they are installed.

#include "support/catch.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>

/// A file of its own under the system's temporary folder.
class TempFile {
 public:
  explicit TempFile(std::string_view content, std::string_view extension = ".txt") {
    static std::random_device device;
    do {
      path_ = std::filesystem::temp_directory_path() /
              ("kindred-" + std::to_string(device()) + std::to_string(device()) + std::string(extension));
    } while (std::filesystem::exists(path_));
    std::ofstream out(path_, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    REQUIRE(out);
  }
  ~TempFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string name() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// The file of a data set, such as "ml-100k/u.data"; nothing, and a warning that says so, if it is not installed.
inline std::optional<std::filesystem::path> data_file(std::string_view name) {
#ifdef KINDRED_DATA_DIR
  const std::filesystem::path folder = KINDRED_DATA_DIR;
#else
  const std::filesystem::path folder;
#endif
  if (!folder.empty() && std::filesystem::exists(folder / name)) return folder / name;
  WARN("SKIPPED: needs the data set file " << name << " in KINDRED_DATA_DIR, which is \"" << folder.string() << '"');
  return std::nullopt;
}
