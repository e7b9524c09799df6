// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The loss of a batch of an autoencoder's entities and its gradient, as a const function of the model.

#include <kindred/loss/loss.hpp>
#include <kindred/model/autoencoder.hpp>
#include <kindred/train/example.hpp>
#include <kindred/train/gradient_options.hpp>
#include <kindred/train/shared_rows.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace kindred {

/// Where the random numbers of a batch come from, and what negatives do.
struct ReconstructionDraw {
  NegativeSampling negatives = {};
  bool negatives_counted = false;  ///< whether negatives ask for L2
  std::uint64_t seed = 1;
  std::uint32_t epoch = 0, step = 0;
};

/// The loss of batches of entities of an `AutoencoderModel`, all with their interactions. Keeps its memory from batch to batch.
template <class Model>
class Reconstruction {
 public:
  using Scalar = typename Model::Scalar;

  /// Makes room for batches of so many entities.
  void reserve(Model& model, Index entities) {
    const auto chunks = static_cast<std::size_t>((entities + chunk - 1) / chunk);
    while (work_.size() < chunks) work_.emplace_back().gradients = gradients_like(model);
  }

  /// gradients() = the gradient of  1/n sum over the n examples (e, v) of weight loss(r(e, v), label),  the examples being the interactions
  /// of the entities and the negatives that sample(entity, random) draws for each. A row of W and of its biases is counted once an example,
  /// a row of V once an interaction (see `L2`). Returns the sum (not divided) and n.
  ///
  /// First the entities, in parallel, each forward and backward to its own vectors; then the rows that they share, in parallel, each summed
  /// in the order of the entities. So the bits do not depend on the executor.
  template <class Rep, class Loss, class Sample>
  std::pair<double, std::int64_t> compute(const Model& model, const BasicInteractions<Rep>& data,
                                          std::span<const Index> entities, const Loss& loss, const ReconstructionDraw& draw,
                                          const Sample& sample, const Executor auto& executor) {
    const auto size = static_cast<Index>(entities.size());
    KINDRED_ASSERT(size > 0 && size <= static_cast<Index>(work_.size()) * chunk);
    lay_out(model, data, entities, draw);
    for_each_range(executor, size, chunk, [&](Index begin, Index end) {
      for (Index s = begin; s < end; ++s) draw_examples(data, entities[static_cast<std::size_t>(s)], s, draw, sample);
    });
    const std::int64_t used = count_used<Loss>();
    const auto scale = static_cast<Scalar>(1 / static_cast<double>(std::max<std::int64_t>(1, used)));
    for_each_range(executor, size, chunk, [&](Index begin, Index end) {
      const auto k = static_cast<std::size_t>(begin / chunk);
      detail::clear(work_[k].gradients);
      Random random(draw.seed, Stream::dropout, draw.step, static_cast<std::uint32_t>(k));
      detail::reseed(work_[k].tape, random);
      work_[k].loss = learn(model, data, entities, begin, end, loss, sample, scale, work_[k]);
    });
    double sum = 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>((size + chunk - 1) / chunk); ++k) {
      sum += work_[k].loss;
      if (k > 0) detail::append(gradients(), work_[k].gradients);
    }
    of_output_.sort(model.output().rows());
    of_output_.add_to(std::get<Model::output_place>(gradients()), hidden_, executor);
    of_output_.add_to(std::get<Model::output_bias_place>(gradients()), executor);
    of_input_.sort(model.output().rows());
    of_input_.add_to(std::get<Model::hidden_place>(gradients()), d_linear_, executor);
    return {sum, used};
  }

  Gradients<Model>& gradients() { return work_.front().gradients; }

 private:
  static constexpr Index chunk = 8;  // entities

  struct Work {
    RowMatrix<Scalar> hidden, d_hidden;
    typename Model::HiddenTape tape;
    Gradients<Model> gradients;
    std::vector<Index> places = {};                // of the negatives of a group
    std::vector<Scalar> scores = {}, slopes = {};  // theirs
    double loss = 0;
  };

  /// Where the examples and the interactions of each entity begin, for chunks to fill in.
  template <class Rep>
  void lay_out(const Model& model, const BasicInteractions<Rep>& data, std::span<const Index> entities,
               const ReconstructionDraw& draw) {
    width_ = 1 + draw.negatives.per_positive;
    outputs_.assign(1, 0);
    inputs_.assign(1, 0);
    for (const Index e : entities) {
      const auto rows = static_cast<Index>(Model::rows_of(data, e).size());
      outputs_.push_back(outputs_.back() + rows * (1 + draw.negatives.per_positive));
      inputs_.push_back(inputs_.back() + static_cast<Index>(model.input().features().sparse(e).size()));
    }
    of_output_.resize(outputs_.back());
    of_input_.resize(inputs_.back());
    labels_.resize(static_cast<std::size_t>(outputs_.back()));
    weights_.resize(labels_.size());
    const auto size = static_cast<Index>(entities.size());
    hidden_.resize(size, model.output().stride());
    d_linear_.resize(size, model.input().table().stride());
  }

  template <class Rep, class Sample>
  void draw_examples(const BasicInteractions<Rep>& data, Index entity, Index s, const ReconstructionDraw& draw,
                     const Sample& sample) {
    Random random(draw.seed, Stream::negatives, draw.epoch, static_cast<std::uint32_t>(entity));
    const bool implicit = draw.negatives.per_positive > 0;
    Index k = outputs_[static_cast<std::size_t>(s)];
    const auto add = [&](Index other, float label, float weight, bool counted) {
      labels_[static_cast<std::size_t>(k)] = label;
      weights_[static_cast<std::size_t>(k)] = weight;
      of_output_.set(k++, weight != 0 ? other : -1, s, Scalar{0}, counted);
    };
    for (const Index row : Model::rows_of(data, entity)) {
      add(Model::other_of(data, row), implicit ? 1.0F : data.value(row), data.weight(row), true);
      for (int n = 0; n < draw.negatives.per_positive; ++n) {
        const std::optional<Index> negative = sample(entity, random);
        add(negative.value_or(-1), 0, negative ? static_cast<float>(draw.negatives.weight) : 0.0F, draw.negatives_counted);
      }
    }
  }

  /// A chunk of entities forward and back: the slopes of their examples, the gradients of dense layers, and what comes to their inputs.
  template <class Rep, class Loss, class Sample>
  double learn(const Model& model, const BasicInteractions<Rep>& data, std::span<const Index> entities, Index begin, Index end,
               const Loss& loss, const Sample& sample, Scalar scale, Work& work) {
    const auto ids = entities.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    auto& input_tape = Model::input_tape(work.tape);
    input_tape.postpone = true;
    model.hidden().encode(ids, work.hidden, work.tape);
    work.d_hidden.setZero(work.hidden.rows(), work.hidden.cols());
    double sum = 0;
    for (Index s = begin; s < end; ++s) {
      const ConstPaddedRowMap<Scalar, Model::fixed_dim> h(&work.hidden(s - begin, 0), 1, work.hidden.cols());
      PaddedRowMap<Scalar, Model::fixed_dim> d_h(&work.d_hidden(s - begin, 0), 1, work.d_hidden.cols());
      const Scalar bias = model.entity_biases().data()[ids[static_cast<std::size_t>(s - begin)]];
      const auto predict = [&](Index other) {
        return model.global_mean() +
               model.scale() * (bias + model.output_biases().data()[other] + score_pair(h, model.output().padded_row(other)));
      };
      const auto pull = [&](Index k, Scalar slope) {
        const Scalar factor = scale * model.scale() * slope;
        of_output_.set_factor(k, factor);
        d_h += factor * model.output().padded_row(of_output_.row(k));
      };
      const Index first = outputs_[static_cast<std::size_t>(s)], last = outputs_[static_cast<std::size_t>(s) + 1];
      if constexpr (detail::Ranks<Loss>) {
        const Index entity = entities[static_cast<std::size_t>(s)];
        const Index others = model.output().rows() - static_cast<Index>(Model::rows_of(data, entity).size());
        for (Index k = first; k < last; k += width_) {
          sum += learn_group(
              k, others, predict, pull, loss, [&](Index other) { return sample.log_probability(entity, other); }, work);
        }
      } else {
        for (Index k = first; k < last; ++k) {
          const Index other = of_output_.row(k);
          if (other < 0) continue;
          const Scalar prediction = predict(other);
          const auto label = static_cast<Scalar>(labels_[static_cast<std::size_t>(k)]),
                     weight = static_cast<Scalar>(weights_[static_cast<std::size_t>(k)]);
          sum += static_cast<double>(weight * loss.value(prediction, label));
          pull(k, weight * loss.slope(prediction, label));
        }
      }
    }
    hidden_.middleRows(begin, end - begin) = work.hidden;
    model.hidden().backward(ids, work.d_hidden, work.tape,
                            detail::slice<Model::hidden_place, Model::hidden_parameters>(work.gradients));
    d_linear_.middleRows(begin, end - begin) = input_tape.d_out;
    std::size_t next = 0;
    for (Index s = begin; s < end; ++s) {
      Index k = inputs_[static_cast<std::size_t>(s)];
      for (const auto& [other, weight] : model.input().features().sparse(ids[static_cast<std::size_t>(s - begin)])) {
        const Scalar x = input_tape.random ? input_tape.weights[next++] : static_cast<Scalar>(weight);
        of_input_.set(k++, x != 0 ? other : -1, s, x, true);
      }
    }
    return sum;
  }

  /// The group of a positive, example k, and the negatives behind it. Those without a slope are left out of the gradient.
  template <class Predict, class Pull, class Loss, class LogProbability>
  double learn_group(Index k, Index others, const Predict& predict, const Pull& pull, const Loss& loss,
                     const LogProbability& log_probability, Work& work) {
    const Index positive = of_output_.row(k);
    work.places.clear();
    work.scores.clear();
    for (Index n = k + 1; n < k + width_; ++n) {
      if (positive >= 0 && of_output_.row(n) >= 0) {
        work.places.push_back(n);
        work.scores.push_back(predict(of_output_.row(n)));
      }
    }
    Scalar d_positive = 0;
    double value = 0;
    work.slopes.assign(work.places.size(), Scalar{0});
    if (!work.places.empty()) {
      detail::correct(loss, std::span<Scalar>(work.scores),
                      [&](std::size_t n) { return log_probability(of_output_.row(work.places[n])); });
      const auto weight = static_cast<Scalar>(weights_[static_cast<std::size_t>(k)]);
      value = static_cast<double>(weight * loss.compare(predict(positive), std::span<const Scalar>(work.scores), others,
                                                        d_positive, std::span<Scalar>(work.slopes)));
      d_positive *= weight;
      for (Scalar& slope : work.slopes) slope *= weight;
    }
    const auto settle = [&](Index place, Scalar slope) { slope != 0 ? pull(place, slope) : of_output_.leave_out(place); };
    settle(k, d_positive);
    for (Index n = k + 1; positive < 0 && n < k + width_; ++n) of_output_.leave_out(n);
    for (std::size_t n = 0; n < work.places.size(); ++n) settle(work.places[n], work.slopes[n]);
    return value;
  }

  /// The examples: of pointwise losses those of nonzero weight, of ranking losses the positives among them.
  template <class Loss>
  std::int64_t count_used() const {
    const std::size_t step = detail::Ranks<Loss> ? static_cast<std::size_t>(width_) : 1;
    std::int64_t used = 0;
    for (std::size_t k = 0; k < weights_.size(); k += step) used += weights_[k] != 0 ? 1 : 0;
    return used;
  }

  Index width_ = 1;                      // a positive and its negatives
  std::vector<Index> outputs_, inputs_;  // of each entity, where its examples and its interactions begin
  std::vector<float> labels_, weights_;  // of the examples
  detail::SharedRows<Scalar> of_output_, of_input_;
  RowMatrix<Scalar> hidden_, d_linear_;
  std::vector<Work> work_;
};

}  // namespace kindred
