// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The hybrid model: the sum of other models' predictions, trained jointly or in stages.

#include <kindred/core/access.hpp>
#include <kindred/core/random.hpp>
#include <kindred/detail/for_each_in.hpp>
#include <kindred/detail/model_parts.hpp>
#include <kindred/encoder/encoder.hpp>
#include <kindred/model/model.hpp>
#include <kindred/parameter/row.hpp>
#include <kindred/scorer/scorer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindred {

/// What one part of a hybrid gave to a score.
template <class Scalar>
struct Share {
  Scalar score = 0;    ///< weight * the part's own score; the shares add up to the hybrid's score
  bool known = false;  ///< whether the part knows both the user and the item; if not, its share is its fall-back
};

namespace detail {

/// Models whose vectors give the scores themselves (up to a number for each user), so that sums of scores are dot products again.
template <class... M>
concept summable = ((VectorModel<M> && !ranks_only<M>) && ...);

}  // namespace detail

/// pred(u, i) = sum over the parts m of weight_m * pred_m(u, i).
///
/// Parts may be any models, of one Scalar, over the same users and items. If all are `VectorModel`s so is the hybrid, by the vectors one
/// behind the other: top-k costs what one model of that width costs. Parts without a `forward` (popularity, say) are constants in
/// training. `train_only<k...>()` freezes the others: training in stages is a `fit` for each, every stage on what the earlier leave.
/// A user or an item that a table part has not seen has the zero vector there, so the parts that know it decide.
/// Memory: the parts'. Throws: std::invalid_argument if the parts' users or items differ, or a weight is not finite.
template <class... Models>
class HybridModel : public detail::ModelParts<Models...> {
  using Base = detail::ModelParts<Models...>;

 public:
  using typename Base::Scalar;
  static constexpr std::size_t size = sizeof...(Models);

  struct Tape {
    std::tuple<typename detail::tape_of<Models>::type...> parts, frozen;  // `frozen` draws no random numbers: no dropout
    std::vector<Scalar> predictions, slopes;

    void reseed(Random& from) {
      std::apply([&](auto&... part) { (detail::reseed(part, from), ...); }, parts);
    }
  };

  explicit HybridModel(Models... parts) : HybridModel(ones(), std::move(parts)...) {}
  HybridModel(const std::array<double, size>& weights, Models... parts) : Base(std::move(parts)...) {
    set_weights(weights);
    active_.fill(true);
    this->require_same_size();
  }

  static std::string kind() { return "hybrid(" + Base::kinds() + ")"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("models", self.parts_);
    field("weights", self.weights_);
    field("trained", self.active_);
  }
  void loaded() const {
    this->require_same_size();
    for (const double weight : weights_) detail::require(std::isfinite(weight), "HybridModel: a weight must be finite");
  }

  const std::array<double, size>& weights() const { return weights_; }
  void set_weights(const std::array<double, size>& weights) {
    for (const double weight : weights) {
      detail::require(std::isfinite(weight), "HybridModel: a weight must be finite, got ", weight);
    }
    weights_ = weights;
  }

  template <class Rep>
  Scalar score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    Scalar sum = 0;
    detail::for_each_in(parts_, [&](const auto& part, auto k) { sum += weight(k) * part.score(user, item); });
    return sum;
  }

  template <class Rep>
  void score_items(BasicUserId<Rep> user, std::span<Scalar> out) const {
    std::vector<Scalar> one(out.size());
    detail::for_each_in(parts_, [&](const auto& part, auto k) {
      part.score_items(user, std::span<Scalar>(one));
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = (k == 0 ? Scalar{0} : out[i]) + weight(k) * one[i];
    });
  }

  /// Each part's share of score(user, item).
  template <class Rep>
  std::array<Share<Scalar>, size> breakdown(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    std::array<Share<Scalar>, size> shares;
    detail::for_each_in(parts_, [&](const auto& part, auto k) {
      shares[k] = {weight(k) * part.score(user, item), detail::part_knows(part, user) && detail::part_knows(part, item)};
    });
    return shares;
  }

  Index vector_dim() const
    requires detail::summable<Models...>
  {
    Index sum = 0;
    detail::for_each_in(parts_, [&](const auto& part, auto) { sum += part.vector_dim(); });
    return sum;
  }
  void user_vectors(std::span<const Index> ids, RowMatrix<Scalar>& out) const
    requires detail::summable<Models...>
  {
    concatenate(static_cast<Index>(ids.size()), out, [&](const auto& part, auto k, RowMatrix<Scalar>& one) {
      part.user_vectors(ids, one);
      one *= weight(k);
    });
  }
  void item_vectors(RowMatrix<Scalar>& out) const
    requires detail::summable<Models...>
  {
    concatenate(this->items(), out, [](const auto& part, auto, RowMatrix<Scalar>& one) { part.item_vectors(one); });
  }

  // Training. -----------------------------------------------------------------------------------------------------------------------

  /// Only these parts are trained from now on, by their numbers; the others keep their weights and still count in the predictions, as
  /// they serve: without dropout.
  template <std::size_t... k>
  void train_only() {
    active_.fill(false);
    ((active_[k] = true), ...);
  }
  void train_all() { active_.fill(true); }

  void forward(std::span<const Index> users, std::span<const Index> items, std::span<Scalar> predictions, Tape& tape) const {
    std::fill(predictions.begin(), predictions.end(), Scalar{0});
    tape.predictions.resize(predictions.size());
    detail::for_each_in(parts_, [&](const auto& part, auto k) {
      if constexpr (detail::HasForward<std::remove_cvref_t<decltype(part)>>) {
        part.forward(users, items, std::span<Scalar>(tape.predictions), std::get<k>(active_[k] ? tape.parts : tape.frozen));
      } else {
        for (std::size_t n = 0; n < users.size(); ++n) {
          tape.predictions[n] = part.score(UserId(users[n]), ItemId(items[n]));
        }
      }
      for (std::size_t n = 0; n < predictions.size(); ++n) predictions[n] += weight(k) * tape.predictions[n];
    });
  }

  void backward(std::span<const Index> users, std::span<const Index> items, std::span<const Scalar> slopes, Tape& tape,
                auto&& gradients) const {
    detail::for_each_in(parts_, [&](const auto& part, auto k) {
      if constexpr (detail::HasForward<std::remove_cvref_t<decltype(part)>>) {
        if (!active_[k]) return;
        tape.slopes.assign(slopes.begin(), slopes.end());
        for (Scalar& slope : tape.slopes) slope *= weight(k);
        part.backward(users, items, std::span<const Scalar>(tape.slopes), std::get<k>(tape.parts),
                      Base::template gradients_of_part<k>(gradients));
      }
    });
  }

 private:
  friend class Access;
  using Base::parts_;

  HybridModel() : weights_(ones()) { active_.fill(true); }

  static constexpr std::array<double, size> ones() {
    std::array<double, size> all{};
    all.fill(1);
    return all;
  }

  template <class F>
  void concatenate(Index rows, RowMatrix<Scalar>& out, F&& vectors_of) const {
    out.setZero(rows, padded<Scalar>(vector_dim()));
    RowMatrix<Scalar> one;
    Index first = 0;
    detail::for_each_in(parts_, [&](const auto& part, auto k) {
      vectors_of(part, k, one);
      out.middleCols(first, part.vector_dim()) = one.leftCols(part.vector_dim());
      first += part.vector_dim();
    });
  }

  Scalar weight(std::size_t k) const { return static_cast<Scalar>(weights_[k]); }

  std::array<double, size> weights_;
  std::array<bool, size> active_;
};

}  // namespace kindred
