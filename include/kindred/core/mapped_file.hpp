// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A file as memory, whose pages all processes that map it share until they write to them.

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#define KINDRED_POSIX_FILES 1
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include <fstream>
#endif

namespace kindred {

/// The bytes of a file, mapped privately: writing changes this process's copy of a page and never the file. Where there is no POSIX the
/// file is read instead.
///
/// The file must keep its length while it is mapped: a page that is cut off ends the process when it is touched. Replacing it by another (as
/// `AtomicFile` does) is safe.
/// Throws: std::system_error that names the file and the cause.
class MappedFile {
 public:
#ifdef KINDRED_POSIX_FILES
  explicit MappedFile(const std::filesystem::path& path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe is refused, not waited for
    if (descriptor < 0) fail(path, errno);
    struct stat facts{};
    if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) {
      const int error = S_ISREG(facts.st_mode) ? errno : EINVAL;
      ::close(descriptor);
      fail(path, error);
    }
    size_ = static_cast<std::size_t>(facts.st_size);
    if (size_ > 0) {
      void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
      const int error = errno;
      ::close(descriptor);
      if (memory == MAP_FAILED) fail(path, error);
      data_ = static_cast<std::byte*>(memory);
    } else {
      ::close(descriptor);
    }
  }
  ~MappedFile() {
    if (data_ != nullptr) munmap(data_, size_);
  }
#else
  explicit MappedFile(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) fail(path, ENOENT);
    own_.resize(static_cast<std::size_t>(std::filesystem::file_size(path)));
    in.read(reinterpret_cast<char*>(own_.data()), static_cast<std::streamsize>(own_.size()));
    if (!in) fail(path, EIO);
    data_ = own_.data();
    size_ = own_.size();
  }
  ~MappedFile() = default;
#endif
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<std::byte> bytes() const { return {data_, size_}; }

 private:
  [[noreturn]] static void fail(const std::filesystem::path& path, int error) {
    throw std::system_error(error, std::generic_category(), path.string() + ": must be a readable file");
  }

#ifndef KINDRED_POSIX_FILES
  std::vector<std::byte> own_;
#endif
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace kindred
