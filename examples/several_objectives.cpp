// SPDX-License-Identifier: MIT
// Two kinds of feedback, one set of embeddings: what customers of a gift shop bought at all, and what they came back for. A sweep over the
// weights prints the trade-off: how well each head ranks its own held-out rows, from training on the one alone to the other alone.
// expect: The rarer feedback does better with some of the other
#include <kindred/kindred.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

namespace kd = kindred;

namespace {

using Model = kd::MultiHeadModel<float, 32, 2>;

/// The rows of products that were in at least two of the customer's orders.
kd::Interactions repeated(const kd::Interactions& bought) {
  std::vector<kd::Index> rows;
  for (kd::Index k = 0; k < bought.size(); ++k) {
    if (bought.value(k) >= 2) rows.push_back(k);
  }
  return bought.select(rows);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : KINDRED_EXAMPLES_DATA_DIR "/online-retail-small";
  const kd::Dataset shop =
      kd::read_interactions(kd::TextFile(folder + "/interactions.tsv"),
                            {.columns = {.user = "customer", .item = "product", .value = "orders", .time = "day"}});
  // A choice between weights is made on validation rows: the last fifth of each customer's training rows, not the test rows.
  const kd::TrainTest test = kd::split_last_fraction(shop.interactions, {.test_fraction = 0.2});
  const kd::TrainTest rows = kd::split_last_fraction(test.train, {.test_fraction = 0.2});
  const kd::Interactions again = repeated(rows.train), later_again = repeated(rows.test);
  std::printf("%td products bought, %td of them again; to be ranked: %td and %td\n\n", rows.train.size(), again.size(),
              rows.test.size(), later_again.size());

  const kd::Threads threads;
  constexpr int epochs = 12;
  const kd::GradientOptions options{
      .batch = 256, .l2 = {.embeddings = 0.03, .biases = 0.01}, .schedule = kd::linear_schedule(epochs)};
  std::printf("  weights         mean loss         recall@20 of bought   of again, by the head\n");
  std::printf("  bought again    bought   again    by its head           of bought  of again\n");
  std::vector<double> recall_again;
  for (const double weight : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    Model model(shop.interactions.users(), shop.interactions.items());
    const kd::NegativeSampling negatives{.per_positive = 4};
    kd::MultiObjectiveTrainer trainer(kd::RowwiseAdagrad{.learning_rate = 0.2}, options,
                                      kd::Objective{"bought", kd::Bpr{}, 1 - weight, negatives},
                                      kd::Objective{"again", kd::Bpr{}, weight, negatives});
    const auto report = kd::fit(model, std::tie(rows.train, again), trainer, {.epochs = epochs}, threads);
    // What a customer has bought already is left out of both rankings.
    const auto recall = [&](std::size_t head, const kd::Interactions& held_out) {
      return kd::evaluate(model.head(head), rows.train, held_out, "recall@20", {}, threads).at("recall@20");
    };
    const std::vector<double>& losses = report.epochs.back().objectives;
    recall_again.push_back(recall(1, later_again));
    std::printf("  %5.2f  %5.2f  %8.4f%8.4f    %.4f                %.4f     %.4f\n", 1 - weight, weight, losses[0], losses[1],
                recall(0, rows.test), recall(0, later_again), recall_again.back());
    std::fflush(stdout);
  }
  std::printf("\nA head of weight 0 is not trained, and ranks by the embeddings of the other, without biases.\n");
  const double alone = recall_again.back(), mixed = *std::max_element(recall_again.begin() + 1, recall_again.end() - 1);
  std::printf(
      "Recall of what was bought again, by its head: %.4f trained alone, at best %.4f trained with all purchases.\n%s\n", alone,
      mixed,
      mixed > alone ? "The rarer feedback does better with some of the other."
                    : "The rarer feedback does not gain from the other.");
}
