// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/model_files.hpp"
#include "support/training.hpp"

#include <kindred/model/bias.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/ease.hpp>
#include <kindred/model/item_knn.hpp>
#include <kindred/model/neighbourhood.hpp>
#include <kindred/model/popularity.hpp>
#include <kindred/scorer/cosine.hpp>
#include <kindred/serialize/model_file.hpp>

#include <cmath>

using namespace kindred;
using Catch::Matchers::WithinAbs;

namespace {

Interactions rows() { return made_up_ratings({.users = 9, .items = 7, .rows = 30}); }

using Small = CollaborativeModel<float>;

Small small_model() {
  Small model(3, 4, {.dim = 5, .deviation = 1, .scale = 0.5});
  model.prepare(made_up_ratings({.users = 3, .items = 4, .rows = 8}), 3.25);
  model.user_biases().data()[1] = 0.5F;
  return model;
}

std::string saved(const Small& model) {
  const TempFile file("");
  save(file.path(), model);
  return bytes_of(file.path());
}

Small parsed(const std::string& bytes) {
  return ModelFile::parse(std::as_bytes(std::span(bytes)), "small.kindred").model<Small>();
}

/// The tensors of a good file of `small_model`, written again with a right checksum after `change` had its way with one of them.
template <class Change>
std::string forged(const std::string& name, Change&& change) {
  const std::string bytes = saved(small_model());
  const SafetensorsFile file = SafetensorsFile::parse(std::as_bytes(std::span(bytes)), "good");
  SafetensorsWriter writer;
  for (const auto& [key, value] : file.metadata()) {
    if (key != "kindred.checksum") writer.metadata(key, value);
  }
  std::vector<std::vector<std::byte>> kept;
  kept.reserve(file.size());
  for (const auto& tensor_name : file.names()) {
    Tensor tensor = file.at(tensor_name);
    auto& content = kept.emplace_back(tensor.bytes.begin(), tensor.bytes.end());
    if (tensor_name == name && !change(tensor, content)) continue;
    writer.add(tensor_name, tensor.dtype, tensor.shape, std::span<const std::byte>(content));
  }
  const TempFile out("");
  writer.write(out.path());
  return bytes_of(out.path());
}

/// A number as the bytes of a tensor.
template <class N>
void put(std::vector<std::byte>& content, N number) {
  content.resize(sizeof(N));
  std::memcpy(content.data(), &number, sizeof(N));
}

}  // namespace

TEST_CASE("a model that was saved scores the same bits when it is loaded or viewed", "[serialize]") {
  const Interactions data = rows();
  check_round_trip(Popularity(data));
  check_round_trip(BiasModel(data));
  check_round_trip(small_model());
  check_round_trip(CollaborativeModel<float, 32>(9, 7, {.deviation = 1}));
  check_round_trip(CollaborativeModel<double, 3>(9, 7, {.deviation = 1}));
  check_round_trip(CollaborativeModel<float, 8, Cosine>(9, 7, {.biases = false}, Cosine{.scale = 3}));
  check_round_trip(ItemKnn(data, {.neighbours = 3}));
  check_round_trip(ItemKnn(data, {.neighbours = 3, .neighbours_of = NeighboursOf::target}));
  check_round_trip(Ease(data, {.lambda = 2}));
  const CollaborativeModel<float> embeddings(9, 7, {.dim = 4, .deviation = 1});
  check_round_trip(NeighbourhoodModel<>(embeddings, data, {.neighbours = 4, .feedback = Feedback::explicit_ratings}));
  check_round_trip(NeighbourhoodModel<>(embeddings, data, {.neighbours = 4}));
}

TEST_CASE("a fixed and a dynamic Dim read each other's files, and nothing else does", "[serialize]") {
  const CollaborativeModel<float, 8> fixed(4, 5, {.deviation = 1});
  const TempFile file("");
  save(file.path(), fixed);
  const auto dynamic = load<CollaborativeModel<float>>(file.path());
  CHECK((dynamic.user_encoder().value() == fixed.user_encoder().value()));
  CHECK((dynamic.item_encoder().value() == fixed.item_encoder().value()));
  const Eigen::Vector<float, 8> sizes =
      fixed.user_encoder().value().row(3).cwiseAbs().cwiseProduct(fixed.item_encoder().value().row(4).cwiseAbs());
  const UserId user(3);
  const ItemId item(4);  // rows of other widths may be summed in another order
  CHECK_THAT(dynamic.score(user, item), WithinAbs(fixed.score(user, item), 1e-6 * sizes.sum()));
  CHECK(says([&] { (void)load<CollaborativeModel<float, 16>>(file.path()); }, "'user' must have 16 columns, got 8"));
  CHECK(says([&] { (void)load<CollaborativeModel<float, 8, Cosine>>(file.path()); },
             "must be a model of kind 'two-tower(table, table, cosine, table, table)', got "
             "'two-tower(table, table, dot, table, table)'"));
  CHECK(says([&] { (void)load<Popularity>(file.path()); }, "must be a model of kind 'popularity'"));
  const auto wide = load<CollaborativeModel<double, 8>>(file.path());  // its tables are widened, its scalars are not
  (void)wide;
}

TEST_CASE("training a viewed model changes the process's copy alone", "[serialize]") {
  CollaborativeModel<float, 64> model(20, 30, {.deviation = 1});
  const TempFile file("");
  save(file.path(), model);
  const std::string before = bytes_of(file.path());
  auto viewed = load_view<CollaborativeModel<float, 64>>(file.path());
  const auto other = load_view<CollaborativeModel<float, 64>>(file.path());
  viewed.user_encoder().row(3).setConstant(2);
  CHECK(viewed.user_encoder().row(3)(5) == 2);
  CHECK(same_scores(model, other));
  viewed.add_users(2);
  CHECK(viewed.user_encoder().row(3)(5) == 2);
  CHECK(viewed.users() == 22);
  CHECK(bytes_of(file.path()) == before);
  auto moved = std::move(viewed);
  CHECK(moved.user_encoder().row(3)(5) == 2);
}

TEST_CASE("tables in 16 bits are rounded to the nearest and take half the room", "[serialize]") {
  CollaborativeModel<float, 32> model(50, 60, {.deviation = 1});
  model.user_biases().data()[2] = 0.1F;  // biases keep their digits
  const TempFile full(""), narrow("");
  save(full.path(), model);
  const auto type = GENERATE(DType::f16, DType::bf16);
  save(narrow.path(), model, {.tables = type});
  CHECK(10 * std::filesystem::file_size(narrow.path()) < 6 * std::filesystem::file_size(full.path()));
  const auto loaded = load_view<CollaborativeModel<float, 32>>(narrow.path());
  const float half_step = type == DType::f16 ? 0x1p-11F : 0x1p-8F;  // relative, of 11 and of 8 significant bits
  for (Index u = 0; u < model.users(); ++u) {
    for (Index d = 0; d < 32; ++d) {
      const float x = model.user_encoder().row(u)(d), y = loaded.user_encoder().row(u)(d);
      CHECK_THAT(y, WithinAbs(x, half_step * std::abs(x) + 1e-7));
    }
  }
  CHECK(loaded.user_biases().data()[2] == 0.1F);
  model.item_encoder().row(4)(7) = 70000;
  CHECK(says([&] { save(narrow.path(), model, {.tables = DType::f16}); },
             "'item' must fit the 16 bits asked for, got 70000 in row 4"));
  CHECK(same_scores(loaded, load<CollaborativeModel<float, 32>>(narrow.path())));  // the old file is whole
  CHECK_THROWS_AS(save(narrow.path(), model, {.tables = DType::f32}), std::invalid_argument);
}

TEST_CASE("ids, vocabularies and notes come back", "[serialize]") {
  IdMap users, items;
  for (const char* text : {"Ann", "", "Zo\xC3\xAB \"1\""}) users.add(text);
  for (const char* text : {"a", "b", "c", "d"}) items.add(text);
  FeatureRecords records({{"genre", FeatureKind::set, "|"}, {"year", FeatureKind::number}, {"about", FeatureKind::text}});
  records.set(0, {"x|y", "1990", "red and blue"});
  records.set(1, {"y", "2000", "blue"});
  const FeatureSpace space(records, {true, true});
  const TempFile path("");
  save(path.path(), small_model(), {.users = &users, .items = &items, .item_features = &space, .notes = {{"when", "today"}}});
  const ModelFile file = ModelFile::read(path.path());
  CHECK(file.users().size() == 3);
  CHECK(file.users().at("Zo\xC3\xAB \"1\"") == 2);
  CHECK(file.items().text(3) == "d");
  CHECK(file.item_features() == space);
  CHECK(file.user_features().size() == 0);
  CHECK(file.notes() == std::map<std::string, std::string>{{"when", "today"}});
  CHECK(same_scores(file.model<Small>(), small_model()));
}

TEST_CASE("a file cut at any byte is refused", "[serialize]") {
  const std::string bytes = saved(small_model());
  REQUIRE(same_scores(parsed(bytes), small_model()));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    INFO(length << " of " << bytes.size() << " bytes");
    CHECK_THROWS_AS(parsed(bytes.substr(0, length)), ParseError);
  }
  CHECK_THROWS_AS(parsed(bytes + '\0'), ParseError);
}

TEST_CASE("a file with any byte changed is refused", "[serialize]") {
  std::string bytes = saved(small_model());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int flip : {0x01, 0x10, 0x80, 0xFF}) {
      INFO("byte " << at << " of " << bytes.size() << " xor " << flip);
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      CHECK_THROWS_AS(parsed(bytes), ParseError);
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
    }
  }
}

TEST_CASE("a file with a right checksum and wrong contents is refused", "[serialize]") {
  const auto refused = [](const std::string& bytes, const std::string& why) {
    CHECK_THROWS_AS(parsed(bytes), ParseError);
    CHECK(says([&] { (void)parsed(bytes); }, why));
  };
  const auto leave = [](Tensor&, std::vector<std::byte>&) { return false; };
  refused(forged("scale", leave), "scale");
  refused(forged("item_bias", leave), "item_bias");
  refused(forged("scale",
                 [](Tensor&, auto& content) {
                   put(content, -1.0F);
                   return true;
                 }),
          "scale must be positive and finite, got -1");
  refused(forged("mean",
                 [](Tensor&, auto& content) {
                   put(content, NAN);
                   return true;
                 }),
          "mean must be finite");
  refused(forged("scale",
                 [](Tensor& tensor, auto& content) {
                   put(content, 1.0);
                   tensor.dtype = DType::f64;
                   return true;
                 }),
          "'scale' must be of type F32, got F64");
  refused(forged("scale",
                 [](Tensor& tensor, auto&) {
                   tensor.shape = {1};
                   return true;
                 }),
          "'scale' must have 0 dimensions, got 1");
  refused(forged("item",
                 [](Tensor& tensor, auto& content) {
                   content.resize(48);
                   tensor.shape = {4, 3};
                   return true;
                 }),
          "must have the same dim, got 5 for users and 3");
  refused(forged("item",
                 [](Tensor& tensor, auto&) {
                   tensor.shape = {20};
                   return true;
                 }),
          "'item' must have 2 dimensions, got 1");
  refused(forged("user_bias",
                 [](Tensor& tensor, auto& content) {
                   content.resize(8);
                   tensor.shape = {2, 1};
                   return true;
                 }),
          "the biases must have the encoders' rows");
  refused(forged("user",
                 [](Tensor& tensor, auto& content) {
                   content.clear();
                   tensor.shape = {0, std::int64_t{1} << 40};
                   return true;
                 }),
          "columns");
}

TEST_CASE("a file of a newer format, and one that is no model file, are refused with a sentence", "[serialize]") {
  const auto with = [](const std::string& format, bool kind) {
    SafetensorsWriter writer;
    if (!format.empty()) writer.metadata("kindred.format", format);
    if (kind) writer.metadata("kindred.kind", "popularity");
    writer.metadata("kindred.version", "9.9.9");
    const TempFile out("");
    writer.write(out.path());
    return bytes_of(out.path());
  };
  const auto open = [](const std::string& bytes) { return ModelFile::parse(std::as_bytes(std::span(bytes)), "f").kind(); };
  CHECK(open(with("1", true)) == "popularity");
  CHECK(says([&] { (void)open(with("2", true)); }, "must be of format 1 or older, got 2, which kindred 9.9.9 wrote"));
  CHECK_THROWS_AS(open(with("0", true)), ParseError);
  CHECK_THROWS_AS(open(with("1x", true)), ParseError);
  CHECK(says([&] { (void)open(with("", true)); }, "must be a kindred model file"));
  CHECK_THROWS_AS(open(with("1", false)), ParseError);
  CHECK_THROWS_AS(load<Popularity>("/nowhere/at/all"), std::runtime_error);
}

namespace {

template <class Stored, int Dim = 32>
using NarrowModel = CollaborativeModel<float, Dim, DotProduct, Stored>;

}  // namespace

TEMPLATE_TEST_CASE("a model of 16-bit tables is saved, loaded and viewed as it is", "[serialize]", Eigen::half,
                   Eigen::bfloat16) {
  check_round_trip(NarrowModel<TestType>(9, 7, {.deviation = 1}));
  check_round_trip(NarrowModel<TestType, Dynamic>(9, 7, {.dim = 5, .deviation = 1}));

  const CollaborativeModel<float, 32> wide(60, 40, {.deviation = 1});
  const NarrowModel<TestType> narrow(wide);
  const TempFile from_narrow(""), from_wide("");
  save(from_narrow.path(), narrow);
  save(from_wide.path(), wide, {.tables = dtype_of<TestType>});
  CHECK(bytes_of(from_narrow.path()) == bytes_of(from_wide.path()));  // rounded alike

  const auto loaded = load<CollaborativeModel<float, 32>>(from_narrow.path());
  CHECK(loaded.user_encoder().value() == narrow.user_encoder().value());
  const ModelFile file = ModelFile::map(from_narrow.path());
  const auto viewed = file.model<NarrowModel<TestType>>();
  CHECK(static_cast<const void*>(viewed.user_encoder().data()) == file.tensors().at("user").bytes.data());  // not copied
  CHECK(viewed.user_encoder().value() == narrow.user_encoder().value());

  using Other = std::conditional_t<std::is_same_v<TestType, Eigen::half>, Eigen::bfloat16, Eigen::half>;
  const std::string mine(dtype_name(dtype_of<TestType>)), other(dtype_name(dtype_of<Other>));
  CHECK(says([&] { static_cast<void>(load<NarrowModel<Other>>(from_narrow.path())); },
             "'user' must be of type " + other + ", got " + mine));
  save(from_wide.path(), wide);
  CHECK(says([&] { static_cast<void>(load<NarrowModel<TestType>>(from_wide.path())); },
             "'user' must be of type " + mine + ", got F32"));
}
