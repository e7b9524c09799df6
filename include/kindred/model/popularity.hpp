// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The baseline every ranking must beat: the same most popular items for everyone.

#include <kindred/data/interactions.hpp>
#include <kindred/model/model.hpp>
#include <kindred/parameter/row.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace kindred {

/// score(u, i) = the number of users who have item i, whoever u is. Models `VectorModel`.
///
/// Cost: O(rows) to build, O(items) to score all. Exact in float up to 16,777,216 users of one item, then to the nearest 2^-24 part.
/// Throws: std::invalid_argument for data without items; std::out_of_range for an unknown id.
class Popularity {
 public:
  using Scalar = float;

  template <class Rep>
  explicit Popularity(const BasicInteractions<Rep>& data)
      : users_(data.users()), counts_(static_cast<std::size_t>(data.items())) {
    detail::require(data.items() > 0, "Popularity: the data must have at least one item, got none");
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] = static_cast<float>(data.users_of(BasicItemId<Rep>(i)).size());
  }

  Index users() const { return users_; }
  Index items() const { return static_cast<Index>(counts_.size()); }

  template <class Rep>
  float score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    detail::require_id("Popularity: user", user.index(), users_);
    detail::require_id("Popularity: item", item.index(), items());
    return counts_[static_cast<std::size_t>(item.index())];
  }

  template <class Rep>
  void score_items(BasicUserId<Rep> user, std::span<float> out) const {
    detail::require_id("Popularity: user", user.index(), users_);
    detail::require(out.size() == counts_.size(), "Popularity::score_items: out must have ", counts_.size(), " places, got ",
                    out.size());
    std::copy(counts_.begin(), counts_.end(), out.begin());
  }

  /// Every user; an item that someone has.
  template <class Rep>
  bool knows(BasicUserId<Rep> user) const {
    return user.index() < users_;
  }
  template <class Rep>
  bool knows(BasicItemId<Rep> item) const {
    return item.index() < items() && counts_[static_cast<std::size_t>(item.index())] > 0;
  }

  Index vector_dim() const { return 1; }
  void user_vectors(std::span<const Index> ids, RowMatrix<float>& out) const {
    out.setZero(static_cast<Index>(ids.size()), padded<float>(1));
    out.col(0).setOnes();
  }
  void item_vectors(RowMatrix<float>& out) const {
    out.setZero(items(), padded<float>(1));
    for (Index i = 0; i < items(); ++i) out(i, 0) = counts_[static_cast<std::size_t>(i)];
  }

  /// See core/access.hpp.
  static std::string kind() { return "popularity"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("users", self.users_);
    field("counts", self.counts_);
  }
  void loaded() const {
    detail::require(users_ >= 0 && !counts_.empty(), "Popularity: there must be items and no negative number of users");
  }

 private:
  friend class Access;
  Popularity() = default;

  Index users_ = 0;
  std::vector<float> counts_;
};

}  // namespace kindred
