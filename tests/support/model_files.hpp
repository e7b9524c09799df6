// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Saving a model and loading it again, and whether the two are the same to everyone who asks.

#include "support/catch.hpp"
#include "support/files.hpp"

#include <kindred/serialize/model_file.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Whether f() throws, and says this among other things.
template <class F>
bool says(F&& f, const std::string& text) {
  const std::string message = message_of(f);
  if (message.find(text) == std::string::npos) UNSCOPED_INFO(message);
  return message.find(text) != std::string::npos;
}

/// Whether the models give the same bits for every user and item.
template <class A, class B>
bool same_scores(const A& a, const B& b) {
  if (a.users() != b.users() || a.items() != b.items()) return false;
  std::vector<typename A::Scalar> all_a(static_cast<std::size_t>(a.items())), all_b(all_a);
  for (kindred::Index u = 0; u < a.users(); ++u) {
    a.score_items(kindred::UserId(u), std::span<typename A::Scalar>(all_a));
    b.score_items(kindred::UserId(u), std::span<typename A::Scalar>(all_b));
    if (all_a != all_b) return false;
    for (kindred::Index i = 0; i < a.items(); ++i) {
      if (a.score(kindred::UserId(u), kindred::ItemId(i)) != b.score(kindred::UserId(u), kindred::ItemId(i))) return false;
    }
  }
  return true;
}

/// Saves, loads, views; all three must score the same bits, and saving what was loaded must give the same bytes.
template <class M>
void check_round_trip(const M& model) {
  const TempFile file(""), second("");
  const auto &path = file.path(), &again = second.path();
  kindred::save(path, model);
  const M loaded = kindred::load<M>(path);
  CHECK(same_scores(model, loaded));
  {
    const M viewed = kindred::load_view<M>(path);
    CHECK(same_scores(model, viewed));
    const M copy = viewed;
    CHECK(same_scores(model, copy));
  }
  kindred::save(again, loaded);
  CHECK(bytes_of(path) == bytes_of(again));
}
