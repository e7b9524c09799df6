// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// For tests of encoders: four entities with sparse and dense features, one of them without any.

#include <kindred/data/features.hpp>

#include <memory>
#include <vector>

inline std::shared_ptr<const kindred::Features> small_features() {
  auto features = std::make_shared<kindred::Features>(5, 3);
  features->add_row(std::vector<kindred::FeatureWeight>{{0, 1.0F}, {3, 0.5F}}, std::vector<float>{1, 2, -1});
  features->add_row(std::vector<kindred::FeatureWeight>{{1, 2.0F}});
  features->add_row({});
  features->add_row(std::vector<kindred::FeatureWeight>{{3, -1.0F}, {4, 1.0F}}, std::vector<float>{0, 0.5F, 1});
  return features;
}

/// Entities in `count` groups: 0, 1, ..., 0, 1, ...
inline std::shared_ptr<const kindred::Features> groups(kindred::Index entities, kindred::Index count) {
  auto features = std::make_shared<kindred::Features>(count);
  for (kindred::Index e = 0; e < entities; ++e) features->add_row(std::vector<kindred::FeatureWeight>{{e % count, 1.0F}});
  return features;
}
