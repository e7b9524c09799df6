// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A file that is replaced as a whole: whatever happens meanwhile, its name leads to the old contents or to the new ones, never to a part.

#include <kindred/core/error.hpp>
#include <kindred/core/mapped_file.hpp>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#ifdef KINDRED_POSIX_FILES
#include <fcntl.h>
#include <unistd.h>
#else
#include <fstream>
#endif

namespace kindred {

/// Writes to a file beside the target, and gives it the target's name when all is on the disk.
///
/// Without `commit` (an exception, a full disk) the target stays as it was and the part is removed; a process that is killed leaves the part,
/// named TARGET.part-..., behind. A symbolic link stays one: what it leads to is replaced.
/// Throws: std::system_error that names the file and the cause.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& target) : target_(resolved(target)) {
    static std::atomic<unsigned> count{0};
#ifdef KINDRED_POSIX_FILES
    do {  // a process of the same id that was killed (every container has its process 1) may have left a part of the same name
      part_ = target_.string() + detail::concat(".part-", getpid(), "-", count++);
      descriptor_ = open(part_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    } while (descriptor_ < 0 && errno == EEXIST);
    if (descriptor_ < 0) fail("be created");
#else
    part_ = target_.string() + detail::concat(".part-", count++);
    out_.open(part_, std::ios::binary | std::ios::trunc);
    if (!out_) fail("be created");
#endif
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() {
    close_part();
    std::error_code ignored;
    if (!committed_) std::filesystem::remove(part_, ignored);
  }

  void write(std::span<const std::byte> bytes) {
    if (buffer_.size() + bytes.size() > buffer_bytes) {
      flush();
      if (bytes.size() >= buffer_bytes) return put(bytes);
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }

  /// Writes over what was written at this place of the file.
  void patch(std::uint64_t place, std::span<const std::byte> bytes) {
    flush();
#ifdef KINDRED_POSIX_FILES
    if (lseek(descriptor_, static_cast<off_t>(place), SEEK_SET) < 0) fail("be written");
    put(bytes);
    if (lseek(descriptor_, 0, SEEK_END) < 0) fail("be written");
#else
    out_.seekp(static_cast<std::streamoff>(place));
    put(bytes);
    out_.seekp(0, std::ios::end);
#endif
  }

  void commit() {
    flush();
#ifdef KINDRED_POSIX_FILES
    if (fsync(descriptor_) != 0) fail("reach the disk");
    if (::close(std::exchange(descriptor_, -1)) != 0) fail("be closed");
#else
    out_.close();
    if (!out_) fail("be written");
#endif
    std::error_code error;
    std::filesystem::rename(part_, target_, error);
    if (error) throw std::system_error(error, target_.string() + ": must be replaceable");
    committed_ = true;
    sync_folder();
  }

 private:
  static constexpr std::size_t buffer_bytes = std::size_t{1} << 16;

  static std::filesystem::path resolved(const std::filesystem::path& target) {
    std::error_code none;
    return std::filesystem::is_symlink(target, none) ? std::filesystem::weakly_canonical(target) : target;
  }

  [[noreturn]] void fail(const char* what) const {
    throw std::system_error(errno == 0 ? EIO : errno, std::generic_category(), part_ + ": must " + what);
  }
  void flush() {
    put(buffer_);
    buffer_.clear();
  }
#ifdef KINDRED_POSIX_FILES
  void put(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) fail("be written");
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }
  void close_part() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  /// The new name is on the disk when the folder is; some file systems cannot be asked, and nothing is lost if they cannot.
  void sync_folder() const {
    const std::string folder = target_.has_parent_path() ? target_.parent_path().string() : ".";
    const int descriptor = open(folder.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    fsync(descriptor);
    ::close(descriptor);
  }
  int descriptor_ = -1;
#else
  void put(std::span<const std::byte> bytes) {
    out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out_) fail("be written");
  }
  void close_part() { out_.close(); }
  void sync_folder() const {}
  std::ofstream out_;
#endif

  std::filesystem::path target_;
  std::string part_;
  std::vector<std::byte> buffer_;
  bool committed_ = false;
};

/// Replaces the file's contents by this text. Throws: as `AtomicFile`.
inline void write_atomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

}  // namespace kindred
