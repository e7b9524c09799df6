// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The entities most like each by their features, found through an index of who has which feature: never a square matrix.

#include <kindred/core/access.hpp>
#include <kindred/core/executor.hpp>
#include <kindred/data/features.hpp>
#include <kindred/kernel/top_k.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

/// A list of other items for each item, best first, equal ones by id. Const and thread-safe once made.
///
/// Memory: 8 bytes an entry and an item.
class NeighbourLists {
 public:
  Index size() const { return static_cast<Index>(begin_.size()) - 1; }

  /// The list of item number `row`. Throws: std::out_of_range.
  std::span<const Scored> operator[](Index row) const {
    detail::require_id("NeighbourLists: item", row, size());
    const auto r = static_cast<std::size_t>(row);
    return std::span(entries_).subspan(begin_[r], begin_[r + 1] - begin_[r]);
  }

  void add(std::span<const Scored> list) {
    entries_.insert(entries_.end(), list.begin(), list.end());
    begin_.push_back(entries_.size());
  }

  /// See core/access.hpp.
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("begin", self.begin_);
    field("entries", self.entries_);
  }
  void loaded() const {
    detail::require(!begin_.empty(), "NeighbourLists: there must be offsets, got none");
    detail::require_offsets("NeighbourLists", begin_, begin_.size() - 1, entries_.size());
    for (const Scored& entry : entries_) detail::require_id("NeighbourLists: item", entry.item.index(), size());
  }

  /// The same entries by the other item: list j holds (i, score) for each (j, score) in list i, ascending by i.
  NeighbourLists transposed() const {
    NeighbourLists out;
    out.begin_.assign(begin_.size(), 0);
    for (const Scored& entry : entries_) ++out.begin_[static_cast<std::size_t>(entry.item.index()) + 1];
    for (std::size_t j = 1; j < out.begin_.size(); ++j) out.begin_[j] += out.begin_[j - 1];
    out.entries_.resize(entries_.size());
    std::vector<std::size_t> next(out.begin_.begin(), out.begin_.end() - 1);
    for (Index i = 0; i < size(); ++i) {
      for (const Scored& entry : (*this)[i]) {
        out.entries_[next[static_cast<std::size_t>(entry.item.index())]++] = {ItemId(i), entry.score};
      }
    }
    return out;
  }

 private:
  std::vector<std::size_t> begin_{0};
  std::vector<Scored> entries_;
};

namespace detail {

/// Who of the candidates has which feature, and how long each row is.
class FeatureIndex {
 public:
  template <class Candidate>
  FeatureIndex(const Features& features, const Candidate& candidate)
      : features_(features),
        candidate_(static_cast<std::size_t>(features.rows())),
        length_(candidate_.size()),
        begin_(static_cast<std::size_t>(features.sparse_dim()) + 1) {
    std::vector<FeatureWeight> row;
    for (std::size_t r = 0; r < candidate_.size(); ++r) {
      candidate_[r] = candidate(static_cast<Index>(r));
      length_[r] = length(static_cast<Index>(r), row);
      if (!candidate_[r]) continue;
      for (const auto& entry : features.sparse(static_cast<Index>(r))) ++begin_[static_cast<std::size_t>(entry.feature) + 1];
    }
    for (std::size_t f = 1; f < begin_.size(); ++f) begin_[f] += begin_[f - 1];
    havers_.resize(begin_.back());
    std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
    for (std::size_t r = 0; r < candidate_.size(); ++r) {
      if (!candidate_[r]) continue;
      for (const auto& entry : features.sparse(static_cast<Index>(r))) {
        havers_[next[static_cast<std::size_t>(entry.feature)]++] = {ItemId(r), entry.weight};
      }
    }
  }

  /// The `count` best for rows begin ... end - 1, one list after the other; their lengths go to `counts`.
  void nearest(Index begin, Index end, Index count, std::vector<Scored>& out, std::vector<std::size_t>& counts) const {
    std::vector<double> sums(candidate_.size());
    std::vector<Index> touched;
    std::vector<Scored> found;
    for (Index i = begin; i < end; ++i) {
      touched.clear();
      found.clear();
      const auto add = [&](Index j, double product) {
        double& sum = sums[static_cast<std::size_t>(j)];
        if (sum == 0) touched.push_back(j);
        sum += product;
      };
      for (const auto& [feature, weight] : features_.sparse(i)) {
        const auto f = static_cast<std::size_t>(feature);
        for (std::size_t k = begin_[f]; k < begin_[f + 1]; ++k) {
          add(havers_[k].item.index(), double{weight} * double{havers_[k].score});
        }
      }
      if (features_.dense_dim() > 0) add_dense(i, add);
      for (const Index j : touched) {  // an item whose sum was 0 in between comes twice, the second time with 0
        const double sum = std::exchange(sums[static_cast<std::size_t>(j)], 0.0);
        if (sum <= 0 || j == i) continue;
        const double cosine = sum / (length_[static_cast<std::size_t>(i)] * length_[static_cast<std::size_t>(j)]);
        found.push_back({ItemId(j), static_cast<float>(std::min(1.0, cosine))});
      }
      const auto kept = static_cast<std::ptrdiff_t>(std::min(static_cast<Index>(found.size()), count));
      std::partial_sort(found.begin(), found.begin() + kept, found.end(), ranks_before<ItemId::rep_type, float>);
      out.insert(out.end(), found.begin(), found.begin() + kept);
      counts.push_back(static_cast<std::size_t>(kept));
    }
  }

 private:
  /// A feature that comes twice in a row counts with the sum, as it does in products.
  double length(Index r, std::vector<FeatureWeight>& row) const {
    row.assign(features_.sparse(r).begin(), features_.sparse(r).end());
    std::sort(row.begin(), row.end(), [](const auto& a, const auto& b) { return a.feature < b.feature; });
    double squares = 0;
    for (std::size_t k = 0, next = 0; k < row.size(); k = next) {
      double sum = 0;
      for (next = k; next < row.size() && row[next].feature == row[k].feature; ++next) sum += double{row[next].weight};
      squares += sum * sum;
    }
    for (const float x : features_.dense(r)) squares += double{x} * double{x};
    return std::sqrt(squares);
  }

  template <class Add>
  void add_dense(Index i, const Add& add) const {
    const auto mine = features_.dense(i);
    for (Index j = 0; j < features_.rows(); ++j) {
      if (!candidate_[static_cast<std::size_t>(j)]) continue;
      const auto theirs = features_.dense(j);
      double sum = 0;
      for (std::size_t d = 0; d < mine.size(); ++d) sum += double{mine[d]} * double{theirs[d]};
      if (sum != 0) add(j, sum);
    }
  }

  const Features& features_;
  std::vector<bool> candidate_;
  std::vector<double> length_;
  std::vector<std::size_t> begin_;
  std::vector<Scored> havers_;
};

}  // namespace detail

/// For each row a, the `count` other rows b with the largest cosine a.b / (|a| |b|) among those for which candidate(row)
/// holds. Both parts of the features count, sparse and dense. What has no cosine above 0 is in no list, so a row without
/// features has an empty one.
///
/// Cost: the sum over features of (rows that have it) * (candidates that have it), in parallel; rows * candidates * dense_dim
/// more with dense vectors. Memory: 8 bytes a sparse entry, 12 a row, and 8 a row for each thread. Sums are in double.
/// Repeatable: the same bits for any executor.
/// Throws: std::invalid_argument for count < 1; std::out_of_range for more than 2^32 rows.
template <class Candidate = KeepAll, Executor E = Serial>
NeighbourLists feature_neighbours(const Features& features, Index count, const Candidate& candidate = {},
                                  const E& executor = {}) {
  detail::require(count >= 1, "feature_neighbours: count must be at least 1, got ", count);
  const detail::FeatureIndex index(features, candidate);
  const Index grain = std::max<Index>(32, features.rows() / 256);  // each range clears sums for all rows
  const Index ranges = (features.rows() + grain - 1) / grain;
  std::vector<std::vector<Scored>> parts(static_cast<std::size_t>(ranges));
  std::vector<std::vector<std::size_t>> counts(parts.size());
  for_each_range(executor, features.rows(), grain, [&](Index begin, Index end) {
    const auto range = static_cast<std::size_t>(begin / grain);
    index.nearest(begin, end, count, parts[range], counts[range]);
  });
  NeighbourLists lists;
  for (std::size_t range = 0; range < parts.size(); ++range) {
    std::size_t first = 0;
    for (const std::size_t length : counts[range]) {
      lists.add(std::span(parts[range]).subspan(first, length));
      first += length;
    }
    parts[range] = {};
  }
  return lists;
}

}  // namespace kindred
