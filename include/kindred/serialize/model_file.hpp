// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Saves any model to one file and loads it: safetensors, which Python and Rust read as it is, with kindred's own notes in its metadata.
///
///     kd::save("shop.kindred", model, {.users = &data.users, .items = &data.items});
///     const auto model = kd::load<kd::CollaborativeModel<float, 64>>("shop.kindred");
///
/// A file is checked as a whole before anything in it is used: its checksum first, then every size, type, index and range. It holds numbers and
/// text, nothing that runs.

#include <kindred/data/feature_space.hpp>
#include <kindred/data/id_map.hpp>
#include <kindred/serialize/field_reader.hpp>
#include <kindred/serialize/field_writer.hpp>
#include <kindred/serialize/safetensors.hpp>
#include <kindred/serialize/safetensors_writer.hpp>
#include <kindred/version.hpp>

#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace kindred {

/// The version of the layout that this library writes. It reads this and every older one.
inline constexpr int model_file_format = 1;

/// What a file keeps beside the model. Pointers may be null: then it is not kept.
struct SaveOptions {
  const IdMap* users = nullptr;
  const IdMap* items = nullptr;
  const FeatureSpace* user_features = nullptr;    ///< the vocabulary that new users' descriptions are turned into numbers by
  const FeatureSpace* item_features = nullptr;    ///< likewise of items
  std::map<std::string, std::string> notes = {};  ///< anything: the options of training, a date
  std::optional<DType> tables =
      {};  ///< F16 or BF16: tables of embeddings take half the room and lose digits (3 and 2 of them are left)
};

namespace detail {

template <class M>
void require_saveable() {
  static_assert(HasFields<M> && HasKind<M>,
                "to be saved a model needs static fields(self, visit) and kind(): see core/access.hpp");
}

}  // namespace detail

/// Writes the model to `path`, which is replaced as a whole: whatever happens, the old file or the new one is there.
///
/// Cost: one pass over the model, nothing of it copied. The format is described in serialize/field_types.hpp.
/// Throws: std::invalid_argument for tables of a type other than F16 or BF16, or with a number that does not fit F16; std::runtime_error if the
/// file cannot be written. The old file is untouched then.
template <class M>
void save(const std::filesystem::path& path, const M& model, const SaveOptions& options = {}) {
  detail::require_saveable<M>();
  detail::require(!options.tables || options.tables == DType::f16 || options.tables == DType::bf16,
                  "save: tables must be F16 or BF16, or not given, got another type");
  SafetensorsWriter file;
  file.metadata("kindred.format", std::to_string(model_file_format));
  file.metadata("kindred.version", KINDRED_VERSION);
  file.metadata("kindred.kind", M::kind());
  for (const auto& [key, value] : options.notes) file.metadata("kindred.note." + key, value);
  detail::FieldWriter fields(file, options.tables);
  fields.members(model);
  if (options.users != nullptr) fields("ids.user", *options.users);
  if (options.items != nullptr) fields("ids.item", *options.items);
  if (options.user_features != nullptr) fields("features.user", *options.user_features);
  if (options.item_features != nullptr) fields("features.item", *options.item_features);
  file.write(path);
}

/// A model file that was opened and found whole.
///
/// Throws, from everything here: ParseError that begins with the path, for a file that is no model file, damaged, of a newer format, or of another
/// kind of model than asked for; std::runtime_error if it cannot be read.
class ModelFile {
 public:
  /// Reads the file into memory.
  static ModelFile read(const std::filesystem::path& path) { return ModelFile(SafetensorsFile::read(path), false); }
  /// Maps the file: models made from it share its pages with every other process that maps it. The file must not be written to in place
  /// meanwhile; `save` never does that.
  static ModelFile map(const std::filesystem::path& path) { return ModelFile(SafetensorsFile::map(path), true); }
  /// A file that is in memory already, which must outlive this object.
  static ModelFile parse(std::span<const std::byte> bytes, const std::string& name) {
    return ModelFile(SafetensorsFile::parse(bytes, name), false);
  }

  /// What `M::kind()` says of the model in the file.
  std::string kind() const { return text("kindred.kind"); }
  std::map<std::string, std::string> notes() const {
    const std::string prefix = "kindred.note.";
    std::map<std::string, std::string> out;
    for (const auto& [key, value] : file_->metadata()) {
      if (key.starts_with(prefix)) out[key.substr(prefix.size())] = value;
    }
    return out;
  }

  /// The model. From a mapped file, tables whose rows are a whole number of packets (64 bytes with AVX-512, 16 with SSE) are not copied.
  template <class M>
  M model() const {
    M model = Access::make<M>();
    read_into(model);
    return model;
  }
  /// The same, into an object whose members are replaced. It is to be thrown away if this throws.
  template <class M>
  void read_into(M& object) const {
    detail::require_saveable<M>();
    const std::string mine = M::kind();
    if (mine != kind()) fail("must be a model of kind '", mine, "', got '", kind(), "'");
    detail::FieldReader(*file_, mapped_ ? file_ : nullptr).members(object);
  }

  /// The texts of the ids and the vocabularies of features; empty if the file was saved without.
  IdMap users() const { return extra<IdMap>("ids.user", "ids.user.texts.ends"); }
  IdMap items() const { return extra<IdMap>("ids.item", "ids.item.texts.ends"); }
  FeatureSpace user_features() const { return extra<FeatureSpace>("features.user", "features.user.columns.size"); }
  FeatureSpace item_features() const { return extra<FeatureSpace>("features.item", "features.item.columns.size"); }

  const SafetensorsFile& tensors() const { return *file_; }

 private:
  ModelFile(SafetensorsFile file, bool mapped) : file_(std::make_shared<SafetensorsFile>(std::move(file))), mapped_(mapped) {
    const std::string version = text("kindred.format");
    int format = 0;
    const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), format);
    if (error != std::errc{} || end != version.data() + version.size() || format < 1) {
      fail("must have a whole number as kindred.format, got '", version, "'");
    }
    if (format > model_file_format) {
      fail("must be of format ", model_file_format, " or older, got ", format, ", which kindred ", text("kindred.version"),
           " wrote: a newer kindred reads it");
    }
    if (!file_->has_checksum()) fail("must have a checksum, got none");
  }

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw ParseError(detail::concat(file_->name(), ": ", parts...));
  }
  const std::string& text(const std::string& key) const {
    const auto found = file_->metadata().find(key);
    if (found == file_->metadata().end()) fail("must be a kindred model file, got none of its '", key, "'");
    return found->second;
  }
  template <class T>
  T extra(const std::string& name, const std::string& tensor) const {
    T value;
    detail::FieldReader reader(*file_);
    if (file_->find(tensor) != nullptr) reader(name, value);
    return value;
  }

  std::shared_ptr<SafetensorsFile> file_;
  bool mapped_;
};

/// The model in the file, in memory of its own. Memory meanwhile: the file and the model. Throws: as `ModelFile`.
template <class M>
M load(const std::filesystem::path& path) {
  return ModelFile::read(path).model<M>();
}

/// The model in the file, with tables that stay there: processes that view one file share one copy of it, and only the pages used are read
/// after the checksum was. Training such a model changes this process's pages alone. Throws: as `ModelFile`.
template <class M>
M load_view(const std::filesystem::path& path) {
  return ModelFile::map(path).model<M>();
}

}  // namespace kindred
