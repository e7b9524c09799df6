// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Approximate recommendation from very large catalogues by hnswlib (github.com/nmslib/hnswlib, 0.6 or later), which is yours to install.
/// Not a part of kindred.hpp. Include it in one source file only: hnswlib 0.6 defines functions that are not inline.

#if !__has_include(<hnswlib/hnswlib.h>)
#error "kindred/adapter/hnsw.hpp needs hnswlib (Debian: libhnswlib-dev); nothing else in kindred does"
#endif

#include <kindred/core/executor.hpp>
#include <kindred/kernel/score.hpp>
#include <kindred/model/model.hpp>
#include <kindred/parameter/row.hpp>
#include <kindred/serve/recommend.hpp>

#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

/// By what the graph says that items are near.
enum class HnswMetric {
  inner_product,  ///< the largest p.q itself, though it is no distance (Morozov & Babenko 2018)
  augmented,      ///< a distance, by one more coordinate (Bachrach et al. 2014); see `HnswIndex`
};

struct HnswOptions {
  HnswMetric metric = HnswMetric::inner_product;
  Index links = 16;           ///< neighbours of an item in the graph: more is more exact, and takes more memory
  Index build_breadth = 200;  ///< candidates looked at for each item while building
  Index breadth = 100;        ///< candidates looked at in a query, if it does not say: more is more exact and slower
  std::uint64_t seed = 1;
};

/// The best items for a user vector out of a graph of near items, instead of by scoring all: often right, seldom all wrong.
///
/// `augmented`: with m the largest |q|, the items are (q_i, sqrt(m^2 - |q_i|^2)) / m and the user is (p, 0) / |p|, so that
/// |difference|^2 = 2 - 2 p.q_i / (m |p|). It is the usual way, but where lengths differ the last coordinate makes all short items alike, and
/// the graph of plain inner products finds far more (below). With vectors of equal length the two are one.
/// ```cpp
/// const HnswIndex index(model, {.breadth = 200}, Threads());         // a copy of the items' vectors; rebuild it for a new model
/// recommend(index, model, user, {.count = 10, .exclude = seen});     // from any thread
/// ```
/// The candidates are scored exactly, so the order of what is found is right, and an item that is filtered out is never returned. If too few
/// candidates pass the filter, twice as many are looked at, and so on; from an eighth of the items on, and for an `allow` list, all are scored.
///
/// Recall@10 and users a second, one thread, Dim 64, AMD EPYC (Zen 4), g++ -O3 -march=native, of generated vectors whose lengths and
/// coordinates vary as those of trained ones do; exact is `ItemIndex` (benchmarks/ann.cpp):
///     items       exact     breadth 25      50            100           200          augmented, 100   augmented, 400
///       10,000    137,000   .94  46,000   .98 27,000    .99 14,400    1.00 7,400    .75  23,500      .91  5,700
///      100,000     39,000   .87  18,400   .93 10,500    .96  5,900     .98 3,200    .67  12,400      .83  3,000
///    1,000,000      6,700   not measured
/// Building took 2 seconds for 10,000 items and about a minute for 100,000 with two threads. At both sizes
/// `ItemIndex` is faster, exact and made in a moment, where the processor has fast 8-bit products (kernel/coarse_tile.hpp). For millions of
/// items, and on other processors, measure both on your own vectors.
/// Memory: 8 padded(Dim) bytes an item for vectors, and about 10 links.
/// Repeatable: the graph, if it is built by `Serial`. With more threads it differs from run to run, though little in quality; hnswlib 0.6
/// then draws random numbers from one generator without a lock, which ThreadSanitizer reports, as it does the order of its locks while it is
/// built. AddressSanitizer reports that it reads one number past a list to prefetch; -DNO_MANUAL_VECTORIZATION does not.
/// Throws: std::invalid_argument for options out of range, a query that is not as long as the vectors or has a NaN, and as `recommend`.
/// Source: Malkov & Yashunin 2018; Morozov & Babenko, NeurIPS 2018; Bachrach et al., RecSys 2014, section 3.
class HnswIndex {
 public:
  template <class M, Executor E = Serial>
    requires VectorModel<M> && std::same_as<typename M::Scalar, float>
  explicit HnswIndex(const M& model, const HnswOptions& options = {}, const E& executor = {}) : breadth_(options.breadth) {
    const auto positive = [](const char* what, Index value) {
      detail::require(value >= 1 && value < 100'000, "HnswIndex: ", what, " must be from 1 to 99999, got ", value);
    };
    positive("links", options.links);
    positive("build_breadth", options.build_breadth);
    positive("breadth", options.breadth);
    model.item_vectors(vectors_);
    dim_ = model.vector_dim();
    float most = 0;
    std::vector<Index> usable;
    for (Index i = 0; i < items(); ++i) {
      const float norm = vectors_.row(i).norm();
      if (!std::isfinite(norm)) continue;  // NaN: never to be recommended
      usable.push_back(i);
      most = std::max(most, norm);
    }
    const bool augmented = options.metric == HnswMetric::augmented;
    width_ = augmented ? dim_ + 1 : vectors_.cols();
    if (augmented) {
      space_ = std::make_unique<hnswlib::L2Space>(static_cast<std::size_t>(width_));
    } else {
      space_ = std::make_unique<hnswlib::InnerProductSpace>(static_cast<std::size_t>(width_));
    }
    graph_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(
        space_.get(), std::max<std::size_t>(1, usable.size()), static_cast<std::size_t>(options.links),
        static_cast<std::size_t>(options.build_breadth), static_cast<std::size_t>(options.seed));
    for_each_range(executor, static_cast<Index>(usable.size()), 256, [&](Index begin, Index end) {
      Eigen::VectorXf point = Eigen::VectorXf::Zero(width_);
      for (Index k = begin; k < end; ++k) {
        const Index item = usable[static_cast<std::size_t>(k)];
        point.head(dim_) = vectors_.row(item).head(dim_) / (most > 0 ? most : 1.0F);
        if (augmented) point(dim_) = std::sqrt(std::max(0.0F, 1 - point.head(dim_).squaredNorm()));
        graph_->addPoint(point.data(), static_cast<hnswlib::labeltype>(item));
      }
    });
    usable_ = static_cast<Index>(usable.size());
  }

  Index items() const { return vectors_.rows(); }
  Index dim() const { return dim_; }

  /// The items with the largest dot products with `query`, best first, their scores these products. `query` is a row of `user_vectors`,
  /// padded or not: a user who is folded into a model without biases, for example. `breadth` 0 is that of the options.
  template <class Rep = std::uint32_t>
  std::vector<BasicScored<Rep, float>> nearest(std::span<const float> query, const BasicRecommendOptions<Rep>& options = {},
                                               Index breadth = 0) const {
    const auto length = static_cast<Index>(query.size());
    detail::require(length == dim_ || length == vectors_.cols(), "HnswIndex: the query must have ", dim_, " numbers, got ",
                    length);
    Eigen::RowVectorXf user = Eigen::RowVectorXf::Zero(vectors_.cols());
    user.head(dim_) = Eigen::Map<const Eigen::RowVectorXf>(query.data(), dim_);
    detail::require(breadth >= 0, "HnswIndex: breadth must not be negative, got ", breadth);
    if (breadth == 0) breadth = breadth_;
    const float norm = user.norm();
    detail::require(std::isfinite(norm), "HnswIndex: the query must be finite, got a norm of ", norm);
    detail::require(options.count >= 0, "recommend: count must not be negative, got ", options.count);
    std::vector<Index> unwanted;
    for (const auto& ids : {options.exclude, options.deny}) {
      for (const auto id : ids) {
        detail::require_id("recommend: an item in a list", id.index(), items());
        unwanted.push_back(id.index());
      }
    }
    std::sort(unwanted.begin(), unwanted.end());
    const Index count = std::min(options.count, items());
    if (count == 0) return {};
    if (!options.allow && norm > 0) {
      Eigen::VectorXf point = Eigen::VectorXf::Zero(width_);
      point.head(dim_) = user.head(dim_) / norm;
      for (Index look = std::max(breadth, count) + static_cast<Index>(unwanted.size()); look <= usable_ / 8; look *= 2) {
        auto found = candidates(point, look, user, unwanted, options);
        if (static_cast<Index>(found.size()) < count) continue;
        std::partial_sort(found.begin(), found.begin() + count, found.end(), ranks_before<Rep, float>);
        found.resize(static_cast<std::size_t>(count));
        return found;
      }
    }
    std::vector<float> scores(static_cast<std::size_t>(items()));
    score_one_to_many(user, vectors_, std::span<float>(scores));
    return recommend_from_scores(scores, options);
  }

 private:
  template <class Rep>
  std::vector<BasicScored<Rep, float>> candidates(const Eigen::VectorXf& point, Index look, const Eigen::RowVectorXf& user,
                                                  const std::vector<Index>& unwanted,
                                                  const BasicRecommendOptions<Rep>& options) const {
    std::vector<BasicScored<Rep, float>> found;
    auto nearest = graph_->searchKnn(point.data(), static_cast<std::size_t>(look));
    for (; !nearest.empty(); nearest.pop()) {
      const auto item = static_cast<Index>(nearest.top().second);
      const BasicItemId<Rep> id(item);
      if (std::binary_search(unwanted.begin(), unwanted.end(), item) || (options.predicate && !options.predicate(id))) continue;
      found.push_back({id, score_pair(user, vectors_.row(item))});
    }
    return found;
  }

  Index breadth_, dim_ = 0, width_ = 0, usable_ = 0;
  RowMatrix<float> vectors_;
  std::unique_ptr<hnswlib::SpaceInterface<float>> space_;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph_;
};

/// As `recommend`, but the items are looked for in the index, which must be that of the model. Scores are the model's.
template <class M, class Rep>
  requires VectorModel<M, Rep>
std::vector<BasicScored<Rep, float>> recommend(const HnswIndex& index, const M& model, BasicUserId<Rep> user,
                                               const BasicRecommendOptions<Rep>& options = {}, Index breadth = 0) {
  detail::require_id("recommend: the user", user.index(), static_cast<Index>(model.users()));
  detail::require(index.items() == model.items() && index.dim() == model.vector_dim(),
                  "recommend: the index must be that of the model, of ", model.items(), " items and ", model.vector_dim(),
                  " numbers each, got ", index.items(), " and ", index.dim());
  RowMatrix<float> vector;
  const Index id = user.index();
  model.user_vectors(std::span<const Index>(&id, 1), vector);
  auto list = index.nearest(std::span<const float>(vector.data(), static_cast<std::size_t>(vector.cols())), options, breadth);
  for (auto& entry : list) entry.score = model.score(user, entry.item);
  std::sort(list.begin(), list.end(), ranks_before<Rep, float>);
  return list;
}

}  // namespace kindred
