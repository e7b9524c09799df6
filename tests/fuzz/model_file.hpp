// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Model files. An input is the file without its first 8 bytes; the length and the right checksum are put in, as for `safetensors`. What is
/// loaded is asked for every score, so that a size or an index that was let through shows.

#include "fuzz/safetensors.hpp"

#include <kindred/model/collaborative.hpp>
#include <kindred/model/content.hpp>
#include <kindred/model/ease.hpp>
#include <kindred/model/hybrid.hpp>
#include <kindred/model/imputed.hpp>
#include <kindred/model/item_knn.hpp>
#include <kindred/model/neighbourhood.hpp>
#include <kindred/serialize/model_file.hpp>

#include <string>
#include <string_view>
#include <vector>

/// Loads the file if it is of this kind. Nobody asks for more than some thousand scores.
template <class M>
bool fuzz_model(const kindred::ModelFile& file) {
  if (file.kind() != M::kind()) return false;
  const M model = file.model<M>();
  const kindred::Index items = std::min<kindred::Index>(model.items(), 64);
  double sum = 0;
  for (kindred::Index u = 0; u < std::min<kindred::Index>(model.users(), 16); ++u) {
    for (kindred::Index i = 0; i < items; ++i) sum += static_cast<double>(model.score(kindred::UserId(u), kindred::ItemId(i)));
    if (model.items() > items) continue;
    std::vector<typename M::Scalar> all(static_cast<std::size_t>(items));
    model.score_items(kindred::UserId(u), std::span<typename M::Scalar>(all));
    for (const auto score : all) sum += static_cast<double>(score);
  }
  fuzz_require(sum == sum || sum != sum, "the scores were read");
  return true;
}

inline bool fuzz_model_file(std::string_view input) {
  const std::string bytes = fuzz_tensor_file(input);
  return fuzz_reads([&] {
    const auto file = kindred::ModelFile::parse(std::as_bytes(std::span(bytes)), "f");
    fuzz_require(file.users().size() + file.items().size() + file.item_features().size() >= 0, "the rest was read");
    using Factors = kindred::CollaborativeModel<float>;
    const bool any = fuzz_model<Factors>(file) || fuzz_model<kindred::LinearContentModel<float, 4>>(file) ||
                     fuzz_model<kindred::ItemKnn>(file) || fuzz_model<kindred::Ease>(file) ||
                     fuzz_model<kindred::NeighbourhoodModel<>>(file) ||
                     fuzz_model<kindred::HybridModel<kindred::ItemKnn, kindred::ImputedModel<Factors>>>(file);
    if (!any) throw kindred::ParseError("f: must be of a kind that is tried");
  });
}
