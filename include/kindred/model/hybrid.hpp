// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The hybrid model: the sum of other models' predictions, trained jointly or in stages.

#include <kindred/core/access.hpp>
#include <kindred/data/features.hpp>
#include <kindred/model/model.hpp>
#include <kindred/parameter/parameterized.hpp>
#include <kindred/parameter/row.hpp>
#include <kindred/scorer/scorer.hpp>

#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace kindred {

/// What one part of a hybrid gave to a score.
template <class Scalar>
struct Share {
  Scalar score = 0;    ///< weight * the part's own score; the shares add up to the hybrid's score
  bool known = false;  ///< whether the part knows both the user and the item; if not, its share is its fall-back
};

namespace detail {

/// A part that gradients can train.
template <class M>
concept HasForward = requires { typename M::Tape; } && Parameterized<M>;

/// Models whose vectors give the scores themselves (up to a number for each user), so that sums of scores are dot products again.
template <class... M>
concept summable = ((VectorModel<M> && !ranks_only<M>) && ...);

template <class M>
struct tape_of {
  struct type {};
};
template <HasForward M>
struct tape_of<M> {
  using type = typename M::Tape;
};

}  // namespace detail

/// pred(u, i) = sum over the parts m of weight_m * pred_m(u, i).
///
/// Parts may be any models, of one Scalar, over the same users and items. If all are `VectorModel`s so is the hybrid, by the vectors one
/// behind the other: top-k costs what one model of that width costs. Parts without a `forward` (popularity, say) are constants in
/// training. `train_only<k...>()` freezes the others: training in stages is a `fit` for each, every stage on what the earlier leave.
/// A user or an item that a table part has not seen has the zero vector there, so the parts that know it decide.
/// Memory: the parts'. Throws: std::invalid_argument if the parts' users or items differ, or a weight is not finite.
template <class... Models>
class HybridModel {
  static_assert(sizeof...(Models) >= 1, "HybridModel: there must be at least one part");
  using Parts = std::tuple<Models...>;

 public:
  using Scalar = typename std::tuple_element_t<0, Parts>::Scalar;
  static_assert((std::is_same_v<typename Models::Scalar, Scalar> && ...), "HybridModel: the parts must have the same Scalar");
  static constexpr std::size_t size = sizeof...(Models);

  struct Tape {
    std::tuple<typename detail::tape_of<Models>::type...> parts, frozen;  // `frozen` draws no random numbers: no dropout
    std::vector<Scalar> predictions, slopes;

    void reseed(auto& random) {
      std::apply([&](auto&... part) { ((reseed_part(part, random)), ...); }, parts);
    }

   private:
    static void reseed_part(auto& part, auto& random) {
      if constexpr (requires { part.reseed(random); }) part.reseed(random);
    }
  };

  explicit HybridModel(Models... parts) : HybridModel(ones(), std::move(parts)...) {}
  HybridModel(const std::array<double, size>& weights, Models... parts) : parts_(std::move(parts)...) {
    set_weights(weights);
    active_.fill(true);
    require_same_size();
  }

  static std::string kind() {
    std::string all;
    ((all += (all.empty() ? "" : ", ") + Models::kind()), ...);
    return "hybrid(" + all + ")";
  }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    field("models", self.parts_);
    field("weights", self.weights_);
    field("trained", self.active_);
  }
  void loaded() const {
    require_same_size();
    for (const double weight : weights_) detail::require(std::isfinite(weight), "HybridModel: a weight must be finite");
  }

  Index users() const { return std::get<0>(parts_).users(); }
  Index items() const { return std::get<0>(parts_).items(); }
  const std::array<double, size>& weights() const { return weights_; }
  void set_weights(const std::array<double, size>& weights) {
    for (const double weight : weights) {
      detail::require(std::isfinite(weight), "HybridModel: a weight must be finite, got ", weight);
    }
    weights_ = weights;
  }

  template <std::size_t k>
  auto& part() {
    return std::get<k>(parts_);
  }
  template <std::size_t k>
  const auto& part() const {
    return std::get<k>(parts_);
  }

  template <class Rep>
  Scalar score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    Scalar sum = 0;
    for_each_part([&](const auto& part, auto k) { sum += weight(k) * part.score(user, item); });
    return sum;
  }

  template <class Rep>
  void score_items(BasicUserId<Rep> user, std::span<Scalar> out) const {
    std::vector<Scalar> one(out.size());
    for_each_part([&](const auto& part, auto k) {
      part.score_items(user, std::span<Scalar>(one));
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = (k == 0 ? Scalar{0} : out[i]) + weight(k) * one[i];
    });
  }

  /// Each part's share of score(user, item).
  template <class Rep>
  std::array<Share<Scalar>, size> breakdown(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    std::array<Share<Scalar>, size> shares;
    for_each_part([&](const auto& part, auto k) {
      shares[k] = {weight(k) * part.score(user, item), part_knows(part, user) && part_knows(part, item)};
    });
    return shares;
  }

  /// Whether any part that can tell knows the user (the item); if none of them can, all are known.
  template <class Rep>
  bool knows(BasicUserId<Rep> user) const {
    return any_knows(user);
  }
  template <class Rep>
  bool knows(BasicItemId<Rep> item) const {
    return any_knows(item);
  }

  Index vector_dim() const
    requires detail::summable<Models...>
  {
    Index sum = 0;
    for_each_part([&](const auto& part, auto) { sum += part.vector_dim(); });
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
    concatenate(items(), out, [](const auto& part, auto, RowMatrix<Scalar>& one) { part.item_vectors(one); });
  }

  /// Appends users (items) to every part; see `TwoTower::add_users`. If a part refuses, the hybrid is as it was.
  void add_users(Index count, const std::shared_ptr<const Features>& features = nullptr) {
    Parts grown = parts_;
    std::apply([&](auto&... part) { (part.add_users(count, features), ...); }, grown);
    parts_ = std::move(grown);
  }
  void add_items(Index count, const std::shared_ptr<const Features>& features = nullptr) {
    Parts grown = parts_;
    std::apply([&](auto&... part) { (part.add_items(count, features), ...); }, grown);
    parts_ = std::move(grown);
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
    for_each_part([&](const auto& part, auto k) {
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
    for_each_part([&](const auto& part, auto k) {
      if constexpr (detail::HasForward<std::remove_cvref_t<decltype(part)>>) {
        if (!active_[k]) return;
        tape.slopes.assign(slopes.begin(), slopes.end());
        for (Scalar& slope : tape.slopes) slope *= weight(k);
        part.backward(users, items, std::span<const Scalar>(tape.slopes), std::get<k>(tape.parts),
                      detail::slice<first_parameter(k), first_parameter(k + 1) - first_parameter(k)>(gradients));
      }
    });
  }

  /// The first part that has biases takes the mean label; the others start from what it leaves.
  template <class Data>
  void prepare(const Data& data, double mean_label) {
    double left = mean_label;
    std::apply([&](auto&... part) { ((prepare_part(part, data, left)), ...); }, parts_);
  }

  template <class Data>
  std::vector<std::vector<double>> touch_counts(const Data& data) const {
    std::vector<std::vector<double>> counts;
    for_each_part([&](const auto& part, auto) {
      if constexpr (detail::HasForward<std::remove_cvref_t<decltype(part)>>) {
        for (auto& rows : part.touch_counts(data)) counts.push_back(std::move(rows));
      }
    });
    return counts;
  }

  auto parameters() {
    return std::apply([](auto&... part) { return std::tuple_cat(parameters_of(part)...); }, parts_);
  }
  static auto names() { return detail::names_of_parts("model", names_of<Models>()...); }

 private:
  friend class Access;
  HybridModel() : parts_(Access::make<Models>()...), weights_(ones()) { active_.fill(true); }

  void require_same_size() const {
    for_each_part([this](const auto& part, auto) {
      detail::require(part.users() == users() && part.items() == items(),
                      "HybridModel: the parts must have the same users and items, got ", users(), " and ", items(), ", then ",
                      part.users(), " and ", part.items());
    });
  }

  static constexpr std::array<double, size> ones() {
    std::array<double, size> all{};
    all.fill(1);
    return all;
  }

  template <class M>
  static auto parameters_of(M& part) {
    if constexpr (detail::HasForward<M>) {
      return part.parameters();
    } else {
      return std::tuple<>{};
    }
  }
  template <class M>
  static auto names_of() {
    if constexpr (detail::HasForward<M>) {
      return M::names();
    } else {
      return std::array<std::string, 0>{};
    }
  }
  static constexpr std::size_t first_parameter(std::size_t part) {
    constexpr std::array<std::size_t, size> counts{std::tuple_size_v<decltype(parameters_of(std::declval<Models&>()))>...};
    std::size_t first = 0;
    for (std::size_t k = 0; k < part; ++k) first += counts[k];
    return first;
  }

  template <class M, class Data>
  static void prepare_part(M& part, const Data& data, double& left) {
    if constexpr (requires { part.prepare(data, left); }) {
      part.prepare(data, left);
      if (part.has_biases()) left = 0;
    }
  }

  template <class M, class Id>
  static constexpr bool tells = requires(const M& part, Id id) { part.knows(id); };

  template <class M, class Id>
  static bool part_knows(const M& part, Id id) {
    if constexpr (tells<M, Id>) {
      return part.knows(id);
    } else {
      return true;
    }
  }
  template <class Id>
  bool any_knows(Id id) const {
    bool any = !(tells<Models, Id> || ...);
    for_each_part([&](const auto& part, auto) {
      if constexpr (tells<std::remove_cvref_t<decltype(part)>, Id>) any = any || part.knows(id);
    });
    return any;
  }

  template <class F>
  void for_each_part(F&& f) const {
    [&]<std::size_t... k>(std::index_sequence<k...>) {
      (f(std::get<k>(parts_), std::integral_constant<std::size_t, k>{}), ...);
    }(std::index_sequence_for<Models...>{});
  }

  template <class F>
  void concatenate(Index rows, RowMatrix<Scalar>& out, F&& vectors_of) const {
    out.setZero(rows, padded<Scalar>(vector_dim()));
    RowMatrix<Scalar> one;
    Index first = 0;
    for_each_part([&](const auto& part, auto k) {
      vectors_of(part, k, one);
      out.middleCols(first, part.vector_dim()) = one.leftCols(part.vector_dim());
      first += part.vector_dim();
    });
  }

  Scalar weight(std::size_t k) const { return static_cast<Scalar>(weights_[k]); }

  Parts parts_;
  std::array<double, size> weights_;
  std::array<bool, size> active_;
};

}  // namespace kindred
