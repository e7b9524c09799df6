// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Per-example steps of matrix factorisation without gradients in memory: a pair of rows is read, and moved.

#include <kindred/kernel/lanes.hpp>
#include <kindred/kernel/pair.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/table_model.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

namespace kindred::detail {

template <class M>
using BiasesOf = std::remove_cvref_t<decltype(std::declval<M&>().user_biases())>;

/// Whether `PairSteps` can train a model of tables: with vectors stored as they are computed with, and a rule that moves a row by a multiple of
/// its gradient.
template <class M, class Rule>
concept PairTrainable =
    TableModel<M> && ScalesRows<typename Optimizer<Rule>::template RuleFor<BiasesOf<M>>, typename M::Scalar> &&
    !std::remove_cvref_t<decltype(std::declval<M&>().user_encoder())>::narrow &&
    !std::remove_cvref_t<decltype(std::declval<M&>().item_encoder())>::narrow;

/// The steps of examples, one after the other, on a model of users p and items q with biases.
///
/// The gradient of weight * loss + L2 is  g_p = s q + a p,  g_q = s p + b q,  with s the slope and a, b twice the lambda of the row. A
/// rule that scales rows makes  p = (1 - f a) p - f s q  of it, and what it asks of the gradient,  |g_p|^2 = s^2 |q|^2 + 2 s a p.q + a^2 |p|^2,  needs
/// no gradient either. So each row is read for three products, and read again to be moved.
///
/// The roots and quotients of a step wait for one another: for four examples in a row of which no two share a row, which is
/// the same as one after the other, they are taken together, each in a lane of its own.
template <class M, class Rep, class Loss, class Rule>
class PairSteps {
 public:
  using Scalar = typename M::Scalar;
  using Biases = BiasesOf<M>;

  PairSteps(M& model, const Loss& loss, const L2Rows<M>& l2, Optimizer<Rule>& optimizer, double rate)
      : loss_(loss),
        l2_(l2),
        users_(model.user_encoder().data()),
        items_(model.item_encoder().data()),
        biases_{model.user_biases().data(), model.item_biases().data()},
        factor_(optimizer.template factors<Biases>(0, rate).first),
        stride_(model.user_encoder().stride()),
        scale_(model.scale()),
        mean_(model.has_biases() ? model.global_mean() : Scalar{0}),
        per_col_(1 / static_cast<Scalar>(model.user_encoder().cols())),
        has_biases_(model.has_biases()) {
    for (std::size_t k = 0; k < 4; ++k) {
      lambdas_[k] = l2.of(k);
      slots_[k] = optimizer.template factors<Biases>(k, rate).second;
    }
  }

  /// The sum of weight * loss, each before its own step.
  [[gnu::flatten]] double run(std::span<const Example<Rep>> examples) {
    double sum = 0;
    for (std::size_t k = 0; k < examples.size();) {
      const bool four = k + together <= examples.size() && apart(&examples[k]);
      const std::size_t count = four ? together : 1;
      for (std::size_t soon = k + ahead; soon < std::min(k + ahead + count, examples.size()); ++soon) {
        prefetch(user(examples[soon].user), stride());
        prefetch(item(examples[soon].item), stride());
      }
      sum += four ? step<static_cast<int>(together)>(&examples[k]) : step<1>(&examples[k]);
      k += count;
    }
    return sum;
  }

 private:
  static constexpr int cols = M::fixed_dim;
  static constexpr int together = 4;       // examples
  static constexpr std::size_t ahead = 8;  // examples
  static constexpr bool adapts = Optimizer<Rule>::template RuleFor<Biases>::slots.size() > 0;

  Index stride() const { return cols == Dynamic ? stride_ : padded<Scalar, cols>(cols); }
  Scalar* user(std::size_t row) const { return users_ + static_cast<Index>(row) * stride(); }
  Scalar* item(std::size_t row) const { return items_ + static_cast<Index>(row) * stride(); }

  static unsigned share(const Example<Rep>& a, const Example<Rep>& b) {
    return static_cast<unsigned>(a.user == b.user) | static_cast<unsigned>(a.item == b.item);
  }

  /// Whether no two of the next four examples share a row. Without branches, which nothing could predict.
  static bool apart(const Example<Rep>* next) {
    return (share(next[0], next[1]) | share(next[0], next[2]) | share(next[1], next[2]) | share(next[0], next[3]) |
            share(next[1], next[3]) | share(next[2], next[3])) == 0;
  }

  /// The rows of so many examples in one table.
  template <int count>
  using Rows = std::array<std::size_t, static_cast<std::size_t>(count)>;

  template <int count>
  EIGEN_ALWAYS_INLINE static Lanes<Scalar, count> gather(const Scalar* from, const Rows<count>& rows) {
    return lanes_of<count>([&](auto j) { return from[rows[j]]; });
  }
  template <int count>
  EIGEN_ALWAYS_INLINE static void scatter(const Lanes<Scalar, count>& numbers, Scalar* to, const Rows<count>& rows) {
    each_lane<count>([&](auto j) { to[rows[j]] = numbers[j]; });
  }

  /// The rule's factor for rows of the k-th parameter, whose slots it moves.
  template <int count>
  EIGEN_ALWAYS_INLINE Lanes<Scalar, count> factors(std::size_t k, const Rows<count>& rows,
                                                   const Lanes<Scalar, count>& mean_squares) const {
    if constexpr (adapts) {
      Lanes<Scalar, count> slots = gather<count>(slots_[k], rows);
      const Lanes<Scalar, count> factors = factor_(mean_squares.max(Scalar{0}), slots);  // rounding can make a square negative
      scatter<count>(slots, slots_[k], rows);
      return factors;
    } else {
      return Lanes<Scalar, count>::Constant(factor_());
    }
  }

  /// The sum of one product of each example.
  template <class Products, class Which>
  EIGEN_ALWAYS_INLINE static auto sums(const Products& products, const Which& which) {
    if constexpr (std::tuple_size_v<Products> == 1) {
      return Lanes<Scalar, 1>(which(products[0]).sum());
    } else {
      return sums_of(which(products[0]), which(products[1]), which(products[2]), which(products[3]));
    }
  }

  template <int count>
  EIGEN_ALWAYS_INLINE double step(const Example<Rep>* examples) {
    using Numbers = Lanes<Scalar, count>;
    Rows<count> users, items;
    std::array<PairProducts<PairBlock<Scalar, cols>>, static_cast<std::size_t>(count)> products;
    each_lane<count>([&](auto j) {
      users[j] = examples[j].user;
      items[j] = examples[j].item;
      products[j] = pair_products<cols, adapts>(user(users[j]), item(items[j]), stride());
    });
    const Numbers pq = sums(products, [](const auto& of) -> const auto& { return of.pq; });
    const Numbers pp = sums(products, [](const auto& of) -> const auto& { return of.pp; });
    const Numbers qq = sums(products, [](const auto& of) -> const auto& { return of.qq; });
    const Numbers user_bias = has_biases_ ? gather<count>(biases_[0], users) : Numbers(Numbers::Zero());
    const Numbers item_bias = has_biases_ ? gather<count>(biases_[1], items) : Numbers(Numbers::Zero());
    const Numbers predictions = mean_ + scale_ * (user_bias + item_bias + pq);
    const auto label = [&](auto j) { return static_cast<Scalar>(examples[j].label); };
    const Numbers weights = lanes_of<count>([&](auto j) { return static_cast<Scalar>(examples[j].weight); });
    const Numbers losses = lanes_of<count>([&](auto j) { return loss_.value(predictions[j], label(j)); });
    const Numbers slopes = scale_ * weights * lanes_of<count>([&](auto j) { return loss_.slope(predictions[j], label(j)); });
    const Numbers asks = lanes_of<count>([&](auto j) { return l2_.asks(examples[j]) ? Scalar{2} : Scalar{0}; });

    const Numbers a = asks * gather<count>(lambdas_[0], users), b = asks * gather<count>(lambdas_[1], items);
    const Numbers crossed = 2 * slopes * pq, squared = slopes.square();
    const Numbers f_user = factors<count>(0, users, (squared * qq + crossed * a + a.square() * pp) * per_col_);
    const Numbers f_item = factors<count>(1, items, (squared * pp + crossed * b + b.square() * qq) * per_col_);
    const Numbers keep_p = 1 - f_user * a, take_p = f_user * slopes, keep_q = 1 - f_item * b, take_q = f_item * slopes;
    each_lane<count>(
        [&](auto j) { move_pair<cols>(user(users[j]), item(items[j]), stride(), keep_p[j], take_p[j], keep_q[j], take_q[j]); });
    if (has_biases_) {
      const Numbers g_user = slopes + asks * gather<count>(lambdas_[2], users) * user_bias,
                    g_item = slopes + asks * gather<count>(lambdas_[3], items) * item_bias;
      scatter<count>(user_bias - factors<count>(2, users, g_user.square()) * g_user, biases_[0], users);
      scatter<count>(item_bias - factors<count>(3, items, g_item.square()) * g_item, biases_[1], items);
    }
    return static_cast<double>((weights * losses).sum());
  }

  const Loss& loss_;
  const L2Rows<M>& l2_;
  Scalar *users_, *items_;
  std::array<Scalar*, 2> biases_;
  decltype(std::declval<Optimizer<Rule>&>().template factors<Biases>(0).first) factor_;
  std::array<const Scalar*, 4> lambdas_{};  ///< of users, items, user biases and item biases, as the slots
  std::array<Scalar*, 4> slots_{};
  Index stride_;
  Scalar scale_, mean_, per_col_;
  bool has_biases_;
};

}  // namespace kindred::detail
