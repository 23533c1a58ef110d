// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/torch/train_networks.h"

#include <torch/optim/lbfgs.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>
#include <vector>

namespace
{
at::Tensor tensor(const double *values, const std::vector<std::int64_t> &shape)
{
  return torch::from_blob(const_cast<double *>(values), shape, torch::kFloat64).clone();
}

/// One member after the other: a line search of all at once would be that of the worst.
void train_member(const vesalius_network_task &task, std::size_t member)
{
  const auto n = std::int64_t(task.n_runs), d = std::int64_t(task.n_inputs), p = std::int64_t(task.n_outputs), units = std::int64_t(task.n_units);
  const auto inputs = tensor(task.inputs, {n, d}), outputs = tensor(task.outputs, {n, p});
  struct Part
  {
    double    *values;
    at::Tensor tensor;
  };
  std::vector<Part> parts;
  const auto        part = [&](double *all, std::int64_t rows, std::int64_t columns) {
    double *own = all + member * std::size_t(rows * columns);
    parts.push_back({own, tensor(own, {rows, columns}).set_requires_grad(true)});
    return parts.back().tensor;
  };
  const auto W = part(task.weights, units, d), b = part(task.biases, 1, units), V = part(task.output_weights, p, units), a = part(task.output_biases, 1, p);
  torch::optim::LBFGS optimiser({W, b, V, a},
                                torch::optim::LBFGSOptions(1).max_iter(task.most_steps).history_size(20).tolerance_grad(1e-8).tolerance_change(1e-10).line_search_fn("strong_wolfe"));
  optimiser.step([&] {
    optimiser.zero_grad();
    const auto error = torch::addmm(a, torch::tanh(torch::addmm(b, inputs, W.t())), V.t()) - outputs;
    auto       loss  = error.square().sum() / double(n) + task.decay * (W.square().sum() + V.square().sum());
    loss.backward();
    return loss;
  });
  for (const auto &[values, found] : parts)
    std::copy_n(found.detach().contiguous().data_ptr<double>(), found.numel(), values);
}
} // namespace

const char *vesalius_train_networks(const vesalius_network_task *task)
{
  static std::string failure;
  try
    {
      at::set_num_threads(1); // the same bits each time, and ranks are our parallelism
      for (std::size_t member = 0; member < task->n_members; ++member)
        train_member(*task, member);
      return nullptr;
    }
  catch (const std::exception &error)
    {
      failure = error.what();
      return failure.c_str();
    }
}
