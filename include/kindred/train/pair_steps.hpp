// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Per-example steps of matrix factorisation without gradients in memory: a pair of rows is read, and moved.

#include <kindred/kernel/lanes.hpp>
#include <kindred/kernel/pair.hpp>
#include <kindred/kernel/tile.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/pair_rows.hpp>
#include <kindred/train/table_model.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <type_traits>

namespace kindred::detail {

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
/// no gradient either. So each row is read for three products, and read again to be moved. Biases, slots and lambdas are read and moved in
/// `PairRows`, to be loaded before and stored after.
///
/// The roots and quotients of a step wait for one another: for four examples in a row of which no two share a row, which is
/// the same as one after the other, they are taken together, each in a lane of its own.
template <class M, class Rep, class Loss, class Rule>
class PairSteps {
 public:
  using Scalar = typename M::Scalar;
  using Biases = BiasesOf<M>;

  PairSteps(M& model, const Loss& loss, const L2Rows<M>& l2, Optimizer<Rule>& optimizer, double rate, PairRows<Scalar>& rows)
      : loss_(loss),
        l2_(l2),
        users_(model.user_encoder().data()),
        items_(model.item_encoder().data()),
        user_rows_(rows.users()),
        item_rows_(rows.items()),
        factor_(optimizer.template factors<Biases>(0, rate).first),
        stride_(model.user_encoder().stride()),
        scale_(model.scale()),
        mean_(model.has_biases() ? model.global_mean() : Scalar{0}),
        per_col_(1 / static_cast<Scalar>(model.user_encoder().cols())),
        has_biases_(model.has_biases()) {}

  /// The sum of weight * loss over the examples of all parts, each before its own step.
  [[gnu::flatten]] double run(std::initializer_list<std::span<const Example<Rep>>> parts) {
    double sum = 0;
    for (const auto& examples : parts) {
      for (std::size_t k = 0; k < examples.size();) {
        const bool four = k + together <= examples.size() && apart(&examples[k]);
        const std::size_t count = four ? together : 1;
        for (std::size_t soon = k + ahead; soon < std::min(k + ahead + count, examples.size()); ++soon) {
          prefetch(user(examples[soon].user), stride());
          prefetch(item(examples[soon].item), stride());
          prefetch(user_rows_[examples[soon].user].numbers.data(), 1);
          prefetch(item_rows_[examples[soon].item].numbers.data(), 1);
        }
        sum += four ? step<static_cast<int>(together)>(&examples[k]) : step<1>(&examples[k]);
        k += count;
      }
    }
    return sum;
  }

 private:
  using Row = PairRow<Scalar>;

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

  /// The rule's factor for rows, whose slots it moves.
  template <int count>
  EIGEN_ALWAYS_INLINE Lanes<Scalar, count> factors(const Lanes<Scalar, count>& mean_squares,
                                                   Lanes<Scalar, count>& slots) const {
    if constexpr (adapts) {
      return factor_(mean_squares.max(Scalar{0}), slots);  // rounding can make a square negative
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
  EIGEN_ALWAYS_INLINE void move_biases(const Lanes<Scalar, count>& slopes, const Lanes<Scalar, count>& asks,
                                       std::array<Lanes<Scalar, count>, 4>& of_rows) const {
    const Lanes<Scalar, count> gradient = slopes + asks * of_rows[Row::bias];
    of_rows[Row::bias] -= factors<count>(gradient.square(), of_rows[Row::bias_slot]) * gradient;
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
    const auto user_row = [&](auto j) { return user_rows_[users[j]].numbers.data(); };
    const auto item_row = [&](auto j) { return item_rows_[items[j]].numbers.data(); };
    std::array<Numbers, 4> of_users = columns_of<count, Scalar>(user_row), of_items = columns_of<count, Scalar>(item_row);
    const Numbers predictions = mean_ + scale_ * (of_users[Row::bias] + of_items[Row::bias] + pq);
    const auto label = [&](auto j) { return static_cast<Scalar>(examples[j].label); };
    const Numbers weights = lanes_of<count>([&](auto j) { return static_cast<Scalar>(examples[j].weight); });
    const Numbers losses = lanes_of<count>([&](auto j) { return loss_.value(predictions[j], label(j)); });
    const Numbers slopes = scale_ * weights * lanes_of<count>([&](auto j) { return loss_.slope(predictions[j], label(j)); });
    const Numbers asks = lanes_of<count>([&](auto j) { return l2_.asks(examples[j]) ? Scalar{2} : Scalar{0}; });

    const Numbers a = asks * of_users[Row::lambda], b = asks * of_items[Row::lambda];
    const Numbers crossed = 2 * slopes * pq, squared = slopes.square();
    const Numbers f_user = factors<count>((squared * qq + crossed * a + a.square() * pp) * per_col_, of_users[Row::slot]);
    const Numbers f_item = factors<count>((squared * pp + crossed * b + b.square() * qq) * per_col_, of_items[Row::slot]);
    const Numbers keep_p = 1 - f_user * a, take_p = f_user * slopes, keep_q = 1 - f_item * b, take_q = f_item * slopes;
    each_lane<count>(
        [&](auto j) { move_pair<cols>(user(users[j]), item(items[j]), stride(), keep_p[j], take_p[j], keep_q[j], take_q[j]); });
    if (has_biases_) {
      move_biases<count>(slopes, asks * lanes_of<count>([&](auto j) { return user_row(j)[Row::bias_lambda]; }), of_users);
      move_biases<count>(slopes, asks * lanes_of<count>([&](auto j) { return item_row(j)[Row::bias_lambda]; }), of_items);
    }
    if (adapts || has_biases_) {
      write_columns<count, Scalar>(of_users, user_row);
      write_columns<count, Scalar>(of_items, item_row);
    }
    return static_cast<double>((weights * losses).sum());
  }

  const Loss& loss_;
  const L2Rows<M>& l2_;
  Scalar *users_, *items_;
  PairRow<Scalar>*user_rows_, *item_rows_;
  decltype(std::declval<Optimizer<Rule>&>().template factors<Biases>(0).first) factor_;
  Index stride_;
  Scalar scale_, mean_, per_col_;
  bool has_biases_;
};

}  // namespace kindred::detail
