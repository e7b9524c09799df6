// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Prediction from alike users: find the users whose embeddings have the largest cosine with the user's, and recommend what they liked.

#include <kindred/core/access.hpp>
#include <kindred/core/executor.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/kernel/cosine_neighbours.hpp>
#include <kindred/model/model.hpp>

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace kindred {

enum class Feedback { explicit_ratings, implicit };

struct NeighbourhoodOptions {
  Index neighbours = 50;  ///< at most so many of the users with a positive similarity
  Feedback feedback = Feedback::implicit;
  double damping = 1;  ///< explicit: added to the sum of similarities, draws a rating towards the user's mean
};

/// With N(u) the users v with the largest sim(u, v) = cosine of their embeddings > 0 in the embedding model:
///   implicit:  score(u, i) = sum over v in N(u) that have i of sim(u, v);
///   explicit:  score(u, i) = m_u + sum sim(u, v) (r_vi - m_v) / (damping + sum sim(u, v)), over v in N(u) that rated i, where m_u is
///              the mean rating of u (of all, if u has none).
///
/// Models `Model`; not a dot product, so top-k goes by `score_items`. Keeps the neighbours and the interactions (shared), not the
/// embedding model. Cost: users^2 Dim multiply-adds to build, in parallel; O(items + rows of the neighbours) to score all items.
/// Memory: 16 bytes a neighbour.
/// Throws: std::invalid_argument for neighbours < 1, damping < 0, or interactions with other users or items than the model;
/// std::out_of_range for an unknown id.
/// Prefer the embedding model's own score where it is trained for the purpose: it is usually as good, and faster.
/// Source: Resnick et al. 1994 (GroupLens), with embeddings in the place of ratings.
template <std::unsigned_integral Rep = std::uint32_t>
class NeighbourhoodModel {
 public:
  using Scalar = float;
  using User = BasicUserId<Rep>;
  using Item = BasicItemId<Rep>;

  template <HasEmbeddings M, Executor E = Serial>
  NeighbourhoodModel(const M& model, BasicInteractions<Rep> data, const NeighbourhoodOptions& options = {},
                     const E& executor = {})
      : data_(std::move(data)), options_(options) {
    detail::require(options.neighbours >= 1, "NeighbourhoodModel: neighbours must be at least 1, got ", options.neighbours);
    detail::require(options.damping >= 0, "NeighbourhoodModel: damping must not be negative, got ", options.damping);
    detail::require(data_.users() == model.users() && data_.items() == model.items(),
                    "NeighbourhoodModel: the interactions must have the model's ", model.users(), " users and ", model.items(),
                    " items, got ", data_.users(), " and ", data_.items());
    std::vector<Index> ids(static_cast<std::size_t>(users()));
    std::iota(ids.begin(), ids.end(), Index{0});
    RowMatrix<typename M::Scalar> rows;
    model.user_embeddings(ids, rows);
    const auto lists = CosineNeighbours<typename M::Scalar>(std::move(rows)).nearest_all(options.neighbours, executor);
    for (Index u = 0; u < users(); ++u) {
      for (const auto& [row, similarity] : lists[u]) {
        if (similarity > 0) neighbours_.push_back({row.index(), static_cast<float>(similarity)});
      }
      begin_.push_back(neighbours_.size());
    }
    if (options.feedback == Feedback::explicit_ratings) find_means();
  }

  Index users() const { return data_.users(); }
  Index items() const { return data_.items(); }

  float score(User user, Item item) const {
    detail::require_id("NeighbourhoodModel: item", item.index(), items());
    float sum = 0, weights = 0;
    for (const auto& [other, similarity] : neighbours_of(user)) {
      const auto theirs = data_.items_of(User(other));
      const auto found = std::lower_bound(theirs.begin(), theirs.end(), item);
      if (found == theirs.end() || *found != item) continue;
      sum += similarity * worth(other, data_.rows_of(User(other))[static_cast<std::size_t>(found - theirs.begin())]);
      weights += similarity;
    }
    return finish(user, sum, weights);
  }

  void score_items(User user, std::span<float> out) const {
    detail::require(static_cast<Index>(out.size()) == items(), "NeighbourhoodModel::score_items: out must have ", items(),
                    " places, got ", out.size());
    const auto near = neighbours_of(user);
    std::fill(out.begin(), out.end(), 0.0F);
    std::vector<float> weights(options_.feedback == Feedback::explicit_ratings ? out.size() : 0);
    for (const auto& [other, similarity] : near) {
      const auto theirs = data_.items_of(User(other));
      const auto rows = data_.rows_of(User(other));
      for (std::size_t k = 0; k < theirs.size(); ++k) {
        const auto i = static_cast<std::size_t>(theirs[k].index());
        out[i] += similarity * worth(other, rows[k]);
        if (!weights.empty()) weights[i] += similarity;
      }
    }
    for (std::size_t i = 0; i < weights.size(); ++i) out[i] = finish(user, out[i], weights[i]);
  }

  /// See core/access.hpp.
  static std::string kind() { return "neighbourhood"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("data", self.data_);
    field("damping", self.options_.damping);
    field("feedback", self.options_.feedback);
    field("neighbours", self.neighbours_);
    field("begin", self.begin_);
    field("means", self.means_);
  }
  void loaded() const {
    const bool rated = options_.feedback == Feedback::explicit_ratings;
    detail::require((rated || options_.feedback == Feedback::implicit) && options_.damping >= 0 &&
                        static_cast<Index>(means_.size()) == (rated ? users() : 0),
                    "NeighbourhoodModel: there must be a mean for each user with ratings, and none without, got ",
                    means_.size());
    detail::require_offsets("NeighbourhoodModel", begin_, static_cast<std::size_t>(users()), neighbours_.size());
    for (const Neighbour& neighbour : neighbours_) {
      detail::require_id("NeighbourhoodModel: neighbour", neighbour.user, users());
    }
  }

 private:
  friend class Access;
  NeighbourhoodModel() : data_(BasicInteractionColumns<Rep>{}) {}

  struct Neighbour {
    Index user = 0;
    float similarity = 0;

    template <class Self, class Visit>
    static void fields(Self& self, Visit&& field) {
      field("user", self.user);
      field("similarity", self.similarity);
    }
  };

  std::span<const Neighbour> neighbours_of(User user) const {
    detail::require_id("NeighbourhoodModel: user", user.index(), users());
    const auto u = static_cast<std::size_t>(user.index());
    return std::span(neighbours_).subspan(begin_[u], begin_[u + 1] - begin_[u]);
  }

  /// What a row of a neighbour says for its item.
  float worth(Index other, Index row) const {
    return options_.feedback == Feedback::implicit ? 1.0F : data_.value(row) - means_[static_cast<std::size_t>(other)];
  }

  float finish(User user, float sum, float weights) const {
    if (options_.feedback == Feedback::implicit) return sum;
    const float mean = means_[static_cast<std::size_t>(user.index())];
    return weights > 0 ? mean + sum / (static_cast<float>(options_.damping) + weights) : mean;
  }

  void find_means() {
    double all = 0;
    for (Index k = 0; k < data_.size(); ++k) all += double{data_.value(k)};
    all /= static_cast<double>(std::max<Index>(1, data_.size()));
    for (Index u = 0; u < users(); ++u) {
      const auto rows = data_.rows_of(User(u));
      double sum = 0;
      for (const Index row : rows) sum += double{data_.value(row)};
      means_.push_back(static_cast<float>(rows.empty() ? all : sum / static_cast<double>(rows.size())));
    }
  }

  BasicInteractions<Rep> data_;
  NeighbourhoodOptions options_;
  std::vector<Neighbour> neighbours_;
  std::vector<std::size_t> begin_{0};
  std::vector<float> means_;
};

}  // namespace kindred
