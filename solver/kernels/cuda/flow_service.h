// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/flow_stages.h"
#include "solver/kernels/cuda/shared_values.h"

#include <charconv>
#include <iostream>
#include <sstream>

namespace vesalius::device
{

/// `vesalius-gpu --serve`: the stages of a step at the command of `vesalius run`, which owns the clock, the size of the step, the outlets' models and all
/// results. A command is a line on standard input, the answer a line on standard output that begins with `ok`; fields travel through memory that both
/// share. docs/reference/bundle.md has the commands. Ends with its input. Several processes serve together: the first one speaks.
template <class Backend, class Element>
class FlowService
{
public:
  /// Throws InvalidBundle, and std::runtime_error where the memory cannot be shared.
  FlowService(const BundleFile &bundle, const std::string &shared_path, const ProcessGroup *group)
    : group_(*group), stages_(bundle, group), shared_(shared_path, result_size()), host_(result_size())
  {}

  void run(std::istream &input, std::ostream &output, const std::string &description)
  {
    group_.wait(); // for all to have read the bundle, which the run drops then
    if (group_.rank() == 0)
      output << "ready " << description << std::endl;
    for (std::string line; next(input, line);)
      {
        std::ostringstream answer;
        answer.precision(17);
        answer << "ok";
        std::istringstream words(line);
        obey(words, answer);
        group_.wait(); // shared values are there for all
        if (group_.rank() == 0)
          output << answer.str() << std::endl;
      }
  }

private:
  std::size_t result_size() { return std::size_t(Element::dim * stages_.n_nodes() + (stages_.viscosity_varies() ? 6 : 4) * stages_.n_vertices()); }

  /// The first process's next line, on all of them.
  bool next(std::istream &input, std::string &line) const
  {
    std::int64_t size = -1;
    if (group_.rank() == 0 && std::getline(input, line))
      size = std::int64_t(line.size());
    group_.broadcast(reinterpret_cast<char *>(&size), sizeof(size));
    line.resize(std::size_t(std::max<std::int64_t>(size, 0)));
    group_.broadcast(line.data(), line.size());
    return size >= 0;
  }

  void obey(std::istringstream &words, std::ostringstream &answer)
  {
    std::string command;
    words >> command;
    if (command == "take")
      take(words);
    else if (command == "velocity")
      solve_velocity(words, answer);
    else if (command == "pressure")
      solve_pressure(answer);
    else if (command == "correct")
      correct_pressure(words, answer);
    else if (command == "results")
      give_results();
    else if (command == "accept")
      stages_.accept();
    else if (command == "reject")
      stages_.reject();
    else
      throw InvalidBundle("there is no command '" + command + "'");
  }

  static double number(std::istringstream &words)
  {
    std::string word;
    double      value = 0;
    words >> word;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
    if (read.ec != std::errc() || read.ptr != word.data() + word.size())
      throw InvalidBundle("a command lacks a number");
    return value;
  }

  void solve_velocity(std::istringstream &words, std::ostringstream &answer)
  {
    form_ = {};
    for (double *value : {&form_.bdf.dt, &form_.bdf.gamma0, &form_.bdf.a1, &form_.bdf.a2, &form_.tau, &form_.tau_old, &form_.ratio, &form_.traction_ratio,
                          &form_.guess[0], &form_.guess[1], &form_.guess[2]})
      *value = number(words);
    form_.convection = Convection(int(number(words)));
    form_.kept_mass  = number(words);
    for (std::size_t f = 0; f < stages_.n_inflow_fields(); ++f)
      form_.inflow_weights.push_back(number(words));
    tell(stages_.solve_velocity(form_), answer);
    const auto range = stages_.measure_velocity();
    answer << ' ' << range.largest << ' ' << range.change << ' ' << range.given << ' ' << range.old << ' ' << range.rate;
  }
  void solve_pressure(std::ostringstream &answer)
  {
    tell(stages_.solve_pressure(form_.bdf), answer);
    std::vector<double> flow, backflow;
    stages_.measure_outlets(flow, backflow);
    for (std::size_t c = 0; c < flow.size(); ++c)
      answer << ' ' << flow[c] << ' ' << backflow[c];
  }
  void correct_pressure(std::istringstream &words, std::ostringstream &answer)
  {
    std::vector<double> change;
    for (std::size_t c = 0; c < stages_.n_outlets(); ++c)
      change.push_back(number(words));
    bool is_finite = true;
    tell(stages_.correct_pressure(form_.bdf, change, is_finite), answer);
    answer << ' ' << is_finite;
  }
  static void tell(const SolverResult &result, std::ostringstream &answer) { answer << ' ' << result.iterations << ' ' << result.residual << ' ' << result.converged; }

  // --- fields, in shared memory by the host's places -----------------------------------------------

  void take(std::istringstream &words)
  {
    std::string name;
    words >> name;
    const auto  field = stages_.field(name);
    const auto &ids   = stages_.ids(field);
    host_.resize(field.values->size());
    for (std::size_t i = 0; i < ids.size(); ++i)
      std::copy_n(shared_.data() + ids[i] * field.n_components, field.n_components, host_.data() + i * std::size_t(field.n_components));
    field.values->upload(host_);
  }
  void give_results()
  {
    double                  *to = shared_.data();
    std::vector<std::string> names{"new_velocity", "new_pressure", "new_potential", "new_entry_speed", "projection_guess"};
    if (stages_.viscosity_varies())
      names.insert(names.end(), {"viscosity", "implicit_viscosity"});
    for (const auto &name : names)
      {
        const auto field = stages_.field(name);
        give(field, to);
        to += stages_.n_whole(field) * field.n_components;
      }
  }
  void give(const typename FlowStages<Backend, Element>::NamedField &field, double *to)
  {
    const std::size_t n_components = std::size_t(field.n_components);
    if (group_.size() == 1) // the places are its own
      return Backend::copy_out(to, field.values->data(), field.values->size() * sizeof(double));
    const auto &ids = stages_.ids(field);
    host_.resize(field.values->size());
    Backend::copy_out(host_.data(), field.values->data(), host_.size() * sizeof(double));
    for (std::size_t i = 0; i < std::size_t(field.halo->n_owned()); ++i)
      std::copy_n(host_.data() + i * n_components, n_components, to + std::size_t(ids[i]) * n_components);
  }

  const ProcessGroup          &group_;
  FlowStages<Backend, Element> stages_;
  SharedValues                 shared_;
  std::vector<double>          host_;
  StepForm                     form_;
};

} // namespace vesalius::device
