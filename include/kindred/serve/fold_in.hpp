// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Users whom a trained model does not have, made of what they have: scored, ranked and recommended to without training, and without
/// touching the model.

#include <kindred/data/interactions.hpp>
#include <kindred/detail/fold_in_combined.hpp>
#include <kindred/detail/fold_in_models.hpp>
#include <kindred/detail/fold_in_towers.hpp>
#include <kindred/model/model.hpp>
#include <kindred/serve/history.hpp>
#include <kindred/train/l2.hpp>

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace kindred {

/// The least squares of a model with biases that `GradientTrainer` learns by `SquaredError` from ratings with this `L2`, for a scale of the
/// model. A row's penalty is l2 n / n^frequency_power there; so for 1 - frequency_power here.
inline AlsOptions ridge_of(const L2& l2, double scale = 1) {
  return {.feedback = Feedback::explicit_ratings,
          .lambda = l2.embeddings / (scale * scale),
          .frequency_power = 1 - l2.frequency_power,
          .biases = l2.embeddings > 0 ? l2.biases / l2.embeddings : 1};
}

template <class M>
class FoldIn;

/// A user whom `FoldIn` made. Models `UserScorer` (serve/recommend.hpp). The `FoldIn` must outlive him.
template <class M>
class FoldedUser {
 public:
  using Scalar = typename M::Scalar;
  /// What the kind of model makes of a history: `vector` (1 x padded dim) and `bias` for models with vectors of users.
  using Value = typename detail::Folder<M>::User;

  FoldedUser() = default;

  Index items() const { return folder_->items(); }

  template <class Rep>
  Scalar score(BasicItemId<Rep> item) const {
    detail::require_id("FoldedUser: item", item.index(), items());
    return folder_->score(value_, item.index());
  }
  /// out[i] = score(i) for every item. For models with vectors and for item-item models nothing is allocated.
  void score_items(std::span<Scalar> out) const {
    detail::require(static_cast<Index>(out.size()) == items(), "FoldedUser::score_items: out must have ", items(),
                    " places, got ", out.size());
    folder_->score_items(value_, out);
  }

  const Value& value() const { return value_; }

 private:
  friend class FoldIn<M>;
  const detail::Folder<M>* folder_ = nullptr;
  Value value_{};
};

/// Makes users of histories, for one trained model, which must outlive it and stay as it is.
///
/// ```cpp
/// const FoldIn fold(model, {.least_squares = trainer.options()});     // once
/// const auto user = fold({.items = basket});                          // const, from any thread
/// for (auto [item, score] : recommend(user, {.count = 10, .exclude = basket})) ...
/// ```
/// - `CollaborativeModel` and any `TwoTower` with vectors of users, with `DotProduct`: the user's vector (and bias) that makes the
///   objective of `AlsOptions` least, the items as they are. With the options a model was trained by, a training user's own history gives
///   that user's vector as a sweep over the users by `Cholesky` would. For `GradientTrainer`, see `ridge_of`.
/// - Users made of features: the vector of `features`. The sum of both: least squares around it (as `SumEncoder` for new users).
/// - Item-item models score the history itself; an autoencoder of users encodes it; `BiasModel` has a damped mean.
/// - `HybridModel` is the sum of its parts, `ImputedModel` as its base.
/// Without items a user is scored as the model scores one it knows nothing of: by means and item biases, or features.
///
/// Cost: the constructor O(items dim^2) for implicit feedback; a user n dim^2 / 2 + dim^3 / 6 multiply-adds of n items: 100 items at dim 64
/// in 32 microseconds, 41 with biases (p50 at 2.8 GHz with AVX-512, a busy machine; benchmarks/fold_in.cpp).
/// What it loses against training with the users' rows: a fifth of the users held out, told part of their rows, dim 32, settings chosen on
/// the training rows (examples/live_updates.cpp, given u.data for MovieLens 100K):
///                       ndcg@20 folded in, retrained, popularity    recall@20           RMSE folded in, retrained, biases
///   MovieLens 100K 20 %   0.230  0.228  0.132                       0.284  0.281  0.155   0.911  0.913  0.919
///                  80 %   0.468  0.482  0.212                       0.498  0.514  0.218   0.881  0.878  0.911
///   Online Retail  20 %   0.125  0.127  0.056                       0.155  0.154  0.066
///                  80 %   0.190  0.198  0.062                       0.220  0.234  0.073
/// Memory: of items whose table is stored in 16 bits, and of encoders that are no tables, a copy of their vectors as Scalars.
/// Throws: std::invalid_argument from the constructor for options out of range, or that do not fit the model. From folding in:
/// std::out_of_range for an unknown item; std::invalid_argument for an item given twice, spans of other lengths, a value that is not finite,
/// a negative weight, and explicit ratings without values.
/// Source: Hu, Koren & Volinsky 2008, eq. 4, for one user; Rendle et al. 2021, section 2.
template <class M>
class FoldIn {
 public:
  using Scalar = typename M::Scalar;
  using User = FoldedUser<M>;

  /// Used again from call to call; one a thread.
  struct Workspace {
    std::vector<detail::HistoryEntry> entries{};
    typename detail::Folder<M>::Memory memory{};
  };

  template <Executor E = Serial>
  explicit FoldIn(const M& model, const FoldInOptions& options = {}, const E& executor = {})
      : folder_(model, options, executor) {}
  FoldIn(const FoldIn&) = delete;  // users point to it
  FoldIn& operator=(const FoldIn&) = delete;

  Index items() const { return folder_.items(); }

  template <class Rep = std::uint32_t>
  User operator()(const BasicHistory<Rep>& history) const {
    User user;
    Workspace workspace;
    into(history, workspace, user);
    return user;
  }

  /// The same to the caller's memory: nothing is allocated once workspace and user have seen a history as long (encoders of features, and
  /// autoencoders, allocate).
  template <class Rep = std::uint32_t>
  void into(const BasicHistory<Rep>& history, Workspace& workspace, User& user) const {
    const detail::CheckedHistory checked = detail::checked_history(history, items(), workspace.entries);
    folder_.fold(checked, workspace.memory, user.value_);
    user.folder_ = &folder_;
  }

 private:
  detail::Folder<M> folder_;
};

/// Scores all items for a user from the user's rows of `histories`: `score(histories, user, out)` writes out[i] for each item i.
///
/// What must hold beyond the syntax: it reads no other user's rows, is const, and may be called from many threads at once.
/// ```cpp
/// const auto by_count = [&](const Interactions& histories, UserId user, std::span<float> out) {
///   std::fill(out.begin(), out.end(), 0.0F);
///   for (const ItemId item : histories.items_of(user)) ...  // what speaks for other items
/// };
/// ```
template <class F, class Rep = std::uint32_t, class Scalar = float>
concept HistoryScorer = requires(const F score, const BasicInteractions<Rep>& histories, BasicUserId<Rep> user,
                                 std::span<Scalar> out) { score(histories, user, out); };

/// A `Model` whose users are those of the histories, from a `HistoryScorer`. Keeps a copy of the histories, which is cheap.
///
/// Cost: as the scorer, also for the score of one item; `score` allocates. Throws: std::out_of_range for an unknown id.
template <class F, class Rep = std::uint32_t, class ScalarType = float>
  requires HistoryScorer<F, Rep, ScalarType>
class FoldInModel {
 public:
  using Scalar = ScalarType;

  FoldInModel(BasicInteractions<Rep> histories, Index items, F scorer)
      : histories_(std::move(histories)), items_(items), scorer_(std::move(scorer)) {}

  Index users() const { return histories_.users(); }
  Index items() const { return items_; }

  void score_items(BasicUserId<Rep> user, std::span<Scalar> out) const {
    detail::require_id("FoldInModel: user", user.index(), users());
    detail::require(static_cast<Index>(out.size()) == items_, "FoldInModel::score_items: out must have ", items_,
                    " places, got ", out.size());
    scorer_(histories_, user, out);
  }
  Scalar score(BasicUserId<Rep> user, BasicItemId<Rep> item) const {
    detail::require_id("FoldInModel: item", item.index(), items_);
    std::vector<Scalar> all(static_cast<std::size_t>(items_));
    score_items(user, std::span<Scalar>(all));
    return all[static_cast<std::size_t>(item.index())];
  }

 private:
  BasicInteractions<Rep> histories_;
  Index items_;
  F scorer_;
};

namespace detail {

/// Folds a user in from his rows, each time anew.
template <class M>
struct FoldedHistory {
  std::shared_ptr<const FoldIn<M>> fold;

  template <class Rep>
  void operator()(const BasicInteractions<Rep>& histories, BasicUserId<Rep> user, std::span<typename M::Scalar> out) const {
    std::vector<float> values, weights;
    std::vector<std::int64_t> times;
    for (const Index row : histories.rows_of(user)) {
      if (histories.has_values()) values.push_back(histories.value(row));
      if (histories.has_weights()) weights.push_back(histories.weight(row));
      if (histories.has_times()) times.push_back(histories.time(row));
    }
    (*fold)(BasicHistory<Rep>{histories.items_of(user), values, weights, times}).score_items(out);
  }
};

}  // namespace detail

/// The model for the users of these histories, to be evaluated (metric/evaluate_held_out.hpp) or served like any other: each is folded in
/// when asked for. The model must outlive what is returned.
/// Throws: std::invalid_argument for histories of other items, and as `FoldIn`; when scoring, as folding in.
template <class M, class Rep, Executor E = Serial>
auto fold_in(const M& model, const BasicInteractions<Rep>& histories, const FoldInOptions& options = {},
             const E& executor = {}) {
  detail::require(histories.items() == model.items(), "fold_in: the histories must be of ", model.items(), " items, got ",
                  histories.items());
  using Scorer = detail::FoldedHistory<M>;
  return FoldInModel<Scorer, Rep, typename M::Scalar>(histories, model.items(),
                                                      Scorer{std::make_shared<const FoldIn<M>>(model, options, executor)});
}

}  // namespace kindred
