// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The autoencoder: an embedding learned by reconstructing an entity's interactions from themselves, through a narrow hidden layer.

#include <kindred/core/access.hpp>
#include <kindred/core/error.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/encoder/activation.hpp>
#include <kindred/kernel/score.hpp>
#include <kindred/model/hidden_layers.hpp>
#include <kindred/model/history_inputs.hpp>
#include <kindred/model/two_tower.hpp>
#include <kindred/parameter/initialize.hpp>

#include <cmath>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindred {

namespace detail {

template <Side side, class Table, class Hidden>
using AutoencoderTowers = std::conditional_t<side == Side::items, TwoTower<Table, Hidden>, TwoTower<Hidden, Table>>;

}  // namespace detail

/// r(e, v) = mean + scale ( b_e + b_v + W_v . h(e) ),   h(e) = activation( c + sum over e's interactions v of x_ev V_v ).
///
/// `side` says what e is: with Side::items a column of the ratings goes in and comes out (I-AutoRec), with Side::users a row does. h(e) is
/// the embedding of e, W_v that of v; behind h there may be further `Layers`, an `Mlp`. For ratings, mean, b_e and b_v start from a
/// `BiasModel`, b_v is then trained, and x_ev is the rating less all three, divided by scale. For implicit feedback mean and biases start
/// from 0 and x_ev = (interactions of e)^-power. The input is that of the data the model was made from; train on the same.
///
/// An entity that was not there needs no training: `encode` makes its vector and bias from interactions, `score` and `score_all` use it.
/// Shapes: V others x Dim, c 1 x Dim, W others x (Dim, or the last layer's width). Memory: those, and 16 bytes an interaction.
/// Cost: O(interactions of e * Dim) for h(e), so a score costs that too; `user_vectors` and `item_vectors` encode each once.
/// Throws: std::invalid_argument for options out of range, and for empty data.
/// Source: Sedhain et al. 2015 (AutoRec); Vincent et al. 2008 (denoising); Wu et al. 2016 (CDAE, implicit). Differs: biases, and the input is
/// centred by them, which lets the weights of both layers stay small.
/// When not to use it: to rank implicit feedback; of the data tried, `CollaborativeModel` and `Ease` rank Online Retail better.
template <Side side = Side::items, class ScalarType = float, int Dim = Dynamic, Activation Act = Sigmoid,
          std::size_t Layers = 0>
class AutoencoderModel : public detail::AutoencoderTowers<side, EmbeddingTable<ScalarType, Layers == 0 ? Dim : Dynamic>,
                                                          typename detail::HiddenLayers<ScalarType, Dim, Act, Layers>::type> {
  using Table = EmbeddingTable<ScalarType, Layers == 0 ? Dim : Dynamic>;
  using HiddenLayers = detail::HiddenLayers<ScalarType, Dim, Act, Layers>;
  using Hidden = typename HiddenLayers::type;
  using Base = detail::AutoencoderTowers<side, Table, Hidden>;
  static constexpr bool by_items = side == Side::items;

  template <class Id>
  static constexpr bool is_other =
      std::is_same_v<Id, std::conditional_t<by_items, BasicUserId<typename Id::rep_type>, BasicItemId<typename Id::rep_type>>>;

 public:
  using Scalar = ScalarType;
  static constexpr Side entities = side;

  /// An entity made from a history: what `score` needs of it.
  struct Encoded {
    RowMatrix<Scalar> vector;  ///< 1 x padded dim, as a row of `user_embeddings` or `item_embeddings`
    Scalar bias = 0;
  };

  template <class Rep>
  explicit AutoencoderModel(const BasicInteractions<Rep>& data, const AutoencoderOptions& options = {})
      : AutoencoderModel(data, options, make(data, options)) {}

  using Base::score;

  /// Not there: inputs and outputs are those of the data that the model was made from. New entities are encoded from interactions.
  void add_users(Index, const std::shared_ptr<const Features>& = nullptr) = delete;
  void add_items(Index, const std::shared_ptr<const Features>& = nullptr) = delete;

  /// The vector and the bias of an entity with these interactions: ids of the other side, in any order, and the ratings. The same bits as
  /// those of an entity trained with, for its own history (with further layers, up to the rounding of a product of another shape).
  /// Const, as everything here that serves: many threads may encode at once.
  /// Throws: std::out_of_range for an unknown id; std::invalid_argument for an id given twice, a value that is not finite, or
  /// spans of other lengths (values may be missing for implicit feedback, weights always: all 1).
  template <std::ranges::contiguous_range Ids>
  Encoded encode(const Ids& others, std::span<const float> values = {}, std::span<const float> weights = {}) const {
    using Id = std::ranges::range_value_t<Ids>;
    static_assert(is_other<Id>,
                  "AutoencoderModel::encode: the history of an item is made of user ids, that of a user of item ids");
    const std::vector<Entry> entries = inputs_.history(std::span<const Id>(others), values, weights);
    const detail::HistoryInput input = inputs_(entries);
    Features features(inputs_.others());
    features.add_row(input.weights);
    Encoded encoded;
    const Index row = 0;
    hidden().encode(features, std::span<const Index>(&row, 1), encoded.vector);
    encoded.bias = in_units(input.bias);
    return encoded;
  }

  /// What the encoded entity and an id of the other side score together.
  template <class OtherId>
    requires is_other<OtherId>
  Scalar score(const Encoded& entity, OtherId other) const {
    detail::require_id("AutoencoderModel::score: id", other.index(), output().rows());
    const ConstPaddedRowMap<Scalar, Base::fixed_dim> vector(entity.vector.data(), 1, entity.vector.cols());
    return finish(entity, other.index(), score_pair(vector, output().padded_row(other.index())));
  }

  /// out[v] = the score with id v, for every id of the other side.
  void score_all(const Encoded& entity, std::span<Scalar> out) const {
    detail::require(static_cast<Index>(out.size()) == output().rows(), "AutoencoderModel::score_all: out must have ",
                    output().rows(), " places, got ", out.size());
    score_one_to_many(entity.vector, output().padded_value(), out);
    for (std::size_t v = 0; v < out.size(); ++v) out[v] = finish(entity, static_cast<Index>(v), out[v]);
  }

  // Parts, by what they are for rather than by side. --------------------------------------------------------------------------------

  const Hidden& hidden() const {
    if constexpr (by_items) {
      return this->item_encoder();
    } else {
      return this->user_encoder();
    }
  }
  const Table& output() const {
    if constexpr (by_items) {
      return this->user_encoder();
    } else {
      return this->item_encoder();
    }
  }
  /// The first layer, and its part of a tape of `hidden()`.
  const auto& input() const { return HiddenLayers::bag(hidden()); }
  using HiddenTape = typename Hidden::Tape;
  static auto& input_tape(HiddenTape& tape) { return HiddenLayers::bag_tape(tape); }

  static std::string kind() { return (by_items ? "autoencoder-by-items(" : "autoencoder-by-users(") + Base::kind() + ")"; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& field) {
    Base::fields(self, field);
    field("inputs", self.inputs_);
  }
  void loaded() const {
    Base::loaded();
    detail::require(inputs_.others() == output().rows() && input().table().rows() == output().rows(),
                    "AutoencoderModel: inputs and outputs must be of the same ", output().rows(), " entities, got ",
                    inputs_.others(), " and ", input().table().rows());
  }

  const auto& entity_biases() const { return by_items ? this->item_biases() : this->user_biases(); }
  const auto& output_biases() const { return by_items ? this->user_biases() : this->item_biases(); }
  bool implicit() const { return inputs_.implicit(); }

  /// The rows of an entity, and the id of the other side in a row.
  template <class Rep>
  static std::span<const Index> rows_of(const BasicInteractions<Rep>& data, Index entity) {
    return by_items ? data.rows_of(BasicItemId<Rep>(entity)) : data.rows_of(BasicUserId<Rep>(entity));
  }
  template <class Rep>
  static Index other_of(const BasicInteractions<Rep>& data, Index row) {
    return by_items ? data.user(row).index() : data.item(row).index();
  }

  /// Places in `parameters()`: W, then V and the rest of the hidden layers, and the biases of the other side.
  static constexpr std::size_t hidden_parameters = std::tuple_size_v<ParameterTuple<Hidden>>;
  static constexpr std::size_t output_place = by_items ? 0 : hidden_parameters, hidden_place = by_items ? 1 : 0,
                               output_bias_place = hidden_parameters + (by_items ? 1 : 2);

 private:
  friend class Access;
  AutoencoderModel() : inputs_(Access::make<detail::HistoryInputs>()) {}

  using Entry = detail::HistoryInputs::Entry;

  /// What the constructor makes of the data before there are encoders.
  struct Made {
    detail::HistoryInputs inputs;
    std::shared_ptr<Features> features = {};
    std::vector<float> biases = {};  ///< of the entities
  };

  template <class Rep>
  AutoencoderModel(const BasicInteractions<Rep>& data, const AutoencoderOptions& options, Made made)
      : Base(towers(options, made.features)), inputs_(std::move(made.inputs)) {
    Base::prepare(data, inputs_.mean());
    auto& biases = by_items ? this->item_biases() : this->user_biases();
    auto& others = by_items ? this->user_biases() : this->item_biases();
    for (Index e = 0; e < biases.rows(); ++e) biases.data()[e] = in_units(made.biases[static_cast<std::size_t>(e)]);
    for (Index v = 0; v < others.rows(); ++v) others.data()[v] = in_units(inputs_.bias_of(v));
  }

  template <class Rep>
  static Made make(const BasicInteractions<Rep>& data, const AutoencoderOptions& options) {
    detail::require(data.size() > 0, "AutoencoderModel: the data must have at least one interaction, got none");
    Made made{detail::HistoryInputs(data, side, options)};
    made.features = std::make_shared<Features>(made.inputs.others());
    std::vector<Entry> entries;
    for (Index e = 0; e < (by_items ? data.items() : data.users()); ++e) {
      entries.clear();
      for (const Index row : rows_of(data, e)) entries.push_back({other_of(data, row), data.value(row), data.weight(row)});
      const detail::HistoryInput input = made.inputs(entries);
      made.features->add_row(input.weights);
      made.biases.push_back(input.bias);
    }
    return made;
  }

  static Base towers(const AutoencoderOptions& options, const std::shared_ptr<Features>& features) {
    detail::require(options.deviation >= 0 && options.deviation < 1e6,
                    "AutoencoderModel: deviation must be finite and not negative, got ", options.deviation);
    detail::require(options.layers.size() == Layers, "AutoencoderModel: layers must have ", Layers, " widths, got ",
                    options.layers.size());
    Hidden hidden = HiddenLayers::make(options, features);
    Table output(features->sparse_dim(), hidden.dim());
    fill_normal(output, options.deviation / std::sqrt(static_cast<double>(output.dim())), options.seed, 0);
    if constexpr (by_items) {
      return Base(std::move(output), std::move(hidden), true, {}, options.scale);
    } else {
      return Base(std::move(hidden), std::move(output), true, {}, options.scale);
    }
  }

  Scalar in_units(double bias) const { return static_cast<Scalar>(bias / inputs_.scale()); }
  Scalar finish(const Encoded& entity, Index other, Scalar dot) const {
    return this->global_mean() + this->scale() * (entity.bias + output_biases().data()[other] + dot);
  }

  detail::HistoryInputs inputs_;
};

}  // namespace kindred
